"""What is measured of a play that is over: credit, potential, and how it kept its deal."""
