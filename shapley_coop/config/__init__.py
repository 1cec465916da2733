"""Every setting and every protocol, read in one place and validated once."""
