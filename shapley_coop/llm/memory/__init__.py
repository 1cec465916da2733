"""What was asked and answered before: the cassette of a run and the shared cache."""
