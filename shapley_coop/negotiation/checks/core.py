"""Whether a division is in the core: whether some coalition could do better by itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from shapley_coop.credit.draws import errors_of_means
from shapley_coop.interfaces.game import CountWorth
from shapley_coop.interfaces.worth import Worth
from shapley_coop.records import TOLERANCE, Core, CoreConvention, Seat
from shapley_coop.shapley.coalitions import (
    all_coalitions,
    all_counts,
    mask_of,
    to_matrix,
)
from shapley_coop.shapley.stability import strongest_objection

MOST_SEATS = 16
"""Seats up to which every coalition is asked whether it objects."""


def core(
    worth: Worth,
    payoffs: Mapping[Seat, float],
    *,
    convention: CoreConvention = "oracle",
) -> Core | None:
    """Return whether a division is in the core, and the coalition that objects most.

    Where seats come in kinds, coalitions are gone through by counts: of each number of a kind,
    those who hold least object first. Otherwise all coalitions of up to 16 seats are. None means
    that there are too many. Payoffs that sum to less than v(N) make everyone together object,
    and payoffs that sum to more are not in the core either, since nobody can make them.

    Args:
        worth: v(S), which counts the rewards of the members of S alone, in reward units.
        payoffs: what every seat holds.
        convention: what `worth` assumes of the others, for the record.
    """
    if isinstance(worth, CountWorth):
        return _core_by_kinds(worth, payoffs, convention)
    if len(worth.seats) > MOST_SEATS:
        return None
    n = len(worth.seats)
    held = np.array([payoffs[seat] for seat in worth.seats])
    table = worth.values(all_coalitions(n))
    objection = strongest_objection(table, held)
    coalitions = to_matrix([mask_of(objection.players), (1 << n) - 1], n)
    return _verdict(
        objector=tuple(worth.seats[player] for player in objection.players),
        excess=objection.excess,
        surplus=float(held.sum() - table[-1]),
        stderr=_errors(None if worth.draws is None else worth.draws(coalitions)),
        convention=convention,
    )


def value_of_nobody(worth: Worth) -> float:
    """Return v(∅), which is 0 unless a worth counts rewards of seats outside the coalition."""
    if isinstance(worth, CountWorth):
        return float(worth.values(np.zeros((1, len(worth.kinds)), np.int64))[0])
    return float(worth.values(np.zeros((1, len(worth.seats)), bool))[0])


def _core_by_kinds(
    worth: CountWorth, payoffs: Mapping[Seat, float], convention: CoreConvention
) -> Core | None:
    poorest = [sorted(kind, key=payoffs.__getitem__) for kind in worth.kinds]
    shape = tuple(len(kind) + 1 for kind in worth.kinds)
    if np.prod(shape, dtype=float) > 1 << MOST_SEATS:
        return None
    counts = all_counts([len(kind) for kind in worth.kinds])
    held: NDArray[np.float64] = np.zeros(len(counts))
    # Of each number of a kind, those who hold least object first.
    for column, kind in enumerate(poorest):
        holdings = [payoffs[seat] for seat in kind]
        sums = np.concatenate(([0.0], np.cumsum(holdings)))
        held += sums[counts[:, column]]
    excess = worth.values(counts) - held
    # The first row is the empty coalition, which cannot object.
    worst = 1 + int(np.argmax(excess[1:]))
    objector: list[Seat] = []
    for kind, number in zip(poorest, counts[worst].tolist(), strict=True):
        objector += kind[:number]
    ends = counts[[worst, -1]]
    return _verdict(
        objector=tuple(objector),
        excess=float(excess[worst]),
        surplus=float(-excess[-1]),
        stderr=_errors(None if worth.draws is None else worth.draws(ends)),
        convention=convention,
    )


def _errors(draws: NDArray[np.float64] | None) -> tuple[float, float]:
    """Return the standard errors of v(S) and v(N) from their values by draw."""
    if draws is None:
        return 0.0, 0.0
    of_objector, of_everyone = errors_of_means(draws).tolist()
    return of_objector, of_everyone


def _verdict(
    *,
    objector: tuple[Seat, ...],
    excess: float,
    surplus: float,
    stderr: tuple[float, float],
    convention: CoreConvention,
) -> Core:
    """Return the verdict. What lies within two standard errors is no objection and no surplus."""
    of_objector, of_everyone = stderr
    feasible = surplus <= max(TOLERANCE, 2 * of_everyone)
    content = excess <= max(TOLERANCE, 2 * of_objector)
    return Core(
        holds=content and feasible,
        objector=objector,
        excess=excess,
        stderr=of_objector,
        convention=convention,
        surplus=0.0 if feasible else surplus,
    )
