"""What the worth kinds share: absence rules, and the forms in which a worth can be given."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import CoalitionWorth, CountWorth
from shapley_coop.records import Absence, Coalition, Seat
from shapley_coop.shapley import from_table
from shapley_coop.shapley.arrays import Bools, Counts, Floats


def absence(game: Game, choice: Absence | None) -> Absence:
    """Return the absence rule to use: the chosen one if the game supports it, or its first.

    Raises:
        ConfigError: the game does not support the chosen rule.
    """
    # A game lists first the rule under which its own worth is defined.
    if choice is None:
        return game.absences[0]
    if choice not in game.absences:
        known = ", ".join(game.absences)
        raise ConfigError(
            f"{game.name} has no absence rule {choice!r}; it supports: {known}",
            field="worth.absence",
        )
    return choice


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
    """Return a worth of counts of seats as a worth of coalitions."""
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
        return CoalitionWorth(tuple(seats), values)

    def draw(matrix: Bools) -> Floats:
        return draws(count(matrix))

    return CoalitionWorth(tuple(seats), values, draw)
