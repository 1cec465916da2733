"""Work logs of other systems: what they say that each role did."""
