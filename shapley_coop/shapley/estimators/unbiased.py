"""The unbiased mode: a cross-fitted process plus Horvitz-Thompson residuals on the same design."""

from math import comb

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.estimators.paired import known_pairs
from shapley_coop.shapley.estimators.surrogates.kernels import pair_coefficients
from shapley_coop.shapley.estimators.surrogates.process import NoisePrior, fit
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate

PAIRS_MIN = 8


def fit_unbiased(
    data: Evaluations, rng: np.random.Generator, *, noisy: bool | None
) -> Estimate:
    """Estimate without bias: each half of the pairs corrects the process fitted on the other.

    Within a size the pairs are a simple random sample, so each has the inclusion probability
    drawn / existing; the sum of coefficient times residual over that probability makes up for
    whatever the process got wrong (Horvitz & Thompson, 1952). The error bar comes from the
    spread of those residuals within sizes, not from the model.

    Raises:
        ValueError: an end has no value, or fewer than 8 pairs are known.
    """
    pairs = known_pairs(data)
    empty, grand = data.ends()
    n, m = data.n, len(pairs.values) - 1
    if m < PAIRS_MIN:
        raise ValueError(
            f"the unbiased mode needs {PAIRS_MIN} pairs beside the ends; {m} known"
        )
    variance, freedom = data.noise()
    sigma2 = variance if freedom and noisy is not False else 0.0
    prior = NoisePrior(sigma2, freedom) if sigma2 > 0 else None
    halves = np.append(-1, _balanced_halves(pairs.signs[1:], rng))
    values, spread, noise = np.zeros(n), np.zeros(n), np.zeros(n)
    for half in (0, 1):
        train, test = halves != half, halves == half
        process = fit(pairs.take(train), rng, prior)
        residual = pairs.values - process.predict(pairs.signs)
        weights = pair_coefficients(pairs.signs > 0)
        known = residual[train] @ weights[train]
        drawn, error = _horvitz_thompson(
            pairs.signs[train], pairs.signs[test], residual[test]
        )
        values += (process.smooth_values + known + drawn) / 2
        spread += error / 4
        noise += sigma2 * (pairs.noise_shares[train] @ np.square(weights[train])) / 4
    values += (grand - empty - values.sum()) / n
    return Estimate(
        values=values,
        stderr=np.sqrt(spread + noise),
        evaluations=data.total,
        method="unbiased",
        reason="cross-fitted process with Horvitz-Thompson residuals",
        empty=empty,
        grand=grand,
        noise_stderr=np.sqrt(noise),
        noise=float(np.sqrt(sigma2)),
    )


def _smaller_size(signs: Floats) -> Ints:
    n = signs.shape[1]
    size = ((signs.sum(axis=1) + n) / 2).round().astype(np.intp)
    return np.asarray(np.minimum(size, n - size))


def _balanced_halves(signs: Floats, rng: np.random.Generator) -> Ints:
    """Split the rows of every size in two halves at random."""
    sizes = _smaller_size(signs)
    half = np.empty(len(signs), dtype=np.intp)
    for size in np.unique(sizes).tolist():
        rows = rng.permutation(np.flatnonzero(sizes == size))
        half[rows] = (np.arange(rows.size) + rng.integers(2)) % 2
    return half


def _horvitz_thompson(
    train: Floats, test: Floats, residual: Floats
) -> tuple[Floats, Floats]:
    """Estimate the residual's Shapley value over all pairs not in `train`; and its variance."""
    n = train.shape[1]
    trained, tested = _smaller_size(train), _smaller_size(test)
    terms = pair_coefficients(test > 0) * residual[:, None]
    total, variance = np.zeros(n), np.zeros(n)
    overall = float(np.square(residual).mean())
    for size in range(1, n // 2 + 1):
        exists = comb(n, size) / (2 if 2 * size == n else 1) - int(
            (trained == size).sum()
        )
        rows = terms[tested == size]
        k = len(rows)
        if exists <= 0:
            continue
        if not k:  # nothing drawn: count what such a size can hide
            typical = pair_coefficients(train[:1] * 0 + 1 > 0)[0, 0] / max(
                comb(n - 1, size), 1
            )
            variance += exists * overall * typical**2
            continue
        total += exists * rows.mean(axis=0)
        second = rows.var(axis=0, ddof=1) if k > 1 else np.square(rows[0])
        variance += exists * max(exists - k, 0) * second / k
    return total, variance
