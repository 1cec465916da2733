"""How often the gate on credit errs: demands that are true, false, or too close to decide.

`python -m benchmarks.teams.gate [TEAMS]` holds simulated noisy teams of three to six members to one
demand each and counts verdicts. With `--pass-fail` their scores are 0 or 1: a team passes with a
chance that each absent member lowers, so that coalitions differ in their noise. A wrong verdict is
a demand that passed though false, or failed though true.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np

from benchmarks.teams.synthetic import SyntheticTeam
from shapley_coop.teams.attribute import attribute_team
from shapley_coop.teams.demands import parse_demand
from shapley_coop.teams.gate import DemandGate
from shapley_coop.teams.plan import AttributionPlan
from shapley_coop.teams.team import team_of

TEAMS = 500
BUDGET = 96
LEVEL = 0.95


class Trial(NamedTuple):
    """A team with the Shapley value of its first member."""

    members: list[str]
    team: Callable[[frozenset[str]], float]
    truth: float
    distance: float
    """How far a bound lies from the truth: a standard deviation."""


def graded(rng: np.random.Generator) -> Trial:
    """Return a team whose scores are numbers, with the same noise in each run."""
    n = int(rng.integers(3, 7))
    pairs = np.triu(rng.normal(scale=0.5, size=(n, n)), k=1)
    synthetic = SyntheticTeam(rng.normal(scale=1.0, size=n), pairs, 0.5)
    members = [f"m{number}" for number in range(n)]

    def team(present: frozenset[str]) -> float:
        inside = frozenset(members.index(name) for name in present)
        return synthetic.value(inside) + float(rng.normal(scale=synthetic.noise))

    return Trial(members, team, float(synthetic.truth[0]), 0.3)


def passing(rng: np.random.Generator) -> Trial:
    """Return a team that passes or fails."""
    n = int(rng.integers(3, 7))
    members = [f"m{number}" for number in range(n)]
    whole = float(rng.uniform(0.3, 1.0))
    # Without anybody that counts for nothing: as a team that needs all of its members.
    kept = rng.choice([0.0, 0.3, 0.6], size=n)

    def chance(present: frozenset[str]) -> float:
        absent = [
            kept[place] for place, name in enumerate(members) if name not in present
        ]
        return whole * float(np.prod(absent))

    def team(present: frozenset[str]) -> float:
        return float(rng.random() < chance(present))

    truth = 0.0
    for size in range(n):
        for others in combinations(members[1:], size):
            before = frozenset(others)
            gain = chance(before | {members[0]}) - chance(before)
            truth += gain / (n * comb(n - 1, size))
    return Trial(members, team, truth, 0.1)


def judge(seed: int, draw: Callable[[np.random.Generator], Trial]) -> tuple[str, bool]:
    """Return the verdict on one demand, and whether the demand is true."""
    rng = np.random.default_rng(seed)
    members, team, truth, distance = draw(rng)
    # Bounds lie near the truth, where verdicts are hardest.
    bound = truth + float(rng.normal(scale=distance))
    demand = parse_demand(f"m0 > {bound}", members)

    gate = DemandGate([demand], members, BUDGET, LEVEL)
    result = asyncio.run(
        attribute_team(
            team_of(team, members),
            members,
            AttributionPlan(budget=BUDGET, seed=seed, workers=1),
            gate=gate,
        )
    )
    is_true = bool(truth > bound)
    return gate.outcomes(result)[0].status, is_true


def main(arguments: list[str]) -> int:
    """Print the counts and return 1 if verdicts err more often than stated."""
    draw = passing if "--pass-fail" in arguments else graded
    numbers = [text for text in arguments if text.isdigit()]
    teams = int(numbers[0]) if numbers else TEAMS
    counts: Counter[tuple[str, bool]] = Counter()
    for seed in range(teams):
        counts[judge(seed, draw)] += 1
    wrong = counts["passed", False] + counts["failed", True]
    undecided = counts["undecided", True] + counts["undecided", False]
    print(f"{teams} teams, at most {BUDGET} runs each, stated error {1 - LEVEL:.0%}")
    print(f"right {teams - wrong - undecided}, wrong {wrong}, undecided {undecided}")
    print(f"wrong verdicts: {wrong / teams:.1%}")
    return 0 if wrong / teams <= 1 - LEVEL else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
