"""What happens on the way into a sandbox, between the fork and the first line of the code."""
