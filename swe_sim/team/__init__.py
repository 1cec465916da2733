"""The software team: roles with mounts, phases, moves that carry text, and hidden tests."""
