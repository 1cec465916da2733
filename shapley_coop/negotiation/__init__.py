"""Negotiation: the table's state machine, its drivers, and negotiated games as environments."""

from shapley_coop.negotiation.envs.game import NegotiatedGame
from shapley_coop.negotiation.envs.table import TableEnv
from shapley_coop.negotiation.scope import Scope
from shapley_coop.negotiation.table import Table

__all__ = ["NegotiatedGame", "Scope", "Table", "TableEnv"]
