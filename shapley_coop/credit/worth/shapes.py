"""The forms in which a worth can be given, and how one becomes another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from shapley_coop.interfaces.worth import CoalitionWorth, CountWorth
from shapley_coop.records import Coalition, Seat
from shapley_coop.shapley import from_table
from shapley_coop.shapley.arrays import Bools, Counts, Floats


def value_once(
    seats: Sequence[Seat], value: Callable[[Coalition], float]
) -> CoalitionWorth:
    """Return a characteristic function that asks `value` for each coalition only once.

    Args:
        seats: the n seats.
        value: one coalition to its value, in reward units.
    """
    known: dict[bytes, float] = {}

    def value_of(members: Bools) -> float:
        # Rows are remembered as bits: sets of a thousand seats would cost more than playing.
        key = np.packbits(members).tobytes()
        if key not in known:
            places = np.flatnonzero(members).tolist()
            known[key] = value(frozenset(seats[place] for place in places))
        return known[key]

    def values(matrix: Bools) -> Floats:
        return np.array([value_of(row) for row in matrix], dtype=np.float64)

    return CoalitionWorth(tuple(seats), values)


def worth_of_table(seats: Sequence[Seat], table: Floats) -> CoalitionWorth:
    """Return the characteristic function of a table of 2^n values.

    Bit i of an index of the table says whether seat i is in.
    """
    return CoalitionWorth(tuple(seats), from_table(table))


def expand_counts(worth: CountWorth, seats: Sequence[Seat]) -> CoalitionWorth:
    """Return a worth of counts of seats, which is a formula, as a worth of coalitions."""
    row_of = {seat: row for row, seat in enumerate(seats)}
    # A coalition's row times this matrix counts its members of each kind.
    member = np.zeros((len(seats), len(worth.kinds)), np.int64)
    for kind, group in enumerate(worth.kinds):
        for seat in group:
            member[row_of[seat], kind] = 1

    def count(matrix: Bools) -> Counts:
        counts: Counts = matrix.astype(np.int64) @ member
        return counts

    def values(matrix: Bools) -> Floats:
        return worth.values(count(matrix))

    draws = worth.draws
    # A worth without draws is exact, and must not look as if it had a standard error.
    if draws is None:
        return CoalitionWorth(tuple(seats), values, formula=True)

    def draw(matrix: Bools) -> Floats:
        return draws(count(matrix))

    return CoalitionWorth(tuple(seats), values, draw, formula=True)
