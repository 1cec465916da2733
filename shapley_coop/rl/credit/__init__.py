"""Methods that say which seat, turn and token earned a reward; one file a method."""
