"""Estimating the Shapley value of a function of coalitions within a budget, synchronously."""

import numpy as np

from shapley_coop.shapley.coalitions import to_matrix
from shapley_coop.shapley.estimates import Estimate
from shapley_coop.shapley.games import GameFunction, checked
from shapley_coop.shapley.plans import Method
from shapley_coop.shapley.session import Request, Session

_BATCH = 16


class EvaluationError(RuntimeError):
    """The game raised; `known` holds what was evaluated, to pass to `estimate(known=…)`."""

    def __init__(self, message: str, known: list[tuple[int, float]]) -> None:
        super().__init__(message)
        self.known = known


def estimate(
    f: GameFunction,
    n: int,
    *,
    budget: int,
    method: Method = "auto",
    rng: np.random.Generator,
    noise: float | bool | None = None,
    known: list[tuple[int, float]] | None = None,
) -> Estimate:
    """Estimate the Shapley values of n players from at most `budget` evaluations of `f`.

    `f` takes a boolean matrix (k coalitions x n players) and returns k values. The empty and the
    grand coalition are evaluated and count. No coalition is evaluated twice unless `noise` says
    that draws differ (True, or the standard deviation of one draw); None means unknown. `known`
    are (mask, value) pairs of an earlier run; they count towards the budget.

    `auto` is exact where the budget pays for all 2^n coalitions (with Neyman repeats under
    noise), else the process on complementary pairs. Planning costs O(m^3) for m pairs, at most
    a few seconds.

    Raises:
        ValueError: bad input (see `Session`), or `f` returns a wrong shape or a value that is
            not finite.
        EvaluationError: `f` raised, or returned a bad value after good ones; carries them.
    """
    session = Session(n, budget, rng=rng, method=method, noise=noise)
    paid = list(known or [])
    session.seed(paid)
    while requests := session.ask(_BATCH):
        values = _evaluate(f, requests, n, paid)
        for request, value in zip(requests, values, strict=True):
            try:
                session.tell(request.mask, value)
            except ValueError as error:
                raise EvaluationError(str(error), paid) from error
            paid.append((request.mask, value))
    return session.estimate()


def _evaluate(
    f: GameFunction, requests: list[Request], n: int, paid: list[tuple[int, float]]
) -> list[float]:
    coalitions = to_matrix([r.mask for r in requests], n)
    try:
        values = f(coalitions)
    except Exception as error:
        raise EvaluationError(
            f"the game raised {type(error).__name__}: {error}; {len(paid)} values are kept in "
            ".known, pass them to estimate(known=…) to go on",
            paid,
        ) from error
    found: list[float] = checked(values, coalitions).tolist()
    return found
