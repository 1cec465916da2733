"""Negotiation: the table's state machine, its drivers, and negotiated games as environments."""

from shapley_coop.negotiation.negotiated import NegotiatedGame
from shapley_coop.negotiation.table import Table
from shapley_coop.negotiation.table_env import TableEnv

__all__ = ["NegotiatedGame", "Table", "TableEnv"]
