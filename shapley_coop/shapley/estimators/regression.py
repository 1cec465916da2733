"""Weighted regression on complementary pairs: Kernel and Leverage SHAP without replacement."""

from collections import Counter
from math import comb, log
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.estimators.pairs.odd_values import known_pairs, smaller_sizes
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate

_RIDGE = (
    1e-10  # of the mean squared feature, against few pairs that leave players apart
)
_FREEDOM_MIN = 0.1


class Regression(NamedTuple):
    """Shapley values by weighted least squares."""

    values: Floats
    stderr: Floats
    """The sandwich estimate, as of a sample with replacement."""


def weighted_pairs(
    signs: Floats,
    values: Floats,
    total: float,
) -> Regression:
    """Return Shapley values that sum to `total` by weighted least squares.

    `signs` is m x n, `values` the odd values of the pairs. Each pair weighs its Shapley
    kernel weight over the share of its size that is in the sample (Covert & Lee, 2021;
    Musco & Witter, 2025). O(m n^2).
    """
    n = signs.shape[1]
    weights = _pair_weights(signs)
    base = total / n
    # With the sum fixed, the free directions are those orthogonal to the all-ones vector.
    mean_signs = signs.mean(axis=1, keepdims=True)
    centred = signs - mean_signs
    equal_part = base * signs.sum(axis=1)
    target = 2 * values - equal_part
    weighed = centred.T * weights
    gram = weighed @ centred
    trace = float(np.trace(gram))
    ridge = _RIDGE * trace / n
    diagonal = ridge * np.eye(n)
    all_ones = np.full((n, n), ridge)
    inverse = np.linalg.inv(gram + diagonal + all_ones)
    moments = centred.T @ (weights * target)
    slopes = inverse @ moments
    slopes -= slopes.mean()
    # The sandwich: the spread of residuals between two inverses, for unequal variances.
    prediction = centred @ slopes
    residual = (target - prediction) * weights
    influence = inverse @ centred.T * residual
    free_share = 1.0 - n / len(values)
    freedom = max(free_share, _FREEDOM_MIN)
    squares = np.square(influence).sum(axis=1)
    stderr = np.sqrt(squares / freedom)
    return Regression(base + slopes, stderr)


def _pair_weights(signs: Floats) -> Floats:
    """Return kernel weight over sampled share for each row, scaled to a mean of one."""
    n = signs.shape[1]
    sizes = smaller_sizes(signs)
    numbers = Counter(sizes.tolist())
    log_weights: dict[int, float] = {}
    for size, number in numbers.items():
        # The C(n, s) of the kernel and of the share cancel.
        log_kernel = -log(size * (n - size))
        log_weights[size] = log_kernel - log(number)
    logs = np.array([log_weights[size] for size in sizes.tolist()])
    # Only ratios matter, so the largest is 1 and nothing overflows.
    relative = logs - logs.max()
    weights = np.exp(relative)
    # The middle size has half as many pairs.
    in_middle = 2 * sizes == n
    halves = np.where(in_middle, 0.5, 1.0)
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
    m = len(pairs) - 1
    n = data.n
    if m < 1:
        raise ValueError(
            "regression needs at least one complementary pair beside the ends"
        )
    fit = weighted_pairs(
        signs=pairs.signs[1:],
        values=pairs.values[1:],
        total=grand - empty,
    )
    # Drawn without replacement: what is known of a game has no sampling error left.
    sizes = range(1, n)
    inner_coalitions = sum(comb(n, size) for size in sizes)
    all_pairs = max(inner_coalitions / 2, 1.0)
    unknown_share = max(1.0 - m / all_pairs, 0.0)
    return Estimate(
        values=fit.values,
        stderr=fit.stderr * np.sqrt(unknown_share),
        evaluations=data.total,
        method="regression",
        reason="weighted least squares on balanced complementary pairs",
        empty=empty,
        grand=grand,
        noise_stderr=np.zeros(n),
    )
