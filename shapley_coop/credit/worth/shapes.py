"""What a coalition is worth, and how that number was obtained: oracle, replay, rollout, belief."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import CoalitionWorth, CountWorth, Game
from shapley_coop.records import Absence, Coalition, Seat, Step
from shapley_coop.shapley import from_table

Worth = CoalitionWorth | CountWorth
Policy = Callable[[Game, Seat, Sequence[Step]], str]
"""Plays an absent seat: (the game now, the seat, the steps so far) to a legal action."""


def absence(game: Game, wanted: Absence | None) -> Absence:
    """Return the absence rule to use: the wanted one if the game supports it, else its first.

    Raises:
        ConfigError: the game does not support the wanted rule.
    """
    if wanted is None:
        return game.absences[0]
    if wanted not in game.absences:
        raise ConfigError(
            f"{game.name} has no absence rule {wanted!r}; it supports: {', '.join(game.absences)}"
        )
    return wanted


def memoised(
    seats: Sequence[Seat], value: Callable[[Coalition], float]
) -> CoalitionWorth:
    """Return a characteristic function that values each coalition once."""
    known: dict[bytes, float] = {}

    def values(matrix: NDArray[np.bool_]) -> NDArray[np.float64]:
        found = np.empty(len(matrix))
        for row, members in enumerate(matrix):
            key = np.packbits(members).tobytes()
            if key not in known:
                inside = frozenset(
                    s for s, there in zip(seats, members, strict=True) if there
                )
                known[key] = value(inside)
            found[row] = known[key]
        return found

    return CoalitionWorth(tuple(seats), values)


def tabled(seats: Sequence[Seat], table: NDArray[np.float64]) -> CoalitionWorth:
    """Return the characteristic function of a table of 2^n values (bit i of the index = seat i)."""
    return CoalitionWorth(tuple(seats), from_table(table))


def expanded(worth: CountWorth, seats: Sequence[Seat]) -> CoalitionWorth:
    """Return a count-based worth as a function of coalitions."""
    kind_of = {seat: kind for kind, group in enumerate(worth.kinds) for seat in group}
    member = np.zeros((len(seats), len(worth.kinds)), np.int64)
    for row, seat in enumerate(seats):
        member[row, kind_of[seat]] = 1
    draws = worth.draws
    return CoalitionWorth(
        tuple(seats),
        lambda matrix: worth.values(matrix.astype(np.int64) @ member),
        None
        if draws is None
        else lambda matrix: draws(matrix.astype(np.int64) @ member),
    )
