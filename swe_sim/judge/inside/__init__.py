"""What runs in the sandbox of hidden tests."""
