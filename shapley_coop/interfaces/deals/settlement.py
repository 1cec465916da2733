"""What a settlement mode is, and how one is found by its name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from shapley_coop.errors import PluginError
from shapley_coop.interfaces.plugins import load


@dataclass(frozen=True)
class SettlementMode:
    """How signed promises are held to once a game is over."""

    name: str
    enforced: bool
    """Whether a promised payment is made when its condition holds. If not, it is recorded as a
    breach."""
    forfeits: bool
    """Whether a seat that breaks its promise to act pays the protocol's deposit to the others."""
    asks: bool = False
    """Whether payers are asked in the end if they pay what is not enforced. Who does not is
    recorded as breaking its word."""
    sentence: str = ""
    """What seats are told of it before they sign. Empty where nothing has to be said."""


@cache
def settlement_mode(name: str) -> SettlementMode:
    """Return the settlement mode of a name, or of a `module:attribute` path.

    Raises:
        PluginError: there is no such mode, or what is registered under the name is none.
    """
    mode = load("settlements", name)
    if not isinstance(mode, SettlementMode):
        raise PluginError(
            f"settlement {name!r} is no SettlementMode but {mode!r}; "
            "register a frozen instance of shapley_coop.interfaces.deals.settlement's class"
        )
    return mode
