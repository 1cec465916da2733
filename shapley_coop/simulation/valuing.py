"""The Shapley engine in one call: a table, a function, a mapping or a file in, values out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shapley_coop.errors import ConfigError, InputError
from shapley_coop.records.html import frame, html_table
from shapley_coop.records.words import number
from shapley_coop.shapley import estimate, exact, named_table
from shapley_coop.shapley.choice import Choice
from shapley_coop.shapley.coalitions import named_coalitions
from shapley_coop.shapley.exact_values.values import Index
from shapley_coop.shapley.files import evaluate_file
from shapley_coop.simulation.arguments import (
    coalition_members,
    coalition_worth,
    is_whole,
    player_names,
    whole_number,
)

Player = Any
"""A number or a name."""
CoalitionFunction = Callable[[frozenset[Player]], float]
CoalitionTable = ArrayLike | Mapping[Any, float]


@dataclass(frozen=True, eq=False)
class PlayerValues:
    """The value of every player, with how it was obtained."""

    players: tuple[Player, ...]
    values: NDArray[np.float64]
    stderr: NDArray[np.float64]
    """0 where the value is exact."""
    index: str
    method: str
    evaluations: int
    """How many coalitions were looked at."""
    empty: float
    """v(∅)."""
    grand: float
    """v(N)."""

    def rows(self) -> list[tuple[str, str, str]]:
        """Return each player, its value and its standard error as texts."""
        rows = []
        for player, value, error in zip(
            self.players, self.values, self.stderr, strict=True
        ):
            rows.append(
                (str(player), number(value), number(error) if error else "exact")
            )
        return rows

    def __str__(self) -> str:
        lines = [f"{name}: {value} ({error})" for name, value, error in self.rows()]
        return "\n".join([*lines, self._basis()])

    def _repr_html_(self) -> str:
        head = ("player", self.index, "standard error")
        table = html_table(head, self.rows())
        return frame(f"{table}<p>{self._basis()}</p>")

    def _basis(self) -> str:
        return (
            f"v(∅) = {number(self.empty)}, v(N) = {number(self.grand)}; {self.method}, "
            f"{self.evaluations:,} values"
        )


def value(
    game: CoalitionFunction | CoalitionTable | str | Path,
    *,
    players: int | Sequence[Player] | None = None,
    index: Index = "shapley",
    budget: int = 4096,
    seed: int = 0,
) -> PlayerValues:
    """Return what each player of a coalition game is worth.

    Args:
        game: a function of a frozenset of players, a sequence of 2^n values (bit i of the index
            is player i), a mapping from coalitions to values, or the path of a table.
        players: how many, or their names. A function needs this.
        index: the semivalue: `shapley`, `banzhaf` and the others that `shapley.exact` knows.
        budget: the most coalitions to ask a function for. If it pays for all 2^n, the values
            are exact, else they are estimated and have a standard error.
        seed: all that is drawn follows from it.

    Raises:
        InputError: a function is given without players, or an index other than Shapley's would
            have to be estimated.
        ConfigError: players, budget or seed are none, or a coalition or its value is none.
        EvaluationError: the function failed while values were estimated. It holds what was paid.
        ValueError: the values are no game; says what is missing or wrong.
    """
    budget = whole_number(budget, field="budget", least=1)
    seed = whole_number(seed, field="seed", least=0)
    names = None if players is None else player_names(players)
    if isinstance(game, str | Path):
        # A number of players is held against the file, which may have names of its own.
        known = len(names) if names is not None and is_whole(players) else names
        return _value_file(game, known, index, budget, seed)
    if callable(game):
        if names is None:
            raise InputError(
                "a function does not say who plays; give players=5 or a list of names",
                field="players",
            )
        return _value_function(game, names, index, budget, seed)
    if isinstance(game, Mapping):
        return _value_mapping(game, names, index)
    return _value_table(_table(game), names or (), index)


def _table(values: ArrayLike) -> NDArray[np.float64]:
    with suppress(TypeError, ValueError):
        table = np.asarray(values, dtype=np.float64)
        # A number alone, or None, which numpy takes for one, is no table of any game.
        if table.ndim > 0:
            return table
    raise ConfigError(
        f"a game is a function of a frozenset, 2^n numbers, a mapping from coalitions to "
        f"numbers or the path of a table, got {values!r}",
        field="game",
    )


def _value_mapping(
    game: Mapping[Any, float], players: tuple[Player, ...] | None, index: Index
) -> PlayerValues:
    coalitions: dict[frozenset[Player], float] = {}
    # A dict keeps the order in which players are met first.
    everyone: dict[Player, None] = {}
    for key, worth in game.items():
        members = coalition_members(key)
        everyone.update(dict.fromkeys(members))
        coalition = frozenset(members)
        # The order of players says nothing, so a second key would silently replace the first.
        if coalition in coalitions:
            raise ConfigError(
                f"the coalition of {key!r} has two values; name it once", field="game"
            )
        coalitions[coalition] = coalition_worth(worth, members)
    names = tuple(everyone) if players is None else players
    return _value_table(named_table(names, coalitions), names, index)


def _value_table(
    table: NDArray[np.float64], names: tuple[Player, ...], index: Index
) -> PlayerValues:
    """Return exact values. Without names, players are numbered."""
    result = exact(table, index)
    count = len(result.values)
    if names and len(names) != count:
        raise InputError(
            f"a table of {len(table)} values has {count} players, but {len(names)} are named",
            field="players",
        )
    return PlayerValues(
        players=names or tuple(range(count)),
        values=result.values,
        stderr=np.zeros(count),
        index=result.index,
        method="exact",
        evaluations=len(table),
        empty=float(result.empty),
        grand=float(result.grand),
    )


def _value_function(
    game: CoalitionFunction,
    names: tuple[Player, ...],
    index: Index,
    budget: int,
    seed: int,
) -> PlayerValues:
    n = len(names)
    # Whoever can pay for every coalition gets exact values for the same price.
    if 1 << n <= budget:
        parts = named_coalitions(names)
        table = np.array([coalition_worth(game(part), part) for part in parts])
        return _value_table(table, names, index)
    if index != "shapley":
        raise InputError(
            f"{index} values of {n} players need all 2^{n} coalitions, and budget={budget} "
            f"does not pay for them; raise the budget, or ask for 'shapley', which is estimated",
            field="index",
        )

    def ask(matrix: NDArray[np.bool_]) -> list[float]:
        # The engine speaks of rows of a matrix, a user's function of sets of players.
        values = []
        for row in matrix:
            members = frozenset(names[place] for place in np.flatnonzero(row))
            values.append(coalition_worth(game(members), members))
        return values

    rng = np.random.default_rng(seed)
    result = estimate(ask, n, budget=budget, noise=False, rng=rng)
    return PlayerValues(
        players=names,
        values=result.values,
        stderr=result.stderr,
        index="shapley",
        method=result.method,
        evaluations=result.evaluations,
        empty=float(result.empty),
        grand=float(result.grand),
    )


def _value_file(
    path: str | Path,
    players: int | tuple[Player, ...] | None,
    index: Index,
    budget: int,
    seed: int,
) -> PlayerValues:
    choice = Choice(players=players, index=index, budget=budget, seed=seed)
    try:
        result = evaluate_file(path, choice)
    except OSError as error:
        raise InputError(
            f"cannot read {str(path)!r}: {error.strerror}", field="game"
        ) from error
    return PlayerValues(
        players=tuple(result.players),
        values=result.values,
        stderr=result.stderr,
        index=result.index,
        method=result.method,
        evaluations=result.evaluations,
        empty=result.empty,
        grand=result.grand,
    )
