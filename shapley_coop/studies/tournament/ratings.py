"""Bradley-Terry ratings: they depend on who beat whom how often, and not on the order of play."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shapley_coop.runs.intervals import Interval, MeanError

SCALE = 400 / math.log(10)
"""Points for each unit of log strength, so that 400 more are ten times the odds, as in Elo's."""
_STEPS = 10_000
_CLOSE = 1e-6
"""Up to what difference two strengths are equal: they are fitted to less than that."""


class Rating(NamedTuple):
    """How strong an entrant is. The mean of all entrants is 0."""

    points: float
    interval: Interval | None
    """With 95 percent confidence, over seeds. None where all of them came out alike."""
    meetings: int
    """Meetings with others that it rests on. Those that could not differ are one."""


class MeetingScore(NamedTuple):
    """How two entrants came out against each other. They are told by number."""

    first: int
    second: int
    won: float
    """1 if the first came out ahead, 0 if the second did, and a half if neither."""
    seed: int
    """Of the episode."""
    weight: float = 1.0
    """How many meetings it counts as. Equal plays that could not differ are one together."""


def strengths(
    wins_KK: NDArray[np.float64], start_K: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the most likely log strengths, whose mean is 0.

    The chance that i beats j is p_i / (p_i + p_j). Every pair is taken to have drawn once more, so
    that who always wins has a finite strength too.

    Args:
        wins_KK: how often the entrant of a row came out ahead of that of a column. A draw is half
            a win of both.
        start_K: strengths that are near, from which fewer steps are needed.
    """
    # Imported late, since it takes longer to load than most of what stands here to run.
    import choix

    halves_KK = 0.5 * (1 - np.eye(len(wins_KK)))
    logs_K = choix.ilsr_pairwise_dense(
        wins_KK + halves_KK, initial_params=start_K, max_iter=_STEPS
    )
    return np.asarray(logs_K - logs_K.mean())


def rate(entrants: int, scores: Sequence[MeetingScore]) -> list[Rating]:
    """Return the rating of every entrant.

    Args:
        entrants: how many there are.
        scores: how each meeting came out.
    """
    if not scores:
        return [Rating(0.0, None, 0) for _ in range(entrants)]
    seeds = sorted({score.seed for score in scores})
    wins_SKK = np.zeros((len(seeds), entrants, entrants))
    for score in scores:
        wins_KK = wins_SKK[seeds.index(score.seed)]
        wins_KK[score.first, score.second] += score.weight * score.won
        wins_KK[score.second, score.first] += score.weight * (1 - score.won)
    total_KK = wins_SKK.sum(axis=0)
    logs_K = strengths(total_KK)
    points_K = SCALE * logs_K
    counts_K = (total_KK + total_KK.T).sum(axis=1)
    intervals = _intervals(logs_K, wins_SKK)
    ratings = []
    for place in range(entrants):
        count = round(float(counts_K[place]))
        ratings.append(Rating(float(points_K[place]), intervals[place], count))
    return ratings


def _intervals(
    logs_K: NDArray[np.float64], wins_SKK: NDArray[np.float64]
) -> list[Interval | None]:
    """Return intervals of points by leaving out each seed in turn, the jackknife (Tukey, 1958).

    Meetings of one seed share its luck, in both orders and with everybody. So a seed is one draw,
    however many meet at it.
    """
    count = len(wins_SKK)
    if count < 2:
        return [None] * len(logs_K)
    # Scaled to as many meetings as there are, or the draw added to each pair would weigh more.
    without_SKK = (wins_SKK.sum(axis=0) - wins_SKK) * (count / (count - 1))
    points_SK = SCALE * np.array([strengths(one, logs_K) for one in without_SKK])
    gaps_SK = points_SK - points_SK.mean(axis=0)
    errors_K = np.sqrt((count - 1) / count * (gaps_SK**2).sum(axis=0))
    intervals: list[Interval | None] = []
    for points, error in zip(SCALE * logs_K, errors_K, strict=True):
        # Seeds that all came out alike tell no spread, for luck or for want of chance.
        if error < _CLOSE * SCALE:
            intervals.append(None)
        else:
            known = MeanError(float(error), count - 1)
            intervals.append(known.interval(float(points)))
    return intervals
