"""Games in which self-interest and the common good part."""
