"""Divisions of a whole: what each part has of it in percent, and how far two lie apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from shapley_coop.config.seeds import generator
from shapley_coop.records import Seat
from shapley_coop.runs.statistics.estimates import SampleEstimate, estimate

Shares = Mapping[Seat, float]
"""Parts of a whole in percent, by seat."""


def shares_of(amounts: Mapping[Seat, float | None]) -> Shares | None:
    """Return parts of a whole in percent.

    Args:
        amounts: what each seat has, in any unit. None stands for what nobody knows.

    Returns:
        the parts, or None where one is not known or the whole is not above 0.
    """
    known = {seat: amount for seat, amount in amounts.items() if amount is not None}
    whole = sum(known.values())
    if len(known) < len(amounts) or whole <= 0:
        return None
    return {seat: 100 * amount / whole for seat, amount in known.items()}


def even_shares(seats: Iterable[Seat]) -> Shares:
    """Return the equal split in percent."""
    names = tuple(seats)
    return dict.fromkeys(names, 100 / len(names))


def distance(shares: Sequence[float], others: Sequence[float]) -> float:
    """Return the mean absolute difference of two divisions in points, part by part."""
    return float(np.mean(np.abs(np.subtract(shares, others))))


def distance_by_seat(shares: Shares, others: Shares) -> float:
    """Return the mean absolute difference of two divisions of the same seats, in any order."""
    return distance([shares[seat] for seat in others], list(others.values()))


def mean_distance(purpose: str, distances: Sequence[float]) -> SampleEstimate:
    """Return the mean of some distances, with its interval.

    Args:
        purpose: what they are distances of, which decides the draws of the bootstrap.
        distances: one for each play, in points.
    """
    # A distance without a sign cannot be below 0, whatever an interval of few values says.
    return estimate(distances, "mean", generator(0, purpose), least=0.0)
