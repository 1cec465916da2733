"""How many runs settle the ranking of a noisy team of eight, beside permutation sampling.

`python -m benchmarks.teams.ranking [TEAMS]` stops both at the same rule (every neighbouring pair in
order with a chance of 95 %) and prints the runs, how many rankings were settled within the budget,
how many of these were right, and how often 95 % intervals held the truth.
"""

from __future__ import annotations

import asyncio
import sys
from typing import NamedTuple

import numpy as np

from benchmarks.teams.synthetic import SyntheticTeam, draw_team
from shapley_coop.shapley import Options, evaluate, settled_ranking
from shapley_coop.shapley.evaluation.task import Method

TEAMS = 40
BUDGET = 4_000


class Outcome(NamedTuple):
    """What one run of an estimator came to."""

    runs: int
    settled: bool
    right: bool
    covered: float


async def measure(team: SyntheticTeam, method: Method, seed: int) -> Outcome:
    """Attribute a team until its ranking is settled."""
    n = len(team.alone)
    dice = np.random.default_rng((seed, 1))

    async def game(members: frozenset[int], _draw: int) -> float:
        return team.value(members) + float(dice.normal(scale=team.noise))

    run = await evaluate(
        game,
        n,
        budget=BUDGET,
        rng=np.random.default_rng((seed, 2)),
        options=Options(workers=1, method=method, noise=True, stop=settled_ranking()),
    )
    low, high = run.estimate.interval()
    order = np.argsort(-run.estimate.values)
    return Outcome(
        runs=run.evaluations,
        settled="settled" in run.stopped_by,
        right=bool((order == np.argsort(-team.truth)).all()),
        covered=float(((low <= team.truth) & (team.truth <= high)).mean()),
    )


def main(arguments: list[str]) -> int:
    """Print a row for each estimator and the ratio of their runs."""
    teams = int(arguments[0]) if arguments else TEAMS
    methods: tuple[Method, ...] = ("auto", "permutation", "antithetic")
    print("| estimator | mean runs | settled | of these right | covered |")
    print("|---|---|---|---|---|")
    means = {}
    for method in methods:
        outcomes = []
        for seed in range(teams):
            team = draw_team(np.random.default_rng(seed))
            outcomes.append(asyncio.run(measure(team, method, seed)))
        settled = [outcome for outcome in outcomes if outcome.settled]
        means[method] = np.mean([outcome.runs for outcome in outcomes])
        right = sum(outcome.right for outcome in settled)
        covered = np.mean([outcome.covered for outcome in outcomes])
        print(
            f"| {method} | {means[method]:.0f} | {len(settled)} of {teams} | {right} | "
            f"{covered:.0%} |"
        )
    ratio = means["auto"] / means["permutation"]
    print(f"\nruns over those of permutation sampling: {ratio:.2f} (bar: 0.33)")
    return 0 if ratio <= 1 / 3 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
