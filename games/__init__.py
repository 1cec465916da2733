"""The games that ship: one file a family, each found by name through its entry point."""
