"""How a played game ends in holdings: what was earned, which rule divides it, what was signed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.division import arbitrated, division_rule
from shapley_coop.negotiation.ledger import Settled, settle
from shapley_coop.records import Contract, Credit, Redistribution, Seat, Step


def earned(seats: Iterable[Seat], steps: Sequence[Step]) -> dict[Seat, float]:
    """Return each seat's total reward from the game over these steps."""
    return {
        seat: float(sum(step.rewards.get(seat, 0.0) for step in steps))
        for seat in seats
    }


def rule_in_force(
    protocol: NegotiationProtocol, *, deadlocked: bool, agreed: bool
) -> Redistribution:
    """Return the rule that divides: the protocol's, or Shapley's where an arbiter stands in."""
    rule = protocol.split
    return "shapley" if arbitrated(rule, deadlocked=deadlocked, agreed=agreed) else rule


def settlement(
    game: Game,
    protocol: NegotiationProtocol,
    contracts: Sequence[Contract],
    steps: Sequence[Step],
    *,
    division: Contract | None,
    credit: Credit | None,
    deadlocked: bool,
    as_agreed: bool = False,
) -> Settled:
    """Settle what was signed and what the protocol divides; `as_agreed` enforces all of it."""
    raw = earned(game.seats, steps)
    agreed = division is not None
    return settle(
        raw,
        contracts,
        steps,
        game.outcomes(),
        mode="binding" if as_agreed else protocol.settlement,
        deposit=protocol.deposit,
        division=division_rule(
            rule_in_force(protocol, deadlocked=deadlocked, agreed=agreed),
            division.offer.terms.shares if division else None,
            credit,
            game.contributions() or raw,
        ),
        agreed_division=agreed,
    )
