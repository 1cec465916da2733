"""Estimating the Shapley value of a function of coalitions within a budget, synchronously."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from shapley_coop.shapley.arrays import Bools, Counts, Floats, Ints
from shapley_coop.shapley.coalitions import to_matrix
from shapley_coop.shapley.estimators.sampled_types import (
    estimate_by_types,
    least_budget,
    payable,
)
from shapley_coop.shapley.evaluation.plans import Method
from shapley_coop.shapley.evaluation.session import Session
from shapley_coop.shapley.games import GameFunction, NumberedGame, checked
from shapley_coop.shapley.result import Estimate

_BATCH = 16
_CELLS = 1 << 24  # of a boolean matrix handed to a game of declared types


class EvaluationError(RuntimeError):
    """The game raised; `known` holds what was evaluated, to pass to `estimate(known=…)`."""

    def __init__(self, message: str, known: list[tuple[int, float]]) -> None:
        super().__init__(message)
        self.known = known


class BadValueError(EvaluationError, ValueError):
    """The game returned something else than one finite number a coalition."""


def estimate(
    f: GameFunction | NumberedGame,
    n: int,
    *,
    budget: int,
    method: Method = "auto",
    rng: np.random.Generator,
    noise: float | bool | None = None,
    known: list[tuple[int, float]] | None = None,
    types: Sequence[int] | None = None,
    numbered: bool = False,
) -> Estimate:
    """Estimate the Shapley values of n players from at most `budget` evaluations of `f`.

    `f` takes a boolean matrix (k coalitions x n players) and returns k values. The empty and the
    grand coalition are evaluated and count. No coalition is evaluated twice unless `noise` says
    that draws differ (True, or the standard deviation of one draw); None means unknown. `known`
    are (mask, value) pairs of an earlier run; they count towards the budget.

    `auto` is exact where the budget pays for all 2^n coalitions (with Neyman repeats under
    noise), else the process on complementary pairs. Planning costs O(m^3) for m pairs: under a
    second at 50 players and 1,000 evaluations, about ten at 100 and 5,000.

    With `numbered`, `f` is called with a second argument, the number of each coalition's draw
    (k whole numbers from 0): draws of equal number may share their random numbers, so that what
    all coalitions have in common cancels, as in `evaluate`.

    `types` names each player's type (n whole numbers) where v is known to depend only on how
    many of each type are in; `auto` then counts instead (`estimate_by_types`) if the budget is
    enough for that, and f is asked for one coalition of each count vector.

    Raises:
        ValueError: bad input (see `Session`), types with noise, known values or another method
            than `auto`.
        EvaluationError: `f` raised; carries what was evaluated, the good values of the same
            batch included.
        BadValueError: `f` returned a wrong shape or a value that is not finite; an
            EvaluationError and a ValueError, and carries the good ones likewise.
    """
    if types is not None:
        if method != "auto" or noise or known:
            raise ValueError(
                "types go with method='auto', without noise and known values"
            )
        kinds, sizes = _read_types(types, n)
        if payable(sizes, budget):
            return _estimate_typed(
                _unnumbered(f, numbered=numbered), kinds, sizes, budget, rng
            )
        if budget < n + 2:
            raise ValueError(
                f"a budget of {budget} evaluations is too small for players in types of "
                f"{sizes.tolist()}; the least is {least_budget(sizes)}"
            )
    session = Session(n, budget, rng=rng, method=method, noise=noise)
    n = session.task.n
    paid = list(known or [])
    session.seed(paid)
    while requests := session.ask(_BATCH):
        draws = np.array([request.draw for request in requests], dtype=np.intp)
        game = _unnumbered(f, draws, numbered=numbered)
        coalitions = to_matrix([request.mask for request in requests], n)
        values = _values(game, coalitions, paid).tolist()
        bad: ValueError | None = None
        for request, value in zip(requests, values, strict=True):
            try:
                session.tell(request.mask, value)
            except ValueError as error:
                bad = bad or error
            else:
                paid.append((request.mask, value))
        if bad is not None:
            raise BadValueError(f"{bad}; {_kept(paid)}", paid) from bad
    return session.estimate()


def _read_types(types: Sequence[int], n: int) -> tuple[Counts, Counts]:
    """Return each player's type as 0, 1, … and the number of players of each."""
    if len(types) != n:
        raise ValueError(
            f"types name each player's type; got {len(types)} for {n} players"
        )
    _, kinds, sizes = np.unique(
        np.asarray(types), return_inverse=True, return_counts=True
    )
    return kinds.reshape(-1).astype(np.int64), sizes.astype(np.int64)


def _estimate_typed(
    f: GameFunction, kinds: Counts, sizes: Counts, budget: int, rng: np.random.Generator
) -> Estimate:
    rank = np.empty(
        kinds.size, dtype=np.int64
    )  # the how-manieth of its type a player is
    for t in range(sizes.size):
        rank[kinds == t] = np.arange(sizes[t])

    def by_counts(points: Counts) -> Floats:
        rows = max(_CELLS // kinds.size, 1)
        blocks = (points[i : i + rows] for i in range(0, len(points), rows))
        return np.concatenate(
            [_values(f, block[:, kinds] > rank, []) for block in blocks]
        )

    found = estimate_by_types(by_counts, sizes.tolist(), budget=budget, rng=rng)
    return replace(
        found,
        values=found.values[kinds],
        stderr=found.stderr[kinds],
        noise_stderr=found.noise_stderr[kinds],
    ).because(f"players of {sizes.size} declared types")


def _unnumbered(
    f: GameFunction | NumberedGame, draws: Ints | None = None, *, numbered: bool
) -> GameFunction:
    """Return the game of these draws, by default the first of each coalition."""
    if not numbered:
        return cast("GameFunction", f)
    game = cast("NumberedGame", f)
    return lambda z: game(
        z, np.zeros(len(z), dtype=np.intp) if draws is None else draws
    )


def _values(
    f: GameFunction, coalitions: Bools, paid: list[tuple[int, float]]
) -> Floats:
    try:
        values = f(coalitions)
    except Exception as error:
        raise EvaluationError(
            f"the game raised {type(error).__name__}: {error}; {_kept(paid)}", paid
        ) from error
    try:
        return checked(values, coalitions)
    except (ValueError, TypeError) as error:
        raise BadValueError(f"{error}; {_kept(paid)}", paid) from error


def _kept(paid: list[tuple[int, float]]) -> str:
    if not paid:
        return "there are no values in .known"
    return f"{len(paid)} values are kept in .known, pass them to estimate(known=…) to go on"
