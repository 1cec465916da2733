"""How often the gate on credit errs: demands that are true, false, or too close to decide.

`python -m benchmarks.teams.gate [TEAMS]` holds simulated noisy teams of three to six members to one
demand each and counts verdicts. A wrong verdict is a demand that passed though false, or failed
though true.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter

import numpy as np

from benchmarks.teams.synthetic import SyntheticTeam
from shapley_coop.teams.attribute import attribute_team
from shapley_coop.teams.demands import (
    look_level,
    outcomes,
    parse_demand,
    stop_when_decided,
)
from shapley_coop.teams.plan import AttributionPlan
from shapley_coop.teams.team import team_of

TEAMS = 500
BUDGET = 96
LEVEL = 0.95


def judge(seed: int) -> tuple[str, bool]:
    """Return the verdict on one demand, and whether the demand is true."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 7))
    pairs = np.triu(rng.normal(scale=0.5, size=(n, n)), k=1)
    synthetic = SyntheticTeam(rng.normal(scale=1.0, size=n), pairs, 0.5)
    members = [f"m{number}" for number in range(n)]
    # Bounds lie near the truth, where verdicts are hardest.
    bound = float(synthetic.truth[0] + rng.normal(scale=0.3))
    demand = parse_demand(f"m0 > {bound}", members)

    def team(present: frozenset[str]) -> float:
        inside = frozenset(members.index(name) for name in present)
        return synthetic.value(inside) + float(rng.normal(scale=synthetic.noise))

    level = look_level(LEVEL, n, BUDGET)
    result = asyncio.run(
        attribute_team(
            team_of(team, members),
            members,
            AttributionPlan(budget=BUDGET, seed=seed, workers=1),
            further_stop=stop_when_decided([demand], members, level),
        )
    )
    is_true = bool(synthetic.truth[0] > bound)
    return outcomes(result, [demand], level)[0].status, is_true


def main(arguments: list[str]) -> int:
    """Print the counts and return 1 if verdicts err more often than stated."""
    teams = int(arguments[0]) if arguments else TEAMS
    counts: Counter[tuple[str, bool]] = Counter()
    for seed in range(teams):
        counts[judge(seed)] += 1
    wrong = counts["passed", False] + counts["failed", True]
    undecided = counts["undecided", True] + counts["undecided", False]
    print(f"{teams} teams, at most {BUDGET} runs each, stated error {1 - LEVEL:.0%}")
    print(f"right {teams - wrong - undecided}, wrong {wrong}, undecided {undecided}")
    print(f"wrong verdicts: {wrong / teams:.1%}")
    return 0 if wrong / teams <= 1 - LEVEL else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
