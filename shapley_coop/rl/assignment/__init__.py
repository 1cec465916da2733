"""How a credit method is named, set up, and handed what it looks at."""
