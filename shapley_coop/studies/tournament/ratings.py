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
_STEPS = 2000
_CLOSE = 1e-9


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
    points_K = SCALE * strengths(total_KK)
    counts_K = (total_KK + total_KK.T).sum(axis=1)
    intervals = _intervals(points_K, wins_SKK)
    ratings = []
    for place in range(entrants):
        count = round(float(counts_K[place]))
        ratings.append(Rating(float(points_K[place]), intervals[place], count))
    return ratings


def _intervals(
    points_K: NDArray[np.float64], wins_SKK: NDArray[np.float64]
) -> list[Interval | None]:
    """Return intervals by leaving out each seed in turn, the jackknife (Tukey, 1958).

    Meetings of one seed share its luck, in both orders and with everybody. So a seed is one draw,
    however many meet at it.
    """
    count = len(wins_SKK)
    if count < 2:
        return [None] * len(points_K)
    # Scaled to as many meetings as there are, or the draw added to each pair would weigh more.
    without_SKK = (wins_SKK.sum(axis=0) - wins_SKK) * (count / (count - 1))
    points_SK = SCALE * strengths(without_SKK)
    gaps_SK = points_SK - points_SK.mean(axis=0)
    errors_K = np.sqrt((count - 1) / count * (gaps_SK**2).sum(axis=0))
    intervals: list[Interval | None] = []
    for points, error in zip(points_K, errors_K, strict=True):
        # Seeds that all came out alike tell no spread, for luck or for want of chance.
        if error < _CLOSE * SCALE:
            intervals.append(None)
        else:
            known = MeanError(float(error), count - 1)
            intervals.append(known.interval(float(points)))
    return intervals
