"""How often the gate on credit errs: demands that are true, false, or too close to decide.

`python -m benchmarks.teams.gate [TEAMS] [KIND ...]` holds simulated noisy teams of three to six
members to one demand each and counts verdicts. Kinds say how coalitions differ in their noise:
`even`, `whole`, `proportional`, `failures`, `crashes`, and `pass-fail`, where a team passes with a
chance that each absent member lowers. A wrong verdict is a demand that passed though false, or
failed though true.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
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


Chance = Callable[[np.random.Generator, float, bool], float]
"""Draws a score from its mean and whether everybody is there, which leaves the mean as it is."""


def even(rng: np.random.Generator, mean: float, everybody: bool) -> float:
    """Draw a score whose noise is the same in each run."""
    del everybody
    return mean + float(rng.normal(scale=0.5))


def whole(rng: np.random.Generator, mean: float, everybody: bool) -> float:
    """Draw a score whose noise is large only as a whole."""
    return mean + float(rng.normal(scale=2.0 if everybody else 0.02))


def proportional(rng: np.random.Generator, mean: float, everybody: bool) -> float:
    """Draw a score whose noise is in proportion to its mean."""
    del everybody
    return mean + float(rng.normal(scale=0.5 * abs(mean)))


def failures(rng: np.random.Generator, mean: float, everybody: bool) -> float:
    """Draw a score that one run in ten loses five points of, as a whole one in four."""
    chance = 0.25 if everybody else 0.1
    lost = 5.0 * (chance - float(rng.random() < chance))
    return mean + lost + float(rng.normal(scale=0.05))


def crashes(rng: np.random.Generator, mean: float, everybody: bool) -> float:
    """Draw a score that is always the same, but as a whole nothing in one run of five."""
    if not everybody:
        return mean
    return mean / 0.8 * float(rng.random() < 0.8)


def graded(rng: np.random.Generator, chance: Chance) -> Trial:
    """Return a team whose scores are numbers."""
    n = int(rng.integers(3, 7))
    pairs = np.triu(rng.normal(scale=0.5, size=(n, n)), k=1)
    synthetic = SyntheticTeam(rng.normal(scale=1.0, size=n), pairs, 0.5)
    members = [f"m{number}" for number in range(n)]

    def team(present: frozenset[str]) -> float:
        inside = frozenset(members.index(name) for name in present)
        return chance(rng, synthetic.value(inside), len(inside) == n)

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


KINDS: dict[str, Callable[[np.random.Generator], Trial]] = {
    "even": partial(graded, chance=even),
    "whole": partial(graded, chance=whole),
    "proportional": partial(graded, chance=proportional),
    "failures": partial(graded, chance=failures),
    "crashes": partial(graded, chance=crashes),
    "pass-fail": passing,
}


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
    """Print the counts of each kind and return 1 if verdicts err more often than stated."""
    numbers = [text for text in arguments if text.isdigit()]
    kinds = [text for text in arguments if not text.isdigit()] or ["even"]
    for kind in kinds:
        if kind not in KINDS:
            raise SystemExit(f"no kind of noise {kind!r}; there are {', '.join(KINDS)}")
    teams = int(numbers[0]) if numbers else TEAMS
    print(f"{teams} teams, at most {BUDGET} runs each, stated error {1 - LEVEL:.0%}\n")
    print("| noise | right | wrong | undecided | false demands that passed |")
    print("|---|---|---|---|---|")
    too_often = False
    for kind in kinds:
        counts: Counter[tuple[str, bool]] = Counter()
        for seed in range(teams):
            counts[judge(seed, KINDS[kind])] += 1
        wrong = counts["passed", False] + counts["failed", True]
        undecided = counts["undecided", True] + counts["undecided", False]
        false = sum(count for (_, is_true), count in counts.items() if not is_true)
        print(
            f"| {kind} | {teams - wrong - undecided} | {wrong} ({wrong / teams:.1%}) "
            f"| {undecided} | {counts['passed', False]} of {false} |",
            flush=True,
        )
        too_often = too_often or wrong / teams > 1 - LEVEL
    return int(too_often)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
