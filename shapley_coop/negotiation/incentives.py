"""What a protocol's rules of money reward: stating beliefs honestly, and keeping promises.

The verdicts are those that `benchmarks/games/incentives.py` computes in a few games, and a test
holds them to it.
"""

from __future__ import annotations

from typing import NamedTuple

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.errors import PluginError
from shapley_coop.interfaces.deals.settlement import SettlementMode, settlement_mode
from shapley_coop.records import Redistribution

ALIGNED: tuple[Redistribution, ...] = ("equal", "shapley", "banzhaf")
"""Divisions under which a seat that lowers the pot lowers its own part at least as far."""


class Incentives(NamedTuple):
    """Whether acting otherwise than was hoped for pays a seat, if all others do as hoped."""

    lie_pays: bool | None
    """Whether a false belief pays. None if seats state none."""
    breach_pays: bool | None
    """Whether leaving a promised action pays. None if seats promise none."""


def incentives(protocol: NegotiationProtocol, mode: SettlementMode) -> Incentives:
    """Return what the rules of a protocol reward.

    Under a mode that enforces payments, a breach does not pay where it costs its seat a price or
    a fine that is greater than what the breach gains.

    Args:
        protocol: which tables there are, and how the pot is divided.
        mode: how promises are held to.
    """
    states_beliefs = protocol.short_term or protocol.long_term
    table = protocol.task_table
    can_promise = table is not None and table.binds
    breach_pays = not mode.enforced and protocol.split not in ALIGNED
    return Incentives(
        lie_pays=protocol.split_on_beliefs if states_beliefs else None,
        breach_pays=breach_pays if can_promise else None,
    )


def incentives_text(protocol: NegotiationProtocol) -> str:
    """Return in words whether a protocol rewards truth and keeping promises."""
    # A report is read where it was not written, so a mode that is not installed is no error.
    try:
        mode = settlement_mode(protocol.settlement)
    except PluginError:
        return f"the settlement {protocol.settlement!r} is not installed here"
    lie_pays, breach_pays = incentives(protocol, mode)
    if lie_pays is None:
        truth = "no beliefs are asked for"
    elif lie_pays:
        truth = (
            "a false belief pays, since what seats state divides the pot; each statement moves "
            "at most an equal part of it"
        )
    else:
        truth = "a false belief gains nothing, since what seats state moves no money"
    if breach_pays is None:
        promises = "no action is promised"
    elif breach_pays:
        promises = "a breach pays, since nothing that is signed is enforced"
    elif not mode.enforced:
        promises = (
            f"nothing that is signed is enforced, but split {protocol.split} leaves a breach no "
            f"gain in the games tried"
        )
    else:
        deposit = ", and the deposit" if mode.forfeits else ""
        promises = f"a breach costs the price or the fine that is signed{deposit}"
        if protocol.liability == "limited":
            promises += ", as far as its seat holds more than its outside option"
    return f"{truth}; {promises}"
