"""What the report page and the server cost."""
