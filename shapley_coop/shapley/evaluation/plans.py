"""Methods as plans: the coalitions to ask for, in order, and the estimate from what is known."""

from collections.abc import Iterator
from math import log2
from typing import Protocol

import numpy as np

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
from shapley_coop.shapley.evaluation.table_plan import TablePlan, fit_table
from shapley_coop.shapley.evaluation.task import EvaluationTask, Method
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate


class Plan(Protocol):
    """A method: an order of requests that may look at what came in, and an estimator.

    Requests look at values as given. An estimator is given them normalised, and its
    values and errors are in that unit.
    """

    def requests(self, data: Evaluations) -> Iterator[int | Choosing]:
        """Yield masks to draw, and choices where the plan needs one to go on.

        A mask that is yielded again asks for another draw where the game is noisy.
        """
        ...

    def fit(self, data: Evaluations) -> Estimate:
        """Estimate from what is known so far, normalised."""
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
    if task.n > log2(task.budget):
        reason = f"auto: 2^{task.n} coalitions exceed the budget of {task.budget}"
        return PairPlan(task, "process", rng, reason)
    if not _tells_noise(task):
        reason = (
            f"auto: the budget of {task.budget} pays for all 2^{task.n} coalitions, but not for "
            "repeats that tell the noise"
        )
        return PairPlan(task, "process", rng, reason)
    return TablePlan(task, rng, "auto: the budget pays for every coalition")


def _tells_noise(task: EvaluationTask) -> bool:
    """Return whether all coalitions and then enough repeats are paid for, if these are needed.

    Without repeats noise cannot be told from interactions, and is taken for them: where every
    coalition was drawn once, intervals held the truth half of the time.
    """
    if not task.noisy or task.sigma is not None:
        return True
    coalitions = 1 << task.n
    if task.repeats > 1:
        return task.budget >= task.repeats * coalitions
    return task.budget >= coalitions + max(4, coalitions // 4)


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
        draws = task.repeats
        if task.noisy:
            draws = max(2, draws, task.budget // (2 * task.n))
        choose = self._targeted if self.method == "process" else self._balanced
        return pair_requests(
            data, task.budget, self._design, draws, choose, task.ahead, task.repeats
        )

    def _targeted(
        self,
        data: Evaluations,
        previous: list[int],
        limit: int,
        rng: np.random.Generator,
    ) -> list[int]:
        known = data.normalise()
        sigma = self.task.sigma_in(known)
        noisy = self.task.noisy
        return choose_pairs(known, previous, limit, rng, noisy=noisy, sigma=sigma)

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
        noisy, sigma = self.task.noisy, self.task.sigma_in(data)
        # Every fit starts from the same seed, so equal data give equal estimates.
        rng = np.random.default_rng(self._fit_seed)
        by_process = self.method not in {"regression", "unbiased"}
        # The pair of the two ends says nothing on how the gain is divided.
        pairs = 0 if by_process else len(known_pairs(data).values) - 1
        if not noisy and data.complete:
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
        sigma = self.task.sigma_in(data)
        estimate = fit_pairs(data, rng, noisy=self.task.noisy, sigma=sigma)
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
