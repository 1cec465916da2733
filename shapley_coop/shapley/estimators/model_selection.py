"""The estimate from complementary pairs: a process, or a simpler game that predicts better."""

from dataclasses import replace

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.estimators.pairs.constant_sum import is_constant_sum
from shapley_coop.shapley.estimators.pairs.noise import (
    CERTAIN,
    NoisePrior,
    noise_prior,
)
from shapley_coop.shapley.estimators.pairs.odd_values import (
    Pairs,
    almost_constant_sum,
    coalition_weights,
    distinct_values,
    known_pairs,
)
from shapley_coop.shapley.estimators.regression import weighted_pairs
from shapley_coop.shapley.estimators.surrogates.process import Process, fit_process
from shapley_coop.shapley.estimators.surrogates.sparse import (
    additive_values,
    sparse_values,
)
from shapley_coop.shapley.estimators.surrogates.symmetry import typed_value
from shapley_coop.shapley.estimators.surrogates.vote import weighted_vote
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate

PROCESS_ROWS_MAX = 2500
"""Pairs beyond which the process is a control variate for a regression on the rest."""
_FEW_VALUES = 2  # a vote that follows one player for long looks like a dictator's
_TINY = 1e-300


def fit_pairs(
    data: Evaluations,
    rng: np.random.Generator,
    *,
    noisy: bool | None,
    sigma: float | None,
) -> Estimate:
    """Estimate Shapley values from the pairs known so far of normalised data.

    `noisy` None means that nobody said whether draws are noisy. Residuals that differ
    everywhere, of a game of which few pairs are known, are then smoothed rather than
    believed. `sigma` is a known standard deviation of one draw.

    Raises:
        ValueError: the empty or the grand coalition has no value.
    """
    pairs = known_pairs(data)
    if len(pairs) == 1:
        return _equal_split(data)
    # Draws that are all alike show no noise, and no unit to guess it in.
    if not data.spread and (sigma is None or not noisy):
        zeros = np.zeros(data.n)
        reasons = ["every known coalition is worth the same"]
        return _estimate(data, zeros, zeros, "additive", reasons)
    if noisy:
        # Noise hides what is exact, so none of the simpler games can be recognised.
        prior = noise_prior(data, pairs, noisy, sigma)
        return _fit_noisy(data, pairs, rng, prior)
    magnitudes = distinct_values(np.abs(pairs.values), data)
    if magnitudes.size > _FEW_VALUES:
        sparse = _sum_of_terms(data, pairs)
        if sparse is not None:
            return sparse
    return _fit_deterministic(data, pairs, rng, noisy, sigma)


def _equal_split(data: Evaluations) -> Estimate:
    """Return the estimate where nothing but the ends is known."""
    empty, grand = data.ends()
    share = (grand - empty) / data.n
    equal = np.full(data.n, share)
    deviation = np.inf if data.n > 1 else 0.0
    spread = np.full(data.n, deviation)
    return _estimate(data, equal, spread, "equal split", ["no pair is known yet"])


def _sum_of_terms(data: Evaluations, pairs: Pairs) -> Estimate | None:
    """Return the values where the odd part is a sum of few terms in every pair, else None.

    They are exact if the pairs that nobody asked for are of these terms, too.
    """
    zeros = np.zeros(data.n)
    reasons = _constant_sum_reasons(data)
    slopes = additive_values(pairs, data.equal_within)
    if slopes is not None:
        reasons.append("the odd part is additive in every known pair")
        return _estimate(data, slopes, zeros, "additive", reasons)
    # Coalitions asked alone tell something of their complement only if the game is constant-sum
    # to the last one.
    if len(data) < 2 * len(pairs):
        return None
    values = sparse_values(pairs, data.equal_within)
    if values is None:
        return None
    reasons.append("few interactions explain every known pair")
    return _estimate(data, values, zeros, "sparse", reasons)


def _fit_noisy(
    data: Evaluations,
    pairs: Pairs,
    rng: np.random.Generator,
    prior: NoisePrior | None,
) -> Estimate:
    """Estimate by the process alone, with the game's noise in the error bars."""
    process, values, stderr = _fit_large(pairs, rng, prior)
    reasons = _constant_sum_reasons(data)
    estimate = _estimate(data, values, stderr, "process", reasons)
    if len(pairs) <= PROCESS_ROWS_MAX:
        weights = coalition_weights(data, pairs, process.reach)
        estimate = replace(estimate, weights=weights)
    return replace(
        estimate,
        noise_stderr=np.minimum(process.noise_stderr, stderr),
        noise=float(np.sqrt(process.noise)),
    )


def _fit_deterministic(
    data: Evaluations,
    pairs: Pairs,
    rng: np.random.Generator,
    noisy: bool | None,
    sigma: float | None,
) -> Estimate:
    """Estimate by types, a weighted vote or the process, whichever the values speak for."""
    reasons = _constant_sum_reasons(data)
    almost = almost_constant_sum(data)
    prior: NoisePrior | None
    if almost is not None:
        pairs, gap_variance = almost
        prior = NoisePrior(gap_variance, CERTAIN)
        reasons.append(
            "almost constant-sum: coalitions known alone count as less exact pairs"
        )
    else:
        prior = noise_prior(data, pairs, noisy, sigma)
    process, values, stderr = _fit_large(pairs, rng, prior)
    typed = typed_value(data, values, rng)
    if typed is not None:
        reasons.append(
            f"players come in types of {typed.counts}: in every known coalition v depends on "
            "counts alone"
        )
        efficient = _summing_to_total(data, typed.values)
        return _estimate(data, efficient, typed.stderr, "types", reasons)
    vote = weighted_vote(data, pairs, rng)
    if vote is not None and vote.error < process.left_out_error:
        reasons.append(
            "a weighted vote predicts held-out coalitions better than the process"
        )
        return _estimate(data, vote.values, vote.stderr, "weighted vote", reasons)
    if prior is not None and noisy is None and almost is None:
        reasons.append(
            "residuals treated as noise; say noise=0 if the game is deterministic"
        )
    efficient = _summing_to_total(data, values)
    return _estimate(data, efficient, stderr, "process", reasons)


def _constant_sum_reasons(data: Evaluations) -> list[str]:
    if not is_constant_sum(data):
        return []
    return ["constant-sum game, pairs need one side only"]


def _summing_to_total(data: Evaluations, values: Floats) -> Floats:
    """Return the values shifted alike so that they sum to v(N) - v(empty)."""
    empty, grand = data.ends()
    missing = (grand - empty) - values.sum()
    return np.asarray(values + missing / data.n)


def _fit_large(
    pairs: Pairs,
    rng: np.random.Generator,
    prior: NoisePrior | None,
) -> tuple[Process, Floats, Floats]:
    """Fit the process, on a sample where there are too many pairs to invert.

    Returned are the process, the values and their standard errors. A regression of what the
    process leaves unexplained on all other pairs corrects the values.
    """
    count = len(pairs)
    if count <= PROCESS_ROWS_MAX:
        process = fit_process(pairs, rng, prior)
        return process, process.values, process.stderr
    rows = rng.permutation(np.arange(1, count))
    # Both parts begin with the ends, row 0.
    inner_rows = PROCESS_ROWS_MAX - 1
    sample = np.append(0, rows[:inner_rows])
    others = np.append(0, rows[inner_rows:])
    process = fit_process(pairs.take(sample), rng, prior)
    rest = pairs.take(others)
    residual = rest.values - process.predict(rest.signs)
    # The ends are reproduced by the process, up to rounding.
    residual[0] = 0.0
    whole = 2 * pairs.values[0]
    total = whole - process.values.sum()
    regression = weighted_pairs(
        signs=rest.signs[1:],
        values=residual[1:],
        total=total,
    )
    # Two answers that are unbiased in the limit: the process alone, and with the correction
    # of the rest. They are weighted by their precision.
    own_variance = process.stderr**2
    rest_variance = regression.stderr**2
    own_total = own_variance.sum()
    share = own_total / (own_total + rest_variance.sum())
    values = process.values + share * regression.values
    both = own_variance + rest_variance + _TINY
    stderr = np.sqrt(own_variance * rest_variance / both)
    return process, values, stderr


def _estimate(
    data: Evaluations,
    values: Floats,
    stderr: Floats,
    method: str,
    reasons: list[str],
) -> Estimate:
    empty, grand = data.ends()
    return Estimate(
        values=values,
        stderr=stderr,
        evaluations=data.total,
        method=method,
        reason="; ".join(reasons),
        empty=empty,
        grand=grand,
        noise_stderr=np.zeros(data.n),
    )
