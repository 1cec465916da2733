"""Which pairs to ask next: those that remove most of the variance left in the Shapley values."""

from collections.abc import Iterable

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import full, to_matrix
from shapley_coop.shapley.estimators.design import fresh_pairs, pair_count, size_shares
from shapley_coop.shapley.estimators.surrogates.kernels import (
    Kernel,
    covariance,
    parts,
    shapley_covariance,
    variances,
)

_FREE_SIZES = 24  # a size may take 24 / n times its share, below 24 players
_POOL = 4
_CANDIDATES_MAX = 2000


def next_pairs(
    kernel: Kernel,
    noise: float,
    asked: list[int],
    count: int,
    n: int,
    rng: np.random.Generator,
) -> list[int]:
    """Return up to `count` pairs, best first, each given by its smaller coalition.

    Greedy A-optimal design: of the candidates, the one that lowers the sum of the posterior
    variances of the Shapley values most, given all before it (Bayesian experimental design;
    Chaloner & Verdinelli, 1995). The posterior variance of a Gaussian process does not depend on
    answers, so pairs in flight count like answered ones and a batch may be as wide as one likes.
    Candidates come from the balanced design. Its shares of the sizes are kept, below 24
    players loosely: a kernel learned from few pairs is not to be trusted with them.
    `noise` is the variance of one pair's value in the kernel's unit. O((m + count) c) a pair
    for m asked pairs and c <= 2,000 candidates.
    """
    few = pair_count(n) <= _CANDIDATES_MAX
    pool = pair_count(n) if few else min(_POOL * count, _CANDIDATES_MAX)
    candidates = fresh_pairs(n, asked, pool, rng)
    quota = _quota(n, asked, count)
    sizes = np.array([_smaller(mask, n) for mask in candidates])
    count = min(count, len(candidates))
    known, open_ = _signs([full(n), *asked], n), _signs(candidates, n)
    posterior = _Posterior(kernel, noise, known, open_, count)
    chosen: list[int] = []
    for _ in range(count):
        gain = np.where(quota[sizes] > 0, posterior.gain(), -1.0)
        best = int(gain.argmax())
        if gain[best] < 0:
            break
        quota[sizes[best]] -= 1
        chosen.append(candidates[best])
        posterior.observe(best)
    return chosen


class _Posterior:
    """What is left to know of the candidates and of the Shapley values as pairs are observed."""

    def __init__(
        self,
        kernel: Kernel,
        noise: float,
        asked: Floats,
        candidates: Floats,
        count: int,
    ) -> None:
        self.kernel, self.signs = kernel, candidates
        self.own = kernel.white + kernel.jitter + noise
        known = covariance(kernel, parts(asked, asked, kernel.relevance))
        known[np.diag_indices_from(known)] += self.own
        cross = covariance(kernel, parts(asked, candidates, kernel.relevance))
        inverse_root = np.linalg.inv(np.linalg.cholesky(known))
        self._explained = inverse_root @ cross
        self._rows = np.empty((count, len(candidates)))
        self._observed = 0
        self.variance = variances(kernel, candidates) + self.own
        self.variance -= np.square(self._explained).sum(axis=0)
        self.shapley = shapley_covariance(kernel, candidates)
        self.shapley -= (
            shapley_covariance(kernel, asked) @ inverse_root.T
        ) @ self._explained
        self._open = np.ones(len(candidates), dtype=bool)

    def gain(self) -> Floats:
        """Return the variance of all Shapley values each candidate would remove; -1 if taken."""
        removed = np.square(self.shapley).sum(axis=0) / np.maximum(self.variance, 1e-12)
        return np.where(self._open, removed, -1.0)

    def observe(self, index: int) -> None:
        """Condition on a candidate, whatever its value will be."""
        one = self.signs[index : index + 1]
        left = covariance(self.kernel, parts(one, self.signs, self.kernel.relevance))[0]
        left = left - self._explained[:, index] @ self._explained
        rows = self._rows[: self._observed]
        left -= rows[:, index] @ rows
        left[index] += self.own
        row = left / np.sqrt(max(float(self.variance[index]), 1e-12))
        shift = self.shapley[:, index] / np.sqrt(
            max(float(self.variance[index]), 1e-12)
        )
        self.shapley -= np.outer(shift, row)
        self.variance -= row**2
        self._rows[self._observed] = row
        self._observed += 1
        self._open[index] = False


def _quota(n: int, asked: list[int], count: int) -> Floats:
    """Return how many more pairs of each smaller size may be taken."""
    quota = np.zeros(n // 2 + 1)
    quota[1:] = np.ceil(max(1.0, _FREE_SIZES / n) * size_shares(n, len(asked) + count))
    for mask in asked:
        quota[_smaller(mask, n)] -= 1
    return quota


def _smaller(mask: int, n: int) -> int:
    return min(mask.bit_count(), n - mask.bit_count())


def _signs(masks: Iterable[int], n: int) -> Floats:
    return np.where(to_matrix(list(masks), n), 1.0, -1.0)
