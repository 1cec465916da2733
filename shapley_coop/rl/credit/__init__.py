"""Methods that say which turn and which token earned the credit, one file a method."""
