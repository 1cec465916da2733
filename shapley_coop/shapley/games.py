"""The one game shape, a function of a boolean matrix, and adapters to it from other shapes."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Bools, Floats, Ints, as_floats
from shapley_coop.shapley.coalitions import (
    Name,
    mask_of,
    players,
    table_indices,
    to_masks,
)
from shapley_coop.shapley.tables import as_table

_TABLE_MAX = 30  # players: 8 GiB of values

GameFunction = Callable[[Bools], ArrayLike]
NumberedGame = Callable[[Bools, Ints], ArrayLike]
"""A noisy game that is also told the number of each coalition's draw, 0, 1, …: equal numbers may
use equal random numbers, as in an asynchronous game."""


class MissingValueError(ValueError):
    """A coalition has no value, and there is no default."""


def as_values(answer: ArrayLike, coalitions: Bools) -> Floats:
    """Return what a game gave for a batch (k x n) as k numbers.

    Raises:
        ValueError: another shape than (k,), something not numeric, or a masked value.
    """
    values = as_floats(answer)
    if values.shape != (len(coalitions),):
        raise ValueError(
            f"the game returned shape {values.shape} for {len(coalitions)} coalitions; it takes "
            f"a boolean matrix of shape {coalitions.shape} and returns shape ({len(coalitions)},)"
        )
    return values


def from_table(table: ArrayLike) -> Callable[[Bools], Floats]:
    """Return the game of a table of 2^n values."""
    values = as_table(table)
    return lambda coalitions: values[table_indices(coalitions)]


def from_sets(f: Callable[[frozenset[int]], float]) -> GameFunction:
    """Return the game of a function of a frozen set of players 0 … n - 1."""
    return lambda coalitions: [
        f(frozenset(np.flatnonzero(row).tolist())) for row in coalitions
    ]


def from_sparse(
    values: Mapping[Iterable[int], float], *, default: float | None = None
) -> GameFunction:
    """Return the game of a mapping from player tuples or sets to values.

    A coalition that is not named has the value `default`; without one it is an error.

    Raises:
        ValueError: a coalition is given twice, or names a player twice.
        MissingValueError: on evaluation, a coalition has no value and there is no default; it is
            a ValueError.
    """
    by_mask: dict[int, float] = {}
    for coalition, value in values.items():
        mask = mask_of(coalition)
        if mask in by_mask:
            raise ValueError(f"the coalition {players(mask)} is given twice")
        by_mask[mask] = float(value)

    def game(coalitions: Bools) -> list[float]:
        answers: list[float] = []
        for mask in to_masks(coalitions):
            value = by_mask.get(mask, default)
            if value is None:
                raise MissingValueError(
                    f"the coalition {players(mask)} has no value and there is no default"
                )
            answers.append(value)
        return answers

    return game


def named_table(
    names: Sequence[Name],
    values: Mapping[frozenset[Name], float],
    *,
    default: float | None = None,
) -> Floats:
    """Return the table of 2^n values of coalitions of named players.

    A coalition that is not named has the value `default`; without one it is an error.

    Raises:
        ValueError: a name occurs twice, a coalition holds a stranger or has a value that is not
            finite, or there are more than 30 players.
        MissingValueError: a coalition is missing; it is a ValueError.
    """
    position = {name: i for i, name in enumerate(names)}
    if len(position) != len(names):
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        raise ValueError(f"players are named twice: {', '.join(twice)}")
    if len(names) > _TABLE_MAX:
        raise ValueError(
            f"a table of {len(names)} players has 2^{len(names)} values; up to {_TABLE_MAX} "
            "players fit one. Give a function instead, which is estimated"
        )
    # What is still NaN in the end was neither named nor has a default.
    table = np.full(1 << len(names), np.nan if default is None else default)
    for coalition, value in values.items():
        strangers = coalition - position.keys()
        if strangers:
            raise ValueError(
                f"a coalition names {_listed(strangers)}; players are "
                f"{', '.join(str(name) for name in names)}"
            )
        if not isfinite(value):
            raise ValueError(
                f"v of {{{_listed(coalition)}}} is {value}; evaluate this coalition again"
            )
        table[mask_of(position[x] for x in coalition)] = value
    missing = np.flatnonzero(np.isnan(table))
    if missing.size:
        first = [names[i] for i in players(int(missing[0]))]
        raise MissingValueError(
            f"{missing.size} of {table.size} coalitions have no value; the first is "
            f"{{{_listed(first)}}}"
        )
    return table


def _listed(coalition: Iterable[Hashable]) -> str:
    return ", ".join(sorted(str(name) for name in coalition))
