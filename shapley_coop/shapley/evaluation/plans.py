"""Methods as plans: the coalitions to ask for, in order, and the estimate from what is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from math import log2
from typing import Literal, Protocol, get_args

import numpy as np

from shapley_coop.shapley.coalitions import full
from shapley_coop.shapley.estimators.model_selection import fit_pairs
from shapley_coop.shapley.estimators.pair_selection import choose_pairs
from shapley_coop.shapley.estimators.pairs.balanced_design import fresh_pairs
from shapley_coop.shapley.estimators.pairs.choosing import Choosing
from shapley_coop.shapley.estimators.pairs.odd_values import known_pairs
from shapley_coop.shapley.estimators.pairs.requests import pair_requests
from shapley_coop.shapley.estimators.permutations import (
    OrderKind,
    Permutations,
    fit_permutations,
)
from shapley_coop.shapley.estimators.regression import fit_regression
from shapley_coop.shapley.estimators.strata import fit_strata, strata_requests
from shapley_coop.shapley.estimators.unbiased import PAIRS_MIN, fit_unbiased
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.exact_values.values import exact, shapley_weights
from shapley_coop.shapley.result import Estimate

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
    """Known standard deviation of one draw, or None."""
    ahead: int = 0
    """Requests by which a choice is to be made before it is needed."""


class Plan(Protocol):
    """A method: an order of requests that may look at what came in, and an estimator."""

    def requests(self, data: Evaluations) -> Iterator[int | Choosing]:
        """Yield masks to draw, and choices where the plan needs one to go on.

        A mask that is yielded again asks for another draw where the game is noisy.
        """
        ...

    def fit(self, data: Evaluations) -> Estimate:
        """Estimate from what is known so far."""
        ...


def make_plan(method: Method, task: EvaluationTask, rng: np.random.Generator) -> Plan:
    """Return the plan of a method, where `auto` chooses by n, budget and noise."""
    if method == "auto":
        return _best_plan(task, rng)
    if method == "exact":
        return TablePlan(task, rng)
    if method in {"permutation", "antithetic", "orthogonal", "spherical", "adjusted"}:
        return PermutationPlan(task, method, rng)
    if method == "stratified":
        return StrataPlan(task, rng)
    return PairPlan(task, method, rng)


def _best_plan(task: EvaluationTask, rng: np.random.Generator) -> Plan:
    if task.n <= log2(task.budget):
        return TablePlan(task, rng, "auto: the budget pays for every coalition")
    reason = f"auto: 2^{task.n} coalitions exceed the budget of {task.budget}"
    return PairPlan(task, "process", rng, reason)


class PairPlan:
    """Complementary pairs, estimated by process, regression or the unbiased combination."""

    def __init__(
        self,
        task: EvaluationTask,
        method: Method,
        rng: np.random.Generator,
        reason: str = "",
    ) -> None:
        self.task, self.method, self.reason = task, method, reason
        # A generator of its own for the design, so that an estimate on the way changes no request.
        self._design = rng.spawn(2)[0]
        self._fit_seed = int(rng.integers(2**62))

    def requests(self, data: Evaluations) -> Iterator[int | Choosing]:
        """Yield the masks to draw, in order, and the choices on the way."""
        # Under noise the ends take the share of draws that makes their error no larger than
        # the rest's, which is about B / 2n each. Drawn once, they would leave 2 sigma^2 / n.
        task = self.task
        draws = max(2, task.budget // (2 * task.n)) if task.noisy else 1
        choose = self._targeted if self.method == "process" else self._balanced
        return pair_requests(data, task.budget, self._design, draws, choose, task.ahead)

    def _targeted(
        self,
        data: Evaluations,
        previous: list[int],
        limit: int,
        rng: np.random.Generator,
    ) -> list[int]:
        noisy, sigma = self.task.noisy, self.task.sigma
        return choose_pairs(data, previous, limit, rng, noisy=noisy, sigma=sigma)

    def _balanced(
        self,
        data: Evaluations,
        previous: list[int],
        limit: int,
        rng: np.random.Generator,
    ) -> list[int]:
        return fresh_pairs(data.n, previous, limit, rng)

    def fit(self, data: Evaluations) -> Estimate:
        """Estimate from what is known so far, by the process where that is too little."""
        estimate = self._fit(data)
        return estimate.because(self.reason) if self.reason else estimate

    def _fit(self, data: Evaluations) -> Estimate:
        noisy, sigma = self.task.noisy, self.task.sigma
        # Every fit starts from the same seed, so equal data give equal estimates.
        rng = np.random.default_rng(self._fit_seed)
        by_process = self.method not in {"regression", "unbiased"}
        # The pair of the two ends says nothing on how the gain is divided.
        pairs = 0 if by_process else len(known_pairs(data).values) - 1
        if not noisy and len(data) == 1 << data.n:
            return fit_table(data, None)
        if self.method == "regression" and pairs:
            return fit_regression(data)
        if self.method == "unbiased" and pairs >= PAIRS_MIN:
            return fit_unbiased(data, rng, noisy=noisy)
        estimate = fit_pairs(data, rng, noisy=noisy, sigma=sigma)
        if by_process:
            return estimate
        reason = f"{pairs} pairs are too few for method {self.method!r}"
        return estimate.because(reason)


class PermutationPlan:
    """Random orders of the players."""

    def __init__(
        self, task: EvaluationTask, kind: OrderKind, rng: np.random.Generator
    ) -> None:
        self.task = task
        self._permutations = Permutations(task.n, kind, rng)
        self._fit_seed = int(rng.spawn(1)[0].integers(2**62))

    def requests(self, data: Evaluations) -> Iterator[int]:
        """Yield the masks to draw, in order."""
        del data  # orders do not depend on values
        return self._permutations.requests()

    def fit(self, data: Evaluations) -> Estimate:
        """Estimate from what is known so far, by the process where no order is complete."""
        # Without both ends there is nothing to share out, which is the first thing to say.
        data.ends()
        if self._permutations.any_complete(data):
            return fit_permutations(data, self._permutations)
        rng = np.random.default_rng(self._fit_seed)
        estimate = fit_pairs(data, rng, noisy=self.task.noisy, sigma=self.task.sigma)
        return estimate.because("no permutation is complete")


class StrataPlan:
    """Every player's coalitions by size."""

    def __init__(self, task: EvaluationTask, rng: np.random.Generator) -> None:
        self.task, self._rng = task, rng

    def requests(self, data: Evaluations) -> Iterator[int]:
        """Yield the masks to draw, in order."""
        return strata_requests(data, self.task.budget, self._rng)

    def fit(self, data: Evaluations) -> Estimate:
        """Estimate from what is known so far."""
        return fit_strata(data)


class TablePlan:
    """Every coalition, and under noise repeats where they matter most (Neyman allocation)."""

    def __init__(
        self, task: EvaluationTask, rng: np.random.Generator, reason: str = ""
    ) -> None:
        self.task, self.reason, self._rng = task, reason, rng
        self._fit_seed = int(rng.integers(2**62))

    def requests(self, data: Evaluations) -> Iterator[int]:
        """Yield the masks to draw, in order."""
        n = self.task.n
        everyone = full(n)
        yield from (everyone, 0) if n else (0,)
        # One of each pair of complements, so that an estimate on the way has whole pairs.
        order = self._rng.permutation((1 << n) // 2).tolist()
        for mask in order:
            if mask:
                yield from (mask, everyone ^ mask)
        if self.task.noisy:
            yield from self._repeats(data)

    def _repeats(self, data: Evaluations) -> Iterator[int]:
        """Yield repeats, each where it lowers the total variance of the values most.

        The variance is the sum of a_S^2 / r_S with a_S^2 = s w(s-1)^2 + (n-s) w(s)^2, so
        another draw gains a_S^2 / (r (r + 1)); in the end r_S is proportional to a_S.
        """
        n = self.task.n
        weights = np.concatenate([[0.0], shapley_weights(n), [0.0]])
        size = np.arange(n + 1)
        inside = size * weights[:-1] ** 2
        outside = (n - size) * weights[1:] ** 2
        squares = (inside + outside).tolist()
        # Coalitions of one size gain alike. Chance decides, or low masks would be preferred.
        ties = self._rng.random(1 << n).tolist()
        heap = []
        for mask, tie in enumerate(ties):
            gain = squares[mask.bit_count()] / 2
            heap.append((-gain, tie, mask, 1))
        heapify(heap)
        while heap and data.total < self.task.budget:
            _, tie, mask, draws = heap[0]
            if mask in data.excluded:
                heappop(heap)
                continue
            gain = squares[mask.bit_count()] / ((draws + 1) * (draws + 2))
            heapreplace(heap, (-gain, tie, mask, draws + 1))
            yield mask

    def fit(self, data: Evaluations) -> Estimate:
        """Estimate from what is known so far."""
        noisy, sigma = self.task.noisy, self.task.sigma
        # Under noise the process knows the error of a value, which a plain table does not.
        if data.table() is None or (noisy and self.task.n > 1):
            rng = np.random.default_rng(self._fit_seed)
            estimate = fit_pairs(data, rng, noisy=noisy, sigma=sigma)
        else:
            estimate = fit_table(data, sigma)
        return estimate.because(self.reason) if self.reason else estimate


def fit_table(data: Evaluations, sigma: float | None) -> Estimate:
    """Compute the values of a game of which every coalition is known.

    Raises:
        ValueError: a coalition has no value.
    """
    table = data.table()
    if table is None:
        raise ValueError(f"{(1 << data.n) - len(data)} coalitions have no value yet")
    result = exact(table)
    variance, freedom = data.noise()
    noise = float(np.sqrt(variance)) if freedom else (sigma or 0.0)
    # Noisy tables of several players go to the process, so noise is left for one player alone.
    stderr = np.zeros(data.n)
    if data.n == 1:
        stderr[0] = data.ends_stderr(noise**2)
    return Estimate(
        values=result.values,
        stderr=stderr,
        evaluations=data.total,
        method="exact",
        reason="every coalition is known",
        empty=result.empty,
        grand=result.grand,
        noise_stderr=stderr,
        noise=noise,
    )
