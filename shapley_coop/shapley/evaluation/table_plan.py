"""The plan that asks for every coalition, and the exact values of a game that is known whole."""

from collections.abc import Iterator
from heapq import heapify, heappop, heapreplace

import numpy as np

from shapley_coop.shapley.coalitions import all_coalitions, coalition_sizes, full
from shapley_coop.shapley.estimators.model_selection import fit_pairs
from shapley_coop.shapley.evaluation.task import EvaluationTask
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.exact_values.values import exact, shapley_weights
from shapley_coop.shapley.result import CoalitionWeights, Estimate


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
        draws = self.task.repeats
        yield from ((everyone, 0) if n else (0,)) * draws
        # One of each pair of complements, so that an estimate on the way has whole pairs.
        order = self._rng.permutation((1 << n) // 2).tolist()
        for mask in order:
            if mask:
                yield from (mask, everyone ^ mask) * draws
        if self.task.noisy and self.task.shared_draws:
            # Drawn equally often, coalitions share all of their luck, which cancels then.
            while data.total < self.task.budget:
                yield from (mask for mask in range(1 << n) if mask not in data.excluded)
        elif self.task.noisy:
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
        drawn = self.task.repeats
        for mask, tie in enumerate(ties):
            gain = squares[mask.bit_count()] / (drawn * (drawn + 1))
            heap.append((-gain, tie, mask, drawn))
        heapify(heap)
        while heap and data.total < self.task.budget:
            _, tie, mask, draws = heap[0]
            if mask in data.excluded:
                heappop(heap)
                continue
            gain = squares[mask.bit_count()] / ((draws + 1) * (draws + 2))
            heapreplace(heap, (-gain, tie, mask, draws + 1))
            yield mask

    def _repeated(self, data: Evaluations) -> bool:
        return self.task.repeats > 1 and min(map(data.count, data)) > 1

    def fit(self, data: Evaluations) -> Estimate:
        """Estimate from what is known so far."""
        noisy, sigma = self.task.noisy, self.task.sigma_in(data)
        # Under noise the process knows the error of a value, which a plain table knows only if
        # every coalition was drawn again.
        if data.table() is None or (
            noisy and self.task.n > 1 and not self._repeated(data)
        ):
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
    stderr = np.zeros(data.n)
    weights = None
    if noise:
        weights = _weights(data.n)
        counts = np.array([data.count(mask) for mask in weights.masks])
        stderr = noise * np.sqrt((weights.matrix**2 / counts).sum(axis=1))
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
        weights=weights,
    )


def _weights(n: int) -> CoalitionWeights:
    """Return how much each coalition counts in each Shapley value of n players."""
    present = all_coalitions(n).T
    sizes = coalition_sizes(n)
    padded = np.concatenate([[0.0], shapley_weights(n), [0.0]])
    matrix = np.where(present, padded[sizes], -padded[sizes + 1])
    return CoalitionWeights(tuple(range(1 << n)), matrix)
