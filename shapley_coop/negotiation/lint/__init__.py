"""Whether a deal holds: who can break it and gain, who risks what, and the cheapest repair."""
