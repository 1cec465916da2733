"""How well values are known by the runs they rest on, whatever chance does to coalitions.

The engine takes the noise of all coalitions for one. A team may have noise only as a whole, or the
more of it the better it does, and runs of one number may share their luck. So errors are taken
from the runs of each coalition alone, which are two at least.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import comb, inf, sqrt
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley import Estimate
from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import full
from shapley_coop.shapley.evaluation.common_draws import errors_of_sums
from shapley_coop.shapley.evaluation.journal import JournalEntry
from shapley_coop.shapley.evaluation.stopping import Progress, StoppingRule
from shapley_coop.shapley.result import CoalitionWeights

ADDED = 4
"""Runs that are added to those of each size where scores are two, half of them passes."""


class RunNoise(NamedTuple):
    """What chance does to one run of a coalition."""

    variance: float
    freedom: float
    """Degrees of freedom of the variance."""


class SumNoise(NamedTuple):
    """What chance does to the values of n members."""

    covariance: Floats
    """n x n."""
    freedom: Floats
    """Degrees of freedom of each variance."""


def with_errors_of_runs(
    estimate: Estimate, entries: Sequence[JournalEntry], *, shares_luck: bool
) -> Estimate:
    """Return an estimate whose errors hold also where coalitions differ in their noise.

    Args:
        estimate: made from the first of the entries, as many as it says.
        entries: runs of a noisy team, in the order in which they came in.
        shares_luck: whether runs of one number may share their luck.
    """
    runs = entries[: estimate.evaluations]
    noises = run_noises(runs)
    counts = Counter(run.mask for run in runs)
    n = len(estimate.values)
    weights = estimate.weights or stand_in_weights(n, tuple(counts))
    noise = _independent(weights, noises, counts)
    if shares_luck:
        noise = _shared(weights, runs, noise)
    own = np.diag(noise.covariance)
    whole = noises[full(n)].variance
    if not np.isfinite(estimate.stderr + own).all():
        # A variance of this size would only bring forth what is no number.
        nothing = np.full(n, inf)
        return replace(estimate, stderr=nothing, noise_stderr=nothing, covariance=None)
    covariance = np.diag(estimate.sampling_stderr**2) + noise.covariance
    variance = np.diag(covariance)
    share = np.zeros(n)
    np.divide(own, variance, out=share, where=own > 1e-12 * variance)
    freedom = np.full(n, inf)
    # What more coalitions would remove is taken for known (Satterthwaite, 1946).
    np.divide(noise.freedom, share**2, out=freedom, where=share > 0)
    return replace(
        estimate,
        noise=max(estimate.noise, sqrt(whole)),
        noise_stderr=np.sqrt(own),
        stderr=np.sqrt(variance),
        covariance=covariance,
        freedom=freedom,
    )


def careful_rule(
    rule: StoppingRule | None, entries: Sequence[JournalEntry], *, shares_luck: bool
) -> StoppingRule | None:
    """Return a rule that looks at errors of runs only. `entries` may grow meanwhile."""
    if rule is None or not rule.needs_estimate:
        return rule

    def is_met(progress: Progress) -> bool:
        if progress.estimate is None:
            return rule.is_met(progress)
        estimate = with_errors_of_runs(
            progress.estimate, entries, shares_luck=shares_luck
        )
        return rule.is_met(replace(progress, estimate=estimate))

    return StoppingRule(is_met, rule.text, needs_estimate=True)


def run_noises(runs: Sequence[JournalEntry]) -> dict[int, RunNoise]:
    """Return what chance does to one run of each coalition, by its mask.

    It is the variance of its own runs. Runs that are all equal are not certain, though, and where
    scores take two values, as pass and fail, few runs are often equal. There the noise of the
    coalitions of one size follows from how often they had the greater score, or in the case of
    equal runs another one, with two of either added (Agresti and Coull, 1998). Coalitions of one
    size that differ have less noise together than that, since p (1 - p) is concave.
    """
    values: dict[int, list[float]] = defaultdict(list)
    for run in runs:
        values[run.mask].append(run.value)
    scores = sorted({run.value for run in runs})
    # One value alone tells no distance. Scores are mostly 0 and 1, or nothing and something.
    distance = scores[-1] - scores[0] or abs(scores[0]) or 1.0
    are_two = len(scores) <= 2
    counted = [mask for mask, own in values.items() if are_two or min(own) == max(own)]
    totals: Counter[int] = Counter()
    others: Counter[int] = Counter()
    for mask in counted:
        totals[mask.bit_count()] += len(values[mask])
        if are_two:
            others[mask.bit_count()] += values[mask].count(scores[-1])
    noises = {}
    for mask in counted:
        size = mask.bit_count()
        chance = (others[size] + ADDED / 2) / (totals[size] + ADDED)
        noises[mask] = RunNoise(distance**2 * chance * (1 - chance), inf)
    for mask in values.keys() - noises.keys():
        variance = float(np.var(values[mask], ddof=1))
        noises[mask] = RunNoise(variance, len(values[mask]) - 1)
    return noises


def stand_in_weights(n: int, masks: Sequence[int]) -> CoalitionWeights:
    """Return about how much each coalition counts in each value where an estimate does not tell.

    A coalition's mean enters a value with its Shapley weight. For coalitions that were not run
    others of their size stand in, so each of these has more weight.
    """
    run_of_size = Counter(mask.bit_count() for mask in masks)
    matrix = np.zeros((n, len(masks)))
    for place, mask in enumerate(masks):
        size = mask.bit_count()
        share = comb(n, size) / run_of_size[size]
        for player in range(n):
            inside = mask >> player & 1
            others = size - 1 if inside else size
            weight = share / (n * comb(n - 1, others))
            matrix[player, place] = weight if inside else -weight
    return CoalitionWeights(tuple(masks), matrix)


def _noise_of(
    weights: CoalitionWeights, counts: Mapping[int, int], variances: Mapping[int, float]
) -> Floats:
    """Return the covariance that noise brings to the values where no run shares its luck."""
    of_means = np.array([variances[mask] / counts[mask] for mask in weights.masks])
    if not np.isfinite(of_means).all():
        return np.diag(np.full(len(weights.matrix), inf))
    covariance: Floats = (weights.matrix * of_means) @ weights.matrix.T
    return covariance


def _independent(
    weights: CoalitionWeights,
    noises: Mapping[int, RunNoise],
    counts: Mapping[int, int],
) -> SumNoise:
    """Return what chance does to the values where no run shares its luck."""
    variances = {mask: noise.variance for mask, noise in noises.items()}
    covariance = _noise_of(weights, counts, variances)
    variance = np.diag(covariance)
    if not np.isfinite(variance).all():
        return SumNoise(covariance, np.full(len(variance), 1.0))
    of_means = np.array([variances[mask] / counts[mask] for mask in weights.masks])
    freedoms = np.array([noises[mask].freedom for mask in weights.masks])
    parts = weights.matrix**2 * of_means
    # Satterthwaite's (1946) freedom with unbiased squares of variances, of which few runs tell
    # little: the square of one with f degrees of freedom is f + 2 over f times as large as it is.
    squares = (parts**2 / (freedoms + 2)).sum(axis=1)
    freedom = np.full(len(variance), inf)
    np.divide(variance**2, squares, out=freedom, where=squares > 0)
    return SumNoise(covariance, np.maximum(freedom - 2, 1.0))


def _shared(
    weights: CoalitionWeights,
    runs: Sequence[JournalEntry],
    alone: SumNoise,
) -> SumNoise:
    """Return what chance does to the values where runs of one number may share their luck.

    Args:
        weights: of the coalitions' means in the values.
        runs: all runs.
        alone: what chance would do if no luck were shared.
    """
    values: dict[int, dict[int, float]] = defaultdict(dict)
    for run in runs:
        values[run.mask][run.draw] = run.value
    most = max(map(len, values.values()))
    draws = np.full((len(weights.masks), most), np.nan)
    for row, mask in enumerate(weights.masks):
        for number in range(len(values[mask])):
            # Behind a gap, left by a run that is not over, nothing can be compared.
            if number not in values[mask]:
                break
            draws[row, number] = values[mask][number]
    known = (~np.isnan(draws)).sum(axis=1)
    if known.min() < 2:
        # Luck cannot be told from merit where it was shared by all runs there are.
        return SumNoise(np.diag(np.full(len(weights.matrix), inf)), alone.freedom)
    counts = np.array([len(values[mask]) for mask in weights.masks])
    errors = errors_of_sums(weights.matrix, draws, counts)
    if len({run.value for run in runs}) > 2:
        return SumNoise(errors.covariance, errors.freedom)
    # A few equal runs of what passes or fails are not certain, shared luck or not.
    least, found = np.diag(alone.covariance), np.diag(errors.covariance)
    missing = np.diag(np.maximum(least - found, 0.0))
    return SumNoise(errors.covariance + missing, errors.freedom)
