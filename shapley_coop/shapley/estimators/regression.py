"""Weighted regression on complementary pairs: Kernel and Leverage SHAP without replacement."""

from collections import Counter
from math import comb, log

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.estimators.pairs.odd_values import known_pairs
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate

_RIDGE = (
    1e-10  # of the mean squared feature, against few pairs that leave players apart
)
_FREEDOM_MIN = 0.1


def weighted_pairs(
    signs: Floats, values: Floats, total: float
) -> tuple[Floats, Floats]:
    """Return Shapley values that sum to `total` by weighted least squares, and deviations.

    `signs` is m x n, `values` the odd values of the pairs. Each pair weighs its Shapley
    kernel weight over the share of its size that is in the sample (Covert & Lee, 2021;
    Musco & Witter, 2025). Deviations are the sandwich estimate. O(m n^2).
    """
    n = signs.shape[1]
    weights = _pair_weights(signs)
    base = total / n
    # With the sum fixed, the free directions are those orthogonal to the all-ones vector.
    centred = signs - signs.mean(axis=1, keepdims=True)
    target = 2 * values - base * signs.sum(axis=1)
    gram = (centred.T * weights) @ centred
    ridge = _RIDGE * float(np.trace(gram)) / n
    all_ones = np.full((n, n), ridge)
    inverse = np.linalg.inv(gram + ridge * np.eye(n) + all_ones)
    slopes = inverse @ (centred.T @ (weights * target))
    slopes -= slopes.mean()
    # The sandwich: the spread of residuals between two inverses, for unequal variances.
    residual = (target - centred @ slopes) * weights
    influence = inverse @ centred.T * residual
    freedom = max(1.0 - n / len(values), _FREEDOM_MIN)
    variance = np.square(influence).sum(axis=1) / freedom
    return base + slopes, np.sqrt(variance)


def _pair_weights(signs: Floats) -> Floats:
    """Return kernel weight over sampled share for each row, scaled to a mean of one."""
    n = signs.shape[1]
    sizes = ((signs.sum(axis=1) + n) / 2).round().astype(int)
    smaller = np.minimum(sizes, n - sizes)
    number_of_size = Counter(smaller.tolist())
    # The C(n, s) of the kernel and of the share cancel.
    log_weight = {s: -log(s * (n - s)) - log(k) for s, k in number_of_size.items()}
    logs = np.array([log_weight[s] for s in smaller.tolist()])
    weights = np.exp(logs - logs.max())
    # The middle size has half as many pairs.
    halves = np.where(2 * smaller == n, 0.5, 1.0)
    weights = weights * halves
    return np.asarray(weights / weights.mean())


def fit_regression(data: Evaluations) -> Estimate:
    """Estimate from all known pairs by weighted regression.

    The estimate is exact once every pair is known.

    Raises:
        ValueError: an end has no value, or no pair beside the ends is known.
    """
    pairs = known_pairs(data)
    empty, grand = data.ends()
    m = len(pairs.values) - 1
    n = data.n
    if m < 1:
        raise ValueError(
            "regression needs at least one complementary pair beside the ends"
        )
    values, spread = weighted_pairs(pairs.signs[1:], pairs.values[1:], grand - empty)
    # Drawn without replacement: what is known of a game has no sampling error left.
    all_pairs = sum(comb(n, s) for s in range(1, n)) / 2
    unknown_share = max(1.0 - m / max(all_pairs, 1.0), 0.0)
    return Estimate(
        values=values,
        stderr=spread * np.sqrt(unknown_share),
        evaluations=data.total,
        method="regression",
        reason="weighted least squares on balanced complementary pairs",
        empty=empty,
        grand=grand,
        noise_stderr=np.zeros(n),
    )
