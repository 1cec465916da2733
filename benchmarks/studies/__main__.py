"""How often intervals and tests of studies hold what they say, over many made-up studies.

Run: python -m benchmarks.studies [trials]
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from shapley_coop.runs.intervals import clopper_pearson
from shapley_coop.runs.statistics.differences import difference, holm, sign_flip_p
from shapley_coop.runs.statistics.estimates import estimate
from shapley_coop.studies.tournament.ratings import SCALE, rate

Draw = Callable[[np.random.Generator, int], np.ndarray]


class Row(NamedTuple):
    what: str
    n: int
    stated: str
    measured: str


def means(trials: int, rng: np.random.Generator) -> Iterator[Row]:
    """Yield how often intervals of means hold the true mean."""
    draws: tuple[tuple[str, Draw, float], ...] = (
        ("normal", lambda rng, n: rng.normal(3, 2, n), 3.0),
        ("exponential", lambda rng, n: rng.exponential(1, n), 1.0),
        (
            "two values, 9 and -2",
            lambda rng, n: np.where(rng.random(n) < 0.7, 9, -2),
            5.7,
        ),
    )
    for name, draw, truth in draws:
        for n in (5, 10, 20, 50):
            held = 0
            told = 0
            for _ in range(trials):
                found = estimate(draw(rng, n).astype(float).tolist(), "mean", rng)
                if found.interval is not None:
                    told += 1
                    held += found.interval.low <= truth <= found.interval.high
            yield Row(f"mean of {name} values", n, "95 %", share(held, told))


def shares() -> Iterator[Row]:
    """Yield the least coverage of intervals of shares, over all shares, without any draw."""
    for n in (5, 20, 100):
        intervals = [clopper_pearson(successes, n) for successes in range(n + 1)]
        least = 1.0
        for truth in np.linspace(0.01, 0.99, 197):
            coverage = 0.0
            for successes, (low, high) in enumerate(intervals):
                if low <= truth <= high:
                    ways = math.comb(n, successes)
                    coverage += ways * truth**successes * (1 - truth) ** (n - successes)
            least = min(least, coverage)
        yield Row("share, the worst of 197", n, "at least 95 %", f"{100 * least:.1f} %")


def tests(trials: int, rng: np.random.Generator) -> Iterator[Row]:
    """Yield how often a difference is called one where there is none."""
    for n in (6, 20):
        wrong = 0
        for _ in range(trials):
            wrong += sign_flip_p(rng.normal(0, 1, n).tolist(), rng) < 0.05
        yield Row("paired test, no difference", n, "at most 5 %", share(wrong, trials))
    any_wrong = 0
    for _ in range(trials):
        chances = [sign_flip_p(rng.normal(0, 1, 12).tolist(), rng) for _ in range(5)]
        any_wrong += min(holm(chances)) < 0.05
    yield Row("any of five, by Holm", 12, "at most 5 %", share(any_wrong, trials))


def pairs(trials: int, rng: np.random.Generator) -> Iterator[Row]:
    """Yield what shared seeds gain where the luck of a seed is ten times the difference."""
    paired = 0
    apart = 0
    for _ in range(trials):
        luck = rng.normal(0, 10, 20)
        first = dict(enumerate(luck.tolist()))
        second = dict(enumerate((luck + 1 + rng.normal(0, 1, 20)).tolist()))
        moved = {seed + 100: value for seed, value in second.items()}
        paired += (difference(first, second, "mean", rng).p or 1) < 0.05
        apart += (difference(first, moved, "mean", rng).p or 1) < 0.05
    yield Row("a true difference is found, paired", 20, "-", share(paired, trials))
    yield Row("the same, not paired", 20, "-", share(apart, trials))


def ratings(trials: int, rng: np.random.Generator) -> Iterator[Row]:
    """Yield how often intervals of ratings hold the true strength."""
    true = np.array([0.8, 0.2, -0.3, -0.7])
    held = 0
    for _ in range(trials):
        meetings = []
        for first in range(4):
            for second in range(4):
                if first == second:
                    continue
                chance = 1 / (1 + math.exp(true[second] - true[first]))
                wins = rng.random(20) < chance
                meetings += [(first, second, float(won)) for won in wins]
        found = rate(4, meetings, rng)
        for rating, strength in zip(found, SCALE * true, strict=True):
            interval = rating.interval
            held += interval is not None and interval.low <= strength <= interval.high
    yield Row("rating of four entrants", 120, "95 %", share(held, 4 * trials))


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % of {whole:,}"


def main() -> None:
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rng = np.random.default_rng(20250607)
    print("| what | n | stated | measured |")
    print("|---|---|---|---|")
    few = max(1, trials // 5)
    for rows in (
        means(trials, rng),
        shares(),
        tests(trials, rng),
        pairs(few, rng),
        ratings(few, rng),
    ):
        for row in rows:
            print(
                f"| {row.what} | {row.n} | {row.stated} | {row.measured} |", flush=True
            )


if __name__ == "__main__":
    main()
