"""What happened in one episode, line by line: told while it is played, and again in the report."""
