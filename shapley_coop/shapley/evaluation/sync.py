"""Estimating the Shapley value of a function of coalitions within a budget, synchronously."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Bools, Counts, Floats, Ints
from shapley_coop.shapley.coalitions import to_matrix
from shapley_coop.shapley.estimators.sampled_types import (
    estimate_by_types,
    least_budget,
    payable,
)
from shapley_coop.shapley.evaluation.session import Request, Session
from shapley_coop.shapley.evaluation.task import Method
from shapley_coop.shapley.games import GameFunction, NumberedGame, as_values
from shapley_coop.shapley.result import Estimate

# Coalitions asked for at once.
_BATCH = 16
# Cells of a boolean matrix handed to a game of declared types.
_CELLS = 1 << 24


class EvaluationError(RuntimeError):
    """The game raised. What was evaluated is kept, to pass to `estimate(paid_values=…)`."""

    def __init__(self, message: str, paid_values: list[tuple[int, float]]) -> None:
        super().__init__(message)
        self.paid_values = paid_values
        """Pairs of mask and value."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how to make the error again, in another process too, with all that was paid for."""
        return type(self), (str(self), self.paid_values)


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
    paid_values: list[tuple[int, float]] | None = None,
    types: Sequence[int] | None = None,
    with_draws: bool = False,
) -> Estimate:
    """Estimate the Shapley values of n players from at most `budget` evaluations of `f`.

    `f` takes a boolean matrix (k coalitions x n players) and returns k values. The empty and the
    grand coalition are evaluated and count. No coalition is evaluated twice unless `noise` says
    that draws differ (True, or the standard deviation of one draw). None means unknown.
    `paid_values` are (mask, value) pairs of an earlier run, which count towards the budget.

    `auto` is exact where the budget pays for all 2^n coalitions (with Neyman repeats under
    noise), else the process on complementary pairs. Planning costs O(m^3) for m pairs: under a
    second at 50 players and 1,000 evaluations, about ten at 100 and 5,000.

    With `with_draws`, `f` is called with a second argument, the number of each coalition's draw
    (k whole numbers from 0): draws of equal number may share their random numbers, so that what
    all coalitions have in common cancels, as in `evaluate`.

    `types` names each player's type (n whole numbers) where v is known to depend only on how
    many of each type are in; `auto` then counts instead (`estimate_by_types`) if the budget is
    enough for that, and `f` is asked for one coalition of each count vector.

    Raises:
        ValueError: bad input (see `Session`), types with noise, paid values or another method
            than `auto`.
        EvaluationError: `f` raised; carries what was evaluated, the good values of the same
            batch included.
        BadValueError: `f` returned a wrong shape or a value that is not finite; an
            EvaluationError and a ValueError, and carries the good ones likewise.
    """
    if types is not None:
        if method != "auto" or noise or paid_values:
            raise ValueError(
                "types go with method='auto', without noise and paid values"
            )
        kinds, sizes = _parse_types(types, n)
        if payable(sizes, budget):
            game = _of_draws(f, None, with_draws=with_draws)
            return _estimate_typed(game, kinds, sizes, budget, rng)
        if budget < n + 2:
            raise ValueError(
                f"a budget of {budget} evaluations is too small for players in types of "
                f"{sizes.tolist()}; the least is {least_budget(sizes)}"
            )
    session = Session(n, budget, rng=rng, method=method, noise=noise)
    paid = list(paid_values or [])
    session.seed(paid)
    while requests := session.ask(_BATCH):
        _answer(session, requests, f, paid, with_draws=with_draws)
    return session.estimate()


def _answer(
    session: Session,
    requests: list[Request],
    f: GameFunction | NumberedGame,
    paid: list[tuple[int, float]],
    *,
    with_draws: bool,
) -> None:
    """Evaluate a batch of requests, tell the session and add the values to those paid for."""
    draws = np.array([request.draw for request in requests], dtype=np.intp)
    game = _of_draws(f, draws, with_draws=with_draws)
    masks = [request.mask for request in requests]
    coalitions = to_matrix(masks, session.task.n)
    values = _values(game, coalitions, paid).tolist()
    # One bad value must not cost the others of its batch, which were paid for as well.
    bad: ValueError | None = None
    for mask, value in zip(masks, values, strict=True):
        try:
            session.tell(mask, value)
        except ValueError as error:
            bad = bad or error
        else:
            paid.append((mask, value))
    if bad is not None:
        raise BadValueError(f"{bad}; {_paid_text(paid)}", paid) from bad


def _parse_types(types: Sequence[int], n: int) -> tuple[Counts, Counts]:
    """Return each player's type as 0, 1, … and the number of players of each."""
    if len(types) != n:
        raise ValueError(
            f"types name each player's type; got {len(types)} for {n} players"
        )
    _, kinds, sizes = np.unique(
        np.asarray(types), return_inverse=True, return_counts=True
    )
    # Versions of numpy differ in the shape of the inverse.
    return kinds.reshape(-1).astype(np.int64), sizes.astype(np.int64)


def _estimate_typed(
    f: GameFunction, kinds: Counts, sizes: Counts, budget: int, rng: np.random.Generator
) -> Estimate:
    # The first players of each type stand for all coalitions of the same counts, so a player is
    # in exactly where more of its type are in than come before it.
    rank = np.empty(kinds.size, dtype=np.int64)
    for t in range(sizes.size):
        rank[kinds == t] = np.arange(sizes[t])

    def by_counts(points: Counts) -> Floats:
        rows = max(_CELLS // kinds.size, 1)
        values = []
        for start in range(0, len(points), rows):
            counts = points[start : start + rows, kinds]
            values.append(_values(f, counts > rank, []))
        return np.concatenate(values)

    estimate = estimate_by_types(by_counts, sizes.tolist(), budget=budget, rng=rng)
    by_player = replace(
        estimate,
        values=estimate.values[kinds],
        stderr=estimate.stderr[kinds],
        noise_stderr=estimate.noise_stderr[kinds],
    )
    return by_player.because(f"players of {sizes.size} declared types")


def _of_draws(
    f: GameFunction | NumberedGame, draws: Ints | None, *, with_draws: bool
) -> GameFunction:
    """Return the game of these draws. None means the first draw of each coalition."""
    if not with_draws:
        return cast("GameFunction", f)
    game = cast("NumberedGame", f)

    def of_draws(coalitions: Bools) -> ArrayLike:
        if draws is None:
            return game(coalitions, np.zeros(len(coalitions), dtype=np.intp))
        return game(coalitions, draws)

    return of_draws


def _values(
    f: GameFunction, coalitions: Bools, paid: list[tuple[int, float]]
) -> Floats:
    try:
        values = f(coalitions)
    except Exception as error:
        raise EvaluationError(
            f"the game raised {type(error).__name__}: {error}; {_paid_text(paid)}", paid
        ) from error
    try:
        return as_values(values, coalitions)
    except (ValueError, TypeError) as error:
        raise BadValueError(f"{error}; {_paid_text(paid)}", paid) from error


def _paid_text(paid: list[tuple[int, float]]) -> str:
    if not paid:
        return "there are no values in .paid_values"
    return (
        f"{len(paid)} values are kept in .paid_values, pass them to estimate(paid_values=…) "
        "to go on"
    )
