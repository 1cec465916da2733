"""Self-interested agents negotiate, contract and share by measured Shapley value."""

__version__ = "0.1.0"
