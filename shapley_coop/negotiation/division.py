"""How the pot is divided after play by each rule of redistribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shapley_coop.interfaces.deals.money import apportion, micro, shift_units
from shapley_coop.records import Credit, Redistribution, Seat

Divisible = Mapping[Seat, int]
"""Holdings in micro-units."""

Divide = Callable[[Divisible], Mapping[Seat, int]]
"""From holdings to holdings of the same sum."""


def division_rule(
    rule: Redistribution,
    agreed: Mapping[Seat, float] | None,
    credit: Credit | None,
    contributions: Mapping[Seat, float],
) -> Divide | None:
    """Return how holdings are redistributed. None means that they are not.

    Agreed shares come first. `shapley` and `banzhaf` give every seat its credit, then shift all
    seats alike until the parts sum to the pot (additive efficient normalisation, which Hammer and
    Holzman 1992 use for Banzhaf). That divides a loss as well. `proportional` divides by the
    game's contribution figures, `equal` evenly.

    Args:
        rule: the protocol's redistribution.
        agreed: shares of the pot that all seats signed.
        credit: measured credit. Without it nothing can be divided by it.
        contributions: a figure for each seat.
    """
    seats = tuple(contributions)
    if agreed is not None:
        return lambda holdings: apportion(
            sum(holdings.values()), {seat: agreed[seat] for seat in holdings}
        )
    if rule == "equal":
        return _by_weights(dict.fromkeys(seats, 1.0))
    if rule == "proportional":
        # A seat that did harm gets nothing. It does not pay the others for it.
        return _by_weights({s: max(0.0, value) for s, value in contributions.items()})
    if rule in ("shapley", "banzhaf") and credit is not None:
        parts = {seat: micro(credit.values[seat]) for seat in seats}
        return lambda holdings: shift_units(parts, sum(holdings.values()))
    return None


def _by_weights(weights: Mapping[Seat, float]) -> Divide:
    return lambda holdings: apportion(sum(holdings.values()), weights)
