"""How the pot is divided after play by each rule of redistribution."""

from __future__ import annotations

from collections.abc import Mapping

from shapley_coop.interfaces.deals.money import apportion, micro, shift_units
from shapley_coop.negotiation.ledger import Divide, Holdings
from shapley_coop.records import Credit, Redistribution, Seat


def division_rule(
    rule: Redistribution,
    signed_shares: Mapping[Seat, float] | None,
    credit: Credit | None,
    contributions: Mapping[Seat, float],
) -> Divide | None:
    """Return how holdings are redistributed. None means that they are not.

    Signed shares come first. `shapley` and `banzhaf` give every seat its credit, then shift all
    seats alike until the parts sum to the pot (additive efficient normalisation, which Hammer and
    Holzman 1992 use for Banzhaf). That divides a loss as well. `proportional` divides by the
    game's contribution figures, `equal` evenly.

    Args:
        rule: the protocol's redistribution.
        signed_shares: shares of the pot that all seats signed.
        credit: measured credit. Without it nothing can be divided by it.
        contributions: a figure for each seat.
    """
    seats = tuple(contributions)
    if signed_shares is not None:
        return _by_shares(signed_shares)
    if rule == "equal":
        return _by_weights(dict.fromkeys(seats, 1.0))
    if rule == "proportional":
        # A seat that did harm gets nothing. It does not pay the others for it.
        gains = {seat: max(0.0, value) for seat, value in contributions.items()}
        return _by_weights(gains)
    if rule in ("shapley", "banzhaf") and credit is not None:
        parts = {seat: micro(credit.values[seat]) for seat in seats}
        return lambda holdings: shift_units(parts, sum(holdings.values()))
    return None


def _by_shares(shares: Mapping[Seat, float]) -> Divide:
    def divide(holdings: Holdings) -> Holdings:
        # In the order of the holdings, since it decides who gets the last unit.
        in_order = {seat: shares[seat] for seat in holdings}
        return apportion(sum(holdings.values()), in_order)

    return divide


def _by_weights(weights: Mapping[Seat, float]) -> Divide:
    return lambda holdings: apportion(sum(holdings.values()), weights)
