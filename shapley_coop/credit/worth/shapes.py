"""The forms in which a worth can be given, and how one becomes another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np

from shapley_coop.interfaces.worth import CoalitionWorth, CountWorth
from shapley_coop.interfaces.worth_method import CoalitionPlay
from shapley_coop.records import Coalition, Seat
from shapley_coop.shapley import from_table
from shapley_coop.shapley.arrays import Bools, Counts, Floats
from shapley_coop.shapley.coalitions import table_indices


def value_once(
    seats: Sequence[Seat], value: Callable[[Coalition], float]
) -> CoalitionWorth:
    """Return a characteristic function that asks `value` for each coalition only once.

    Args:
        seats: the n seats.
        value: one coalition to its value, in reward units.
    """

    def play(coalition: Coalition, _replicate: int) -> CoalitionPlay:
        return CoalitionPlay(value(coalition), chance=False)

    worth = value_replicates(seats, play, 1)
    # What holds no chance has no draws.
    return replace(worth, draws=None)


def value_replicates(
    seats: Sequence[Seat],
    play: Callable[[Coalition, int], CoalitionPlay],
    replicates: int,
) -> CoalitionWorth:
    """Return a characteristic function of means over several plays of each coalition.

    A coalition is played once where chance had no say in that play, since every other replicate
    would be the same.

    Args:
        seats: the n seats.
        play: (coalition, replicate) to its worth in reward units. All coalitions of one replicate
            draw the same random numbers.
        replicates: how often a coalition is played where chance has a say.
    """
    known: dict[bytes, tuple[CoalitionPlay, ...]] = {}

    def plays_of(members: Bools) -> tuple[CoalitionPlay, ...]:
        # Rows are remembered as bits: sets of a thousand seats would cost more than playing.
        key = np.packbits(members).tobytes()
        if key not in known:
            places = np.flatnonzero(members).tolist()
            coalition = frozenset(seats[place] for place in places)
            plays = [play(coalition, 0)]
            if plays[0].chance:
                plays += [play(coalition, number) for number in range(1, replicates)]
            known[key] = tuple(plays)
        return known[key]

    def values(matrix: Bools) -> Floats:
        means = [_mean(plays_of(row)) for row in matrix]
        return np.array(means, dtype=np.float64)

    def draws(matrix: Bools) -> Floats:
        return table_of_draws([plays_of(row) for row in matrix])

    def numbers(matrix: Bools) -> Counts:
        return np.array([len(plays_of(row)) for row in matrix], dtype=np.int64)

    return CoalitionWorth(tuple(seats), values, draws, plays=numbers)


def _mean(plays: Sequence[CoalitionPlay]) -> float:
    return fmean(played.worth for played in plays)


def table_of_draws(plays: Sequence[Sequence[CoalitionPlay]]) -> Floats:
    """Return the (k, m) values of k coalitions in m replicates, or (k, 0) without any chance.

    It holds NaN where a coalition was not played so often.

    Args:
        plays: of each coalition its replicates, or one play where chance had no say.
    """
    if not any(made[0].chance for made in plays):
        return np.empty((len(plays), 0))
    table = np.full((len(plays), max(map(len, plays))), np.nan)
    for row, made in enumerate(plays):
        if made[0].chance:
            table[row, : len(made)] = [played.worth for played in made]
        else:
            table[row] = made[0].worth
    return table


def worth_of_draws(seats: Sequence[Seat], table: Floats) -> CoalitionWorth:
    """Return the characteristic function of the (2^n, m) values of m draws.

    Bit i of an index of a row says whether seat i is in. What was not drawn so often is NaN.
    """

    def draws(matrix: Bools) -> Floats:
        columns: Floats = table[table_indices(matrix)]
        return columns

    means = np.nanmean(table, axis=1)
    return CoalitionWorth(tuple(seats), from_table(means), draws)


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

    shared = worth.shares_draws
    return CoalitionWorth(tuple(seats), values, draw, formula=True, shares_draws=shared)
