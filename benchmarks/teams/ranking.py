"""How many runs settle the ranking of a noisy team of eight, beside permutation sampling.

`python -m benchmarks.teams.ranking [TEAMS]` stops all at the same rule (every neighbouring pair in
order with a chance of 95 %) and prints the runs, how many rankings were settled within the budget,
how many of these were right, how often 95 % intervals held the truth, and the runs over those of
permutation sampling on the same teams. The noise of these teams is even: all coalitions scatter
alike. `attribute` has one row where it is told so and one where it is not.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from benchmarks.teams.synthetic import SyntheticTeam, draw_team
from shapley_coop.shapley import Estimate, Options, evaluate, settled_ranking
from shapley_coop.shapley.evaluation.task import Method
from shapley_coop.teams.attribute import attribute_async

TEAMS = 40
BUDGET = 4_000
LEVEL = 0.95
BAR = 1 / 3
WIDTH = 1.96
"""Standard errors of a 95 % interval."""


class Outcome(NamedTuple):
    """What one run of an estimator came to."""

    runs: int
    settled: bool
    right: bool
    covered: float


Measure = Callable[[SyntheticTeam, int], Coroutine[Any, Any, Outcome]]


async def by_attribute(
    team: SyntheticTeam, seed: int, *, even_noise: bool = False
) -> Outcome:
    """Attribute a team by `attribute` until its ranking is settled."""
    members = [f"member_{number}" for number in range(len(team.alone))]
    dice = np.random.default_rng((seed, 1))

    async def score(present: frozenset[str]) -> float:
        inside = frozenset(members.index(name) for name in present)
        return team.value(inside) + float(dice.normal(scale=team.noise))

    credit = await attribute_async(
        score,
        members=members,
        budget=BUDGET,
        seed=seed,
        workers=1,
        ranking=LEVEL,
        even_noise=even_noise,
    )
    return outcome(team, credit.estimate, credit.runs, credit.stopped_by)


async def by_engine(team: SyntheticTeam, seed: int, *, method: Method) -> Outcome:
    """Attribute a team by one estimator of the engine until its ranking is settled."""
    dice = np.random.default_rng((seed, 1))

    async def game(members: frozenset[int], _draw: int) -> float:
        return team.value(members) + float(dice.normal(scale=team.noise))

    run = await evaluate(
        game,
        len(team.alone),
        budget=BUDGET,
        rng=np.random.default_rng((seed, 2)),
        options=Options(
            workers=1, method=method, noise=True, stop=settled_ranking(LEVEL)
        ),
    )
    return outcome(team, run.estimate, run.evaluations, run.stopped_by)


def outcome(
    team: SyntheticTeam, estimate: Estimate, runs: int, stopped_by: str
) -> Outcome:
    """Hold an estimate to the truth."""
    low, high = estimate.interval()
    order = np.argsort(-estimate.values)
    return Outcome(
        runs=runs,
        settled="settled" in stopped_by,
        right=bool((order == np.argsort(-team.truth)).all()),
        covered=float(((low <= team.truth) & (team.truth <= high)).mean()),
    )


ESTIMATORS: dict[str, Measure] = {
    "permutation": partial(by_engine, method="permutation"),
    "antithetic": partial(by_engine, method="antithetic"),
    "`attribute`": by_attribute,
    "`attribute`, even noise": partial(by_attribute, even_noise=True),
}


def ratio(
    runs: np.ndarray[tuple[int], np.dtype[np.float64]],
    base: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> tuple[float, float]:
    """Return the ratio of two means on the same teams, and half the width of its interval."""
    found = float(runs.mean() / base.mean())
    # The delta method: how far the ratio moves with the teams that were drawn.
    spread = float(np.std(runs - found * base, ddof=1) / base.mean())
    return found, WIDTH * spread / sqrt(len(runs))


def main(arguments: list[str]) -> int:
    """Print a row for each estimator. The last row is held to the bar."""
    teams = int(arguments[0]) if arguments else TEAMS
    print("| estimator | mean runs | settled | of these right | covered | ratio |")
    print("|---|---|---|---|---|---|")
    base = np.zeros(0)
    found = 0.0
    for name, measure in ESTIMATORS.items():
        outcomes = []
        for seed in range(teams):
            team = draw_team(np.random.default_rng(seed))
            outcomes.append(asyncio.run(measure(team, seed)))
        settled = [one for one in outcomes if one.settled]
        runs = np.array([float(one.runs) for one in outcomes])
        if not len(base):
            base = runs
        right = sum(one.right for one in settled)
        covered = np.mean([one.covered for one in outcomes])
        found, width = ratio(runs, base)
        print(
            f"| {name} | {runs.mean():.0f} | {len(settled)} of {teams} | {right} | "
            f"{covered:.0%} | {found:.3f} ± {width:.3f} |",
            flush=True,
        )
    print(f"\nruns over those of permutation sampling: {found:.3f} (bar: {BAR:.3f})")
    return 0 if found <= BAR else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
