"""The unbiased mode: a cross-fitted process plus Horvitz-Thompson residuals."""

from math import comb

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.estimators.pairs.noise import NoisePrior
from shapley_coop.shapley.estimators.pairs.odd_values import known_pairs
from shapley_coop.shapley.estimators.surrogates.kernel_values import pair_coefficients
from shapley_coop.shapley.estimators.surrogates.process import fit_process
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate

PAIRS_MIN = 8
"""Pairs beside the ends that the unbiased mode needs."""


def fit_unbiased(
    data: Evaluations, rng: np.random.Generator, *, noisy: bool | None
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
    m = len(pairs.values) - 1
    if m < PAIRS_MIN:
        raise ValueError(
            f"the unbiased mode needs {PAIRS_MIN} pairs beside the ends; {m} known"
        )
    variance, freedom = data.noise()
    sigma2 = variance if freedom and noisy is not False else 0.0
    prior = NoisePrior(sigma2, freedom) if sigma2 > 0 else None
    # The ends belong to neither half: they are known, not sampled.
    halves = np.append(-1, _balanced_halves(pairs.signs[1:], rng))
    values = np.zeros(n)
    sampling_variance = np.zeros(n)
    noise_variance = np.zeros(n)
    for half in (0, 1):
        train = halves != half
        test = halves == half
        process = fit_process(pairs.take(train), rng, prior)
        residual = pairs.values - process.predict(pairs.signs)
        weights = pair_coefficients(pairs.signs > 0)
        correction = residual[train] @ weights[train]
        total, error = _horvitz_thompson(
            pairs.signs[train], pairs.signs[test], residual[test]
        )
        values += (process.smooth_values + correction + total) / 2
        sampling_variance += error / 4
        trained_noise = pairs.noise_shares[train] @ np.square(weights[train])
        noise_variance += sigma2 * trained_noise / 4
    values += (grand - empty - values.sum()) / n
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


def _smaller_sizes(signs: Floats) -> Ints:
    """Return the players on the smaller side of each row's pair."""
    n = signs.shape[1]
    sizes = ((signs.sum(axis=1) + n) / 2).round().astype(np.intp)
    return np.asarray(np.minimum(sizes, n - sizes))


def _balanced_halves(signs: Floats, rng: np.random.Generator) -> Ints:
    """Split the rows of every size in two halves at random."""
    sizes = _smaller_sizes(signs)
    half = np.empty(len(signs), dtype=np.intp)
    for size in np.unique(sizes).tolist():
        rows = rng.permutation(np.flatnonzero(sizes == size))
        # An odd row goes to either half, so neither gets all of them.
        alternate = np.arange(rows.size) + rng.integers(2)
        half[rows] = alternate % 2
    return half


def _horvitz_thompson(
    train: Floats, test: Floats, residual: Floats
) -> tuple[Floats, Floats]:
    """Estimate the residual's Shapley value over all pairs not in `train`.

    Returned are the total and its variance, one for each player.
    """
    n = train.shape[1]
    train_sizes = _smaller_sizes(train)
    test_sizes = _smaller_sizes(test)
    terms = pair_coefficients(test > 0) * residual[:, None]
    total = np.zeros(n)
    variance = np.zeros(n)
    mean_square = float(np.square(residual).mean())
    everyone = np.ones((1, n), dtype=bool)
    joining_last = pair_coefficients(everyone)[0, 0]
    for size in range(1, n // 2 + 1):
        pairs_of_size = comb(n, size) / (2 if 2 * size == n else 1)
        population = pairs_of_size - int((train_sizes == size).sum())
        if population <= 0:
            continue
        rows = terms[test_sizes == size]
        sample = len(rows)
        if not sample:
            # Nothing was drawn of this size: count what it can hide.
            typical = joining_last / max(comb(n - 1, size), 1)
            variance += population * mean_square * typical**2
            continue
        total += population * rows.mean(axis=0)
        second = rows.var(axis=0, ddof=1) if sample > 1 else np.square(rows[0])
        unsampled = max(population - sample, 0)
        variance += population * unsampled * second / sample
    return total, variance
