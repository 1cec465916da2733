"""The model gateway: the only code of the project that talks to a network or a model."""
