"""What is to be estimated, by which method, and whether the budget pays for it."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

from shapley_coop.shapley.evaluations import Evaluations

Method = Literal[
    "auto",
    "exact",
    "process",
    "balanced",
    "regression",
    "permutation",
    "antithetic",
    "orthogonal",
    "spherical",
    "adjusted",
    "stratified",
    "unbiased",
]
METHODS: tuple[Method, ...] = get_args(Method)


@dataclass(frozen=True, slots=True)
class EvaluationTask:
    """What is to be estimated, and what is known of it beforehand."""

    n: int
    budget: int
    noisy: bool | None
    """Whether draws of one coalition differ. None means unknown."""
    sigma: float | None
    """Known standard deviation of one draw in the unit of the game, or None."""
    ahead: int = 0
    """Requests by which a choice is to be made before it is needed."""
    least_draws: int = 1
    """How often each coalition is drawn at least, where draws differ and the budget allows it."""
    shared_draws: bool = False
    """Whether draws of equal number may share their luck."""

    @property
    def repeats(self) -> int:
        """How often each coalition is to be drawn before the next one."""
        if not self.noisy:
            return 1
        # The ends and a pair for each player are worth more than a second draw of fewer.
        return max(min(self.least_draws, self.budget // (self.n + 2)), 1)

    def sigma_in(self, data: Evaluations) -> float | None:
        """Return the known standard deviation in the unit of the data, or None."""
        return None if self.sigma is None else data.unit.scale_one(self.sigma)


def parse_noise(noise: float | bool | None) -> tuple[bool | None, float | None]:
    """Return whether v is noisy and the standard deviation of one draw, None where unknown.

    Raises:
        ValueError: the deviation is negative or not finite.
    """
    if noise is None or isinstance(noise, bool):
        return noise, None
    if not isfinite(noise) or noise < 0:
        raise ValueError(
            f"noise is True, False, None, or the standard deviation of one draw (a finite number "
            f">= 0); got {noise!r}"
        )
    return noise > 0, float(noise) or None


def require_payable(task: EvaluationTask, method: Method) -> None:
    """Refuse a task that no method, or not this one, can do.

    Raises:
        ValueError: there is no player, no such method, or the budget is too small.
    """
    if task.n < 1:
        raise ValueError(f"a game needs at least one player; got n={task.n}")
    if method not in METHODS:
        raise ValueError(
            f"no method is called {method!r}; there are {', '.join(METHODS)}"
        )
    least = min(task.n + 2, 1 << task.n)
    if task.budget < least:
        raise ValueError(
            f"a budget of {task.budget} evaluations is too small for {task.n} players; "
            f"the least is {least}"
        )
    # 2^n <= budget, without computing 2^n for many players.
    if method == "exact" and task.n >= task.budget.bit_length():
        raise ValueError(
            f"exact needs all 2^{task.n} coalitions; the budget is {task.budget}. Use method='auto'"
        )
