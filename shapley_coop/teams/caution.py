"""Caution about noise that coalitions need not share, where scores are two: pass or fail.

The engine pools the noise of all coalitions. A team that always fails without somebody shows no
noise in most coalitions, and may pass by chance as a whole. Pooled noise would call two equal
runs of the whole team certain. Where scores take two values, the noise of the coalitions of one
size follows from how often they passed, with two passes and two failures added (Agresti and Coull,
1998), so that nothing that was seen twice or thrice is certain. Coalitions of one size that
differ have less noise together than that, since p (1 - p) is concave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import comb, sqrt

import numpy as np

from shapley_coop.shapley import Estimate
from shapley_coop.shapley.evaluation.journal import JournalEntry
from shapley_coop.shapley.evaluation.stopping import Progress, StoppingRule

ADDED = 4
"""Runs that are added to those of each size, half of them passes."""


def cautious(estimate: Estimate, draws: Sequence[JournalEntry]) -> Estimate:
    """Return an estimate whose errors hold also where coalitions differ in their noise.

    Of scores that take more than two values it is the estimate itself.

    Args:
        estimate: made from the draws.
        draws: every run of a noisy team.
    """
    scores = {draw.value for draw in draws}
    if not scores or len(scores) > 2:
        return estimate
    # One value alone tells no distance. Scores are mostly 0 and 1, or nothing and something.
    distance = max(scores) - min(scores) or max(map(abs, scores)) or 1.0
    sizes = Counter(draw.mask.bit_count() for draw in draws)
    passes = Counter(
        draw.mask.bit_count() for draw in draws if draw.value == max(scores)
    )
    variances = {}
    for size, count in sizes.items():
        chance = (passes[size] + ADDED / 2) / (count + ADDED)
        variances[size] = distance**2 * chance * (1 - chance)
    n = len(estimate.values)
    errors = _errors(n, Counter(draw.mask for draw in draws), variances)
    noise_stderr = np.maximum(estimate.noise_stderr, errors)
    # What is said of the whole team rests on its own runs.
    own = sqrt(variances[n])
    return replace(
        estimate,
        noise=max(estimate.noise, own),
        noise_stderr=noise_stderr,
        stderr=np.hypot(estimate.sampling_stderr, noise_stderr),
    )


def cautious_rule(
    rule: StoppingRule | None, draws: Sequence[JournalEntry]
) -> StoppingRule | None:
    """Return a rule that looks at cautious estimates only. `draws` may grow meanwhile."""
    if rule is None or not rule.needs_estimate:
        return rule

    def is_met(progress: Progress) -> bool:
        if progress.estimate is None:
            return rule.is_met(progress)
        estimate = cautious(progress.estimate, draws)
        return rule.is_met(replace(progress, estimate=estimate))

    return StoppingRule(is_met, rule.text, needs_estimate=True)


def _errors(
    n: int, counts: Mapping[int, int], variances: Mapping[int, float]
) -> np.ndarray:
    """Return the standard error that noise brings to each value, of length n.

    A coalition's mean enters a value with its Shapley weight. For coalitions that were not run
    others of their size stand in, so each of these has more weight.

    Args:
        n: the number of members.
        counts: the runs of each coalition.
        variances: of one run of a coalition, by its size.
    """
    run_of_size = Counter(mask.bit_count() for mask in counts)
    variance = np.zeros(n)
    for mask, count in counts.items():
        size = mask.bit_count()
        share = comb(n, size) / run_of_size[size]
        for player in range(n):
            others = size - 1 if mask >> player & 1 else size
            weight = share / (n * comb(n - 1, others))
            variance[player] += weight**2 * variances[size] / count
    return np.sqrt(variance)
