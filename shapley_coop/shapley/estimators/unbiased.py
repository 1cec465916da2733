"""The unbiased mode: a cross-fitted process plus Horvitz-Thompson residuals."""

from math import comb
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.estimators.pairs.balanced_design import pairs_of_size
from shapley_coop.shapley.estimators.pairs.noise import NoisePrior
from shapley_coop.shapley.estimators.pairs.odd_values import known_pairs, smaller_sizes
from shapley_coop.shapley.estimators.surrogates.kernel_values import pair_coefficients
from shapley_coop.shapley.estimators.surrogates.process import fit_process
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate

PAIRS_MIN = 8
"""Pairs beside the ends that the unbiased mode needs."""


class _Total(NamedTuple):
    """An estimated total for each player, and its variance."""

    total: Floats
    variance: Floats


def fit_unbiased(
    data: Evaluations,
    rng: np.random.Generator,
    *,
    noisy: bool | None,
) -> Estimate:
    """Estimate without bias: each half of the pairs corrects a process of the other half.

    Within a size the pairs are a simple random sample, so each has the inclusion
    probability sampled / existing. The sum of coefficient times residual over that
    probability makes up for whatever the process got wrong (Horvitz & Thompson, 1952). The
    error bar comes from the spread of those residuals within sizes, not from the model.

    Raises:
        ValueError: an end has no value, or fewer than 8 pairs are known.
    """
    pairs = known_pairs(data)
    empty, grand = data.ends()
    n = data.n
    m = len(pairs) - 1
    if m < PAIRS_MIN:
        raise ValueError(
            f"the unbiased mode needs {PAIRS_MIN} pairs beside the ends; {m} known"
        )
    variance, freedom = data.noise()
    sigma2 = variance if freedom and noisy is not False else 0.0
    prior = NoisePrior(sigma2, freedom) if sigma2 > 0 else None
    # The ends belong to neither half: they are known, not sampled.
    inner_halves = _balanced_halves(pairs.signs[1:], rng)
    halves = np.append(-1, inner_halves)
    weights = pair_coefficients(pairs.signs > 0)
    values = np.zeros(n)
    sampling_variance = np.zeros(n)
    noise_variance = np.zeros(n)
    for half in (0, 1):
        train = halves != half
        test = halves == half
        process = fit_process(pairs.take(train), rng, prior)
        prediction = process.predict(pairs.signs)
        residual = pairs.values - prediction
        train_weights = weights[train]
        correction = residual[train] @ train_weights
        remainder = _horvitz_thompson(
            train=pairs.signs[train],
            test=pairs.signs[test],
            residual=residual[test],
        )
        # The two halves give two estimates, of which the mean is taken.
        estimate = process.smooth_values + correction + remainder.total
        values += estimate / 2
        sampling_variance += remainder.variance / 4
        shares = pairs.noise_shares[train]
        train_noise = shares @ np.square(train_weights)
        noise_variance += sigma2 * train_noise / 4
    missing = grand - empty - values.sum()
    values += missing / n
    return Estimate(
        values=values,
        stderr=np.sqrt(sampling_variance + noise_variance),
        evaluations=data.total,
        method="unbiased",
        reason="cross-fitted process with Horvitz-Thompson residuals",
        empty=empty,
        grand=grand,
        noise_stderr=np.sqrt(noise_variance),
        noise=float(np.sqrt(sigma2)),
    )


def _balanced_halves(signs: Floats, rng: np.random.Generator) -> Ints:
    """Split the rows of every size in two halves at random."""
    sizes = smaller_sizes(signs)
    half = np.empty(len(signs), dtype=np.intp)
    for size in np.unique(sizes).tolist():
        in_order = np.flatnonzero(sizes == size)
        rows = rng.permutation(in_order)
        # An odd row goes to either half, so neither gets all of them.
        first = rng.integers(2)
        alternate = np.arange(rows.size) + first
        half[rows] = alternate % 2
    return half


def _horvitz_thompson(
    train: Floats,
    test: Floats,
    residual: Floats,
) -> _Total:
    """Estimate the residual's Shapley value over all pairs not in `train`."""
    n = train.shape[1]
    train_sizes = smaller_sizes(train)
    test_sizes = smaller_sizes(test)
    coefficients = pair_coefficients(test > 0)
    terms = coefficients * residual[:, None]
    total = np.zeros(n)
    variance = np.zeros(n)
    mean_square = float(np.square(residual).mean())
    everyone = np.ones((1, n), dtype=bool)
    joining_last = pair_coefficients(everyone)[0, 0]
    for size in range(1, n // 2 + 1):
        in_train = train_sizes == size
        known_pairs_of_size = int(in_train.sum())
        all_pairs_of_size = float(pairs_of_size(n, size))
        population = all_pairs_of_size - known_pairs_of_size
        if population <= 0:
            continue
        rows = terms[test_sizes == size]
        sample = len(rows)
        if not sample:
            # Nothing was drawn of this size: count what it can hide.
            coalitions = max(comb(n - 1, size), 1)
            typical = joining_last / coalitions
            variance += population * mean_square * typical**2
            continue
        total += population * rows.mean(axis=0)
        spread = np.square(rows[0])
        if sample > 1:
            spread = rows.var(axis=0, ddof=1)
        unsampled = max(population - sample, 0)
        variance += population * unsampled * spread / sample
    return _Total(total, variance)
