"""Bradley-Terry ratings: they depend on who beat whom how often, and not on the order of play."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shapley_coop.runs.intervals import LEVEL, Interval

SCALE = 400 / math.log(10)
"""Points for each unit of log strength, so that 400 more are ten times the odds, as in Elo's."""
_RESAMPLES = 1000
_STEPS = 2000
_CLOSE = 1e-9


class Rating(NamedTuple):
    """How strong an entrant is. The mean of all entrants is 0."""

    points: float
    interval: Interval | None
    """With 95 percent confidence, by resampling meetings. None where chance had no say."""
    meetings: int
    """Meetings with others that it rests on."""


def strengths(wins_KK: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log strengths by minorization and maximization (Hunter, 2004, section 2).

    The chance that i beats j is p_i / (p_i + p_j). The logarithms of p sum to 0. Every pair is
    taken to have drawn once more, so that who always wins has a finite strength too.

    Args:
        wins_KK: how often the entrant of a row came out ahead of that of a column. A draw is half
            a win of both. Leading axes are sets of meetings of their own.
    """
    halves_KK = 0.5 * (1 - np.eye(wins_KK.shape[-1]))
    wins_KK = wins_KK + halves_KK
    won_K = wins_KK.sum(axis=-1)
    games_KK = wins_KK + np.swapaxes(wins_KK, -1, -2)
    p_K = np.ones_like(won_K)
    for _ in range(_STEPS):
        # Each pass raises the likelihood, so the passes end at its only peak.
        pairs_KK = p_K[..., :, None] + p_K[..., None, :]
        after_K = won_K / (games_KK / pairs_KK).sum(axis=-1)
        # Only ratios count, so a common factor is taken out before it grows.
        after_K /= np.exp(np.log(after_K).mean(axis=-1, keepdims=True))
        step = np.abs(np.log(after_K) - np.log(p_K)).max()
        p_K = after_K
        if step < _CLOSE:
            break
    logs_K: NDArray[np.float64] = np.log(p_K)
    return logs_K


def rate(
    entrants: int,
    meetings: Sequence[tuple[int, int, float]],
    rng: np.random.Generator,
    *,
    sample: bool = True,
) -> list[Rating]:
    """Return the rating of every entrant.

    Args:
        entrants: how many there are.
        meetings: who met whom by number, and the score of the former: 1, 0 or a half.
        rng: draws the resamples.
        sample: whether chance had a say. If not, ratings have no intervals.
    """
    if not meetings:
        return [Rating(0.0, None, 0) for _ in range(entrants)]
    wins_KK = _wins(entrants, meetings)
    points_K = SCALE * strengths(wins_KK)
    counts_K = (wins_KK + wins_KK.T).sum(axis=1)
    intervals: list[Interval | None] = [None] * entrants
    if sample and len(meetings) > 1:
        intervals = _intervals(entrants, meetings, rng)
    ratings = []
    for place in range(entrants):
        count = round(float(counts_K[place]))
        ratings.append(Rating(float(points_K[place]), intervals[place], count))
    return ratings


def _wins(
    entrants: int, meetings: Sequence[tuple[int, int, float]]
) -> NDArray[np.float64]:
    wins_KK = np.zeros((entrants, entrants))
    for first, second, score in meetings:
        wins_KK[first, second] += score
        wins_KK[second, first] += 1 - score
    return wins_KK


def _intervals(
    entrants: int,
    meetings: Sequence[tuple[int, int, float]],
    rng: np.random.Generator,
) -> list[Interval | None]:
    """Return percentile intervals over resamples of the meetings of each pair."""
    # Each pair keeps its number of meetings, as the tournament set it.
    by_pair: dict[tuple[int, int], list[float]] = {}
    for first, second, score in meetings:
        by_pair.setdefault((first, second), []).append(score)
    # All resamples are fitted at once, which takes no longer than a few would.
    wins_RKK = np.zeros((_RESAMPLES, entrants, entrants))
    for (first, second), scores in by_pair.items():
        draws_RN = rng.choice(scores, size=(_RESAMPLES, len(scores)))
        wins_RKK[:, first, second] += draws_RN.sum(axis=1)
        wins_RKK[:, second, first] += (1 - draws_RN).sum(axis=1)
    points_RK = SCALE * strengths(wins_RKK)
    tail = 100 * (1 - LEVEL) / 2
    low_K, high_K = np.percentile(points_RK, (tail, 100 - tail), axis=0)
    return [
        Interval(float(low), float(high))
        for low, high in zip(low_K, high_K, strict=True)
    ]
