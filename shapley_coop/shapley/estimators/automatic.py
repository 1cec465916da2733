"""The default for expensive games: a process on pairs, or a simpler game that predicts better."""

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import full
from shapley_coop.shapley.estimators.design import fresh_pairs, pair_count, pair_design
from shapley_coop.shapley.estimators.paired import (
    almost_constant_sum,
    constant_sum,
    known_pairs,
)
from shapley_coop.shapley.estimators.regression import weighted_pairs
from shapley_coop.shapley.estimators.surrogates.process import (
    NoisePrior,
    Pairs,
    Process,
    fit,
    learn,
)
from shapley_coop.shapley.estimators.surrogates.simple import additive, weighted_vote
from shapley_coop.shapley.estimators.surrogates.sparse import sparse_values
from shapley_coop.shapley.estimators.surrogates.symmetry import typed_value
from shapley_coop.shapley.estimators.targeted import next_pairs
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate

PROCESS_ROWS_MAX = (
    2500  # beyond, the process is a control variate for a regression on the rest
)
TARGETED_MAX = 1200  # pairs; beyond, choosing costs more than it gains
_START_NOISY = (
    2  # balanced pairs a player before the first choice; 1 where there is no noise
)
_LEARN_FROM = 4  # pairs
_FEW_VALUES = 2  # a vote that follows one player for long looks like a dictator's
_CERTAIN = 1000  # degrees of freedom of a variance that is known
_COVERED = 0.25  # of all pairs: from here on, rough residuals are taken for the game, not noise


def fit_pairs(
    data: Evaluations,
    rng: np.random.Generator,
    *,
    noisy: bool | None,
    sigma: float | None,
) -> Estimate:
    """Estimate Shapley values from the pairs known so far.

    `noisy` None means not told: then residuals that differ everywhere, of a game of which few
    pairs are known, are smoothed rather than believed. `sigma` is a known noise deviation.

    Raises:
        ValueError: the empty or the grand coalition has no value.
    """
    pairs = known_pairs(data)
    empty, grand = data.ends()
    reasons = (
        ["constant-sum game, pairs need one side only"] if constant_sum(data) else []
    )
    if len(pairs.values) == 1:
        equal = np.full(data.n, (grand - empty) / data.n)
        spread = np.full(data.n, np.inf if data.n > 1 else 0.0)
        return _estimate(data, equal, spread, "equal split", ["no pair is known yet"])
    if (
        noisy is not True
        and np.unique(np.round(np.abs(pairs.values), 12)).size > _FEW_VALUES
    ):
        simple = _simple(data, pairs, reasons)
        if simple is not None:
            return simple
    almost = almost_constant_sum(data) if noisy is not True else None
    prior: NoisePrior | None
    if almost is not None:
        pairs, prior = almost[0], NoisePrior(almost[1], _CERTAIN)
        reasons.append(
            "almost constant-sum: coalitions known alone count as less exact pairs"
        )
    else:
        prior = _noise_prior(data, pairs, noisy, sigma)
    process, values, stderr = _process(pairs, rng, prior)
    typed = typed_value(data, values, rng) if noisy is not True else None
    if typed is not None:
        reasons.append(
            f"players come in types of {typed.counts}: v depends on counts alone"
        )
        exact_sum = typed.values + ((grand - empty) - typed.values.sum()) / data.n
        return _estimate(data, exact_sum, typed.stderr, "types", reasons)
    vote = weighted_vote(data, pairs, rng) if noisy is not True else None
    if vote is not None and vote.error < process.left_out_error:
        reasons.append(
            "a weighted vote predicts held-out coalitions better than the process"
        )
        return _estimate(data, vote.values, vote.stderr, "weighted vote", reasons)
    if prior is not None and noisy is None and almost is None:
        reasons.append(
            "residuals treated as noise; say noise=0 if the game is deterministic"
        )
    if noisy is not True:
        values = values + ((grand - empty) - values.sum()) / data.n
    found = _estimate(data, values, stderr, "process", reasons)
    if noisy is not True:
        return found
    return _with_noise(found, process)


def _simple(data: Evaluations, pairs: Pairs, reasons: list[str]) -> Estimate | None:
    """Return exact values where the odd part is a sum of few terms, else None."""
    slopes = additive(pairs)
    if slopes is not None:
        reasons = [*reasons, "the odd part is additive, so the values are exact"]
        return _estimate(data, slopes, np.zeros(data.n), "additive", reasons)
    # Coalitions asked alone are exact only if the game is constant-sum to the last one.
    few = sparse_values(pairs) if len(data) >= 2 * len(pairs.values) else None
    if few is None:
        return None
    reasons = [*reasons, "few interactions explain every pair, so the values are exact"]
    return _estimate(data, few, np.zeros(data.n), "sparse", reasons)


def choose_pairs(
    data: Evaluations,
    asked: list[int],
    left: int,
    rng: np.random.Generator,
    *,
    noisy: bool | None,
    sigma: float | None,
) -> list[int]:
    """Return the next pairs: a balanced start, then as many again for the variance they remove.

    Balanced pairs go on where the process is not what will be fitted (an end without a value, a
    game of two values that a weighted vote may explain) or too many pairs are asked to gain.
    """
    n, everyone = data.n, full(data.n)
    if not asked:
        return pair_design(n, min(left, n * (_START_NOISY if noisy else 1)), rng)
    if len(asked) > TARGETED_MAX or not {0, everyone} <= set(data):
        return fresh_pairs(n, asked, left, rng)
    pairs = known_pairs(data)
    if (
        len(pairs.values) < _LEARN_FROM
        or np.unique([data[mask] for mask in data]).size <= 2
    ):
        return fresh_pairs(n, asked, min(left, n), rng)
    count = min(left, len(asked))
    taken = set(asked) | {everyone ^ mask for mask in asked}
    # A resumed run knows pairs that this one has not asked for.
    known = [
        m
        for m in data
        if 0 < m < everyone ^ m and everyone ^ m in data and m not in taken
    ]
    try:
        kernel, noise = learn(pairs, rng, _noise_prior(data, pairs, noisy, sigma))
        chosen = next_pairs(kernel, noise / 2, asked + known, count, n, rng)
    except np.linalg.LinAlgError:  # pairs so alike that rounding decides
        chosen = []
    return chosen or fresh_pairs(n, asked, count, rng)


def _process(
    pairs: Pairs, rng: np.random.Generator, prior: NoisePrior | None
) -> tuple[Process, Floats, Floats]:
    count = len(pairs.values)
    if count <= PROCESS_ROWS_MAX:
        process = fit(pairs, rng, prior)
        return process, process.values, process.stderr
    rows = rng.permutation(np.arange(1, count))
    some, rest = (
        np.append(0, rows[: PROCESS_ROWS_MAX - 1]),
        rows[PROCESS_ROWS_MAX - 1 :],
    )
    process = fit(pairs.take(some), rng, prior)
    left = pairs.take(np.append(0, rest))
    residual = left.values - process.predict(left.signs)
    residual[0] = 0.0
    total = 2 * pairs.values[0] - process.values.sum()
    correction, spread = weighted_pairs(left.signs[1:], residual[1:], total)
    # Two unbiased-in-the-limit answers: the process alone and with the rest's correction.
    own, both = process.stderr**2, spread**2
    share = own.sum() / (own.sum() + both.sum())
    return (
        process,
        process.values + share * correction,
        np.sqrt(own * both / (own + both + 1e-300)),
    )


def _noise_prior(
    data: Evaluations, pairs: Pairs, noisy: bool | None, sigma: float | None
) -> NoisePrior | None:
    if noisy is False:
        return None
    if sigma is not None:
        return NoisePrior(sigma**2, _CERTAIN)
    if noisy:
        variance, freedom = data.noise()
        guess = (
            variance
            if freedom and variance > 0
            else 0.1 * float(np.mean(pairs.values**2))
        )
        return NoisePrior(guess, freedom if variance > 0 else 0)
    scarce = len(pairs.values) < _COVERED * pair_count(data.n)
    distinct = np.unique(np.round(pairs.values, 12)).size
    if not scarce or distinct < 0.9 * len(pairs.values):
        return None
    pairs.noise_shares[0] = 1e-6  # v(N) - v(empty) is shared out as it was measured
    return NoisePrior(0.1 * float(np.mean(pairs.values**2)), 0)


def _with_noise(found: Estimate, process: Process) -> Estimate:
    return Estimate(
        values=found.values,
        stderr=found.stderr,
        evaluations=found.evaluations,
        method=found.method,
        reason=found.reason,
        empty=found.empty,
        grand=found.grand,
        noise_stderr=np.minimum(process.noise_stderr, found.stderr),
        noise=float(np.sqrt(process.noise)),
    )


def _estimate(
    data: Evaluations, values: Floats, stderr: Floats, method: str, reasons: list[str]
) -> Estimate:
    empty, grand = data[0], data[full(data.n)]
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
