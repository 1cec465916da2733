"""The command `swe`: software teams whose programs hidden tests judge."""
