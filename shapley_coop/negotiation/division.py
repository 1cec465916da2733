"""How the pot is divided after play: by a rule or by an arbiter."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shapley_coop.negotiation.money import apportion, micro
from shapley_coop.records import Credit, Redistribution, Seat

Divisible = Mapping[Seat, int]
"""Holdings in micro-units."""


def arbitrated(rule: Redistribution, *, deadlocked: bool, agreed: bool) -> bool:
    """Return whether an arbiter divides: a table died, nothing was agreed, and no rule divides."""
    return deadlocked and not agreed and rule in ("none", "negotiated")


def division_rule(
    rule: Redistribution,
    agreed: Mapping[Seat, float] | None,
    credit: Credit | None,
    contributions: Mapping[Seat, float],
) -> Callable[[Divisible], Divisible] | None:
    """Return how holdings are redistributed, in micro-units of the same sum; None: they are not.

    Agreed shares come first. `shapley` and `banzhaf` give every seat its credit, then shift all
    seats alike until the parts sum to the pot (additive efficient normalisation; Hammer and
    Holzman 1992 use it for Banzhaf), which also divides a loss. `proportional` divides by the
    game's contribution figures, `equal` evenly.

    Args:
        rule: the protocol's redistribution.
        agreed: shares of the pot that all seats signed.
        credit: measured credit; without it nothing can be divided by it.
        contributions: a figure for each seat.
    """
    seats = tuple(contributions)
    if agreed is not None:
        return lambda held: apportion(
            sum(held.values()), {seat: agreed[seat] for seat in held}
        )
    if rule == "equal":
        return lambda held: apportion(sum(held.values()), dict.fromkeys(seats, 1.0))
    if rule == "proportional":
        positive = {seat: max(0.0, value) for seat, value in contributions.items()}
        return lambda held: apportion(sum(held.values()), positive)
    if rule in ("shapley", "banzhaf") and credit is not None:
        parts = {seat: micro(credit.values[seat]) for seat in seats}
        return lambda held: _shifted(parts, sum(held.values()))
    return None


def _shifted(parts: Mapping[Seat, int], pot: int) -> dict[Seat, int]:
    shift = apportion(pot - sum(parts.values()), dict.fromkeys(parts, 1.0))
    return {seat: part + shift[seat] for seat, part in parts.items()}
