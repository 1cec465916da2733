"""Pairs chosen to remove most of the variance left in the Shapley values."""

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import full
from shapley_coop.shapley.estimators.pairs.balanced_design import (
    fresh_pairs,
    pair_count,
    size_shares,
)
from shapley_coop.shapley.estimators.pairs.odd_values import sign_rows
from shapley_coop.shapley.estimators.surrogates.kernel_values import shapley_covariance
from shapley_coop.shapley.estimators.surrogates.kernels import (
    Kernel,
    covariance,
    covariance_terms,
    variances,
)

_FREE_SIZES = 24  # a size may take 24 / n times its share, below 24 players
_POOL = 4  # candidates for each pair to choose
_CANDIDATES_MAX = 2000
_VARIANCE_MIN = 1e-12  # a candidate known up to rounding


def optimal_pairs(
    kernel: Kernel,
    noise: float,
    previous: list[int],
    count: int,
    n: int,
    rng: np.random.Generator,
) -> list[int]:
    """Return up to `count` pairs, best first, each as its smaller coalition.

    Greedy A-optimal design (Bayesian experimental design; Chaloner & Verdinelli, 1995): of
    the candidates, the one that lowers the sum of the posterior variances of the Shapley
    values most, given all before it. The posterior variance of a Gaussian process does not
    depend on answers, so pairs in flight count like answered ones and a batch may be as
    wide as one likes. Candidates come from the balanced design. Its shares of the sizes are
    kept, below 24 players loosely: a kernel learned from few pairs is not to be trusted
    with them.

    `noise` is the variance of one pair's value in the kernel's unit. It costs
    O((m + count) c) a pair for m previous pairs and c <= 2,000 candidates.
    """
    all_pairs = pair_count(n)
    drawn_pool = min(_POOL * count, _CANDIDATES_MAX)
    pool = all_pairs if all_pairs <= _CANDIDATES_MAX else drawn_pool
    candidates = fresh_pairs(n, previous, pool, rng)
    quota = _quota(n, previous, count)
    sizes = np.array([_smaller_size(mask, n) for mask in candidates])
    count = min(count, len(candidates))
    known_signs = sign_rows([full(n), *previous], n)
    candidate_signs = sign_rows(candidates, n)
    posterior = _Posterior(kernel, noise, known_signs, candidate_signs, count)
    design: list[int] = []
    for _ in range(count):
        # A size that has used up its quota offers nothing.
        allowed = quota[sizes] > 0
        reduction = np.where(allowed, posterior.reduction(), -1.0)
        best = int(reduction.argmax())
        if reduction[best] < 0:
            break
        size = sizes[best]
        quota[size] -= 1
        design.append(candidates[best])
        posterior.observe(best)
    return design


class _Posterior:
    """The variance left in the candidates and in the Shapley values, as pairs are observed.

    The known pairs are conditioned on at once, by a Cholesky factor. Each candidate that is
    observed adds one row to that factor.
    """

    def __init__(
        self,
        kernel: Kernel,
        noise: float,
        known: Floats,
        candidates: Floats,
        count: int,
    ) -> None:
        self.kernel = kernel
        self.signs = candidates
        self.own = kernel.white + kernel.jitter + noise
        within = self._covariance(known, known)
        diagonal = np.diag_indices_from(within)
        within[diagonal] += self.own
        cross = self._covariance(known, candidates)
        root = np.linalg.cholesky(within)
        inverse_root = np.linalg.inv(root)
        self._explained = inverse_root @ cross
        self._rows = np.empty((count, len(candidates)))
        self._observations = 0
        self.variance = variances(kernel, candidates) + self.own
        self.variance -= np.square(self._explained).sum(axis=0)
        known_values = shapley_covariance(kernel, known) @ inverse_root.T
        self.shapley = shapley_covariance(kernel, candidates)
        self.shapley -= known_values @ self._explained
        self._open = np.ones(len(candidates), dtype=bool)

    def _covariance(
        self,
        one: Floats,
        two: Floats,
    ) -> Floats:
        return covariance(
            self.kernel,
            covariance_terms(one, two, self.kernel.relevance),
        )

    def reduction(self) -> Floats:
        """Return the variance of all Shapley values that each candidate would remove.

        It is -1 for a candidate that was observed.
        """
        squares = np.square(self.shapley).sum(axis=0)
        removable = squares / np.maximum(self.variance, _VARIANCE_MIN)
        return np.where(self._open, removable, -1.0)

    def observe(self, index: int) -> None:
        """Condition on a candidate, whatever its value will be."""
        one = self.signs[index : index + 1]
        rest = self._covariance(one, self.signs)[0]
        # What the known pairs and the candidates before it explain is taken away.
        loadings = self._explained[:, index]
        rest = rest - loadings @ self._explained
        rows = self._rows[: self._observations]
        rest -= rows[:, index] @ rows
        rest[index] += self.own
        variance = max(float(self.variance[index]), _VARIANCE_MIN)
        deviation = np.sqrt(variance)
        row = rest / deviation
        shift = self.shapley[:, index] / deviation
        self.shapley -= np.outer(shift, row)
        self.variance -= row**2
        self._rows[self._observations] = row
        self._observations += 1
        self._open[index] = False


def _quota(
    n: int,
    previous: list[int],
    count: int,
) -> Floats:
    """Return how many more pairs of each smaller size may be taken."""
    quota = np.zeros(n // 2 + 1)
    looseness = max(1.0, _FREE_SIZES / n)
    shares = size_shares(n, len(previous) + count)
    quota[1:] = np.ceil(looseness * shares)
    for mask in previous:
        quota[_smaller_size(mask, n)] -= 1
    return quota


def _smaller_size(mask: int, n: int) -> int:
    size = mask.bit_count()
    return min(size, n - size)
