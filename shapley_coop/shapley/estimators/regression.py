"""Weighted regression on complementary pairs: Kernel and Leverage SHAP, without replacement."""

from collections import Counter
from math import comb, log

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.estimators.paired import known_pairs
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate


def weighted_pairs(
    signs: Floats, values: Floats, total: float
) -> tuple[Floats, Floats]:
    """Return Shapley values that sum to `total` by weighted least squares, and their deviation.

    `signs` is m x n, `values` the odd values of the pairs. Each pair weighs its Shapley kernel
    weight over the share of its size that was drawn (Covert & Lee, 2021; Musco & Witter, 2025).
    Deviations are the sandwich estimate. O(m n^2).
    """
    n = signs.shape[1]
    weights = _pair_weights(signs)
    base = total / n
    # With the sum fixed, the free directions are those orthogonal to the all-ones vector.
    centred = signs - signs.mean(axis=1, keepdims=True)
    target = 2 * values - base * signs.sum(axis=1)
    gram = (centred.T * weights) @ centred
    ridge = 1e-10 * float(np.trace(gram)) / n
    inverse = np.linalg.inv(gram + ridge * np.eye(n) + np.full((n, n), ridge))
    slopes = inverse @ (centred.T @ (weights * target))
    slopes -= slopes.mean()
    freedom = max(1.0 - n / len(values), 0.1)
    residual = (target - centred @ slopes) * weights
    half = inverse @ centred.T * residual
    spread = np.sqrt(np.square(half).sum(axis=1) / freedom)
    return base + slopes, spread


def _pair_weights(signs: Floats) -> Floats:
    """Return kernel weight / share drawn for each row, scaled to a mean of one."""
    n = signs.shape[1]
    sizes = ((signs.sum(axis=1) + n) / 2).round().astype(int)
    smaller = np.minimum(sizes, n - sizes)
    drawn = Counter(smaller.tolist())
    by_size = {
        s: -log(s * (n - s)) - log(count) for s, count in drawn.items()
    }  # the C(n, s) of the kernel and of the share cancel
    logs = np.array([by_size[s] for s in smaller.tolist()])
    weights = np.exp(logs - logs.max())
    halves = np.where(
        2 * smaller == n, 0.5, 1.0
    )  # the middle size has half as many pairs
    weights = weights * halves
    return np.asarray(weights / weights.mean())


def fit_regression(data: Evaluations) -> Estimate:
    """Estimate from all known pairs by weighted regression; exact once every pair is known.

    Raises:
        ValueError: an end has no value, or fewer pairs are known than players.
    """
    pairs = known_pairs(data)
    empty, grand = data.ends()
    m, n = len(pairs.values) - 1, data.n
    if m < 1:
        raise ValueError(
            "regression needs at least one complementary pair beside the ends"
        )
    values, spread = weighted_pairs(pairs.signs[1:], pairs.values[1:], grand - empty)
    # Drawn without replacement: what is known of a game has no sampling error left.
    left = max(1.0 - m / max(sum(comb(n, s) for s in range(1, n)) / 2, 1.0), 0.0)
    return Estimate(
        values=values,
        stderr=spread * np.sqrt(left),
        evaluations=data.total,
        method="regression",
        reason="weighted least squares on balanced complementary pairs",
        empty=empty,
        grand=grand,
        noise_stderr=np.zeros(n),
    )
