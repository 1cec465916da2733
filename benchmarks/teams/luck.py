"""How often intervals hold the truth where all coalitions share the luck of a run's number.

`python -m benchmarks.teams.luck [STUDIES]` attributes teams that seed their chance by the number of
the run, `draw`, and whose luck changes from study to study. How much luck helps depends on who is
there. For teams of three to six, and of eight of which the budget pays for few coalitions, it
prints how many of the 95 % intervals hold the closed form.
"""

from __future__ import annotations

import sys

import numpy as np

import shapley_coop as sc
from benchmarks.teams.synthetic import SyntheticTeam

STUDIES = 200
PLANS = ((3, 32), (3, 64), (4, 64), (5, 96), (6, 128), (8, 64))
"""Members and budgets."""
LEAST = 0.9


def covered(members: int, budget: int, seed: int) -> float:
    """Return the share of members whose interval holds the truth in one study."""
    rng = np.random.default_rng((seed, members))
    pairs = np.triu(rng.normal(scale=0.5, size=(members, members)), k=1)
    synthetic = SyntheticTeam(rng.normal(scale=1.0, size=members), pairs, 0.2)
    names = [f"m{number}" for number in range(members)]

    def team(present: frozenset[str], draw: int) -> float:
        inside = frozenset(names.index(name) for name in present)
        shared = np.random.default_rng((seed, draw))
        weather, *luck = shared.normal(size=members + 1).tolist()
        lucky = sum(luck[place] for place in inside)
        own = float(rng.normal(scale=synthetic.noise))
        return synthetic.value(inside) + weather + 0.7 * lucky + own

    found = sc.attribute(team, members=names, budget=budget, seed=seed, workers=1)
    held = 0
    for place, name in enumerate(names):
        low, high = found.interval[name]
        held += low <= synthetic.truth[place] <= high
    return held / members


def main(arguments: list[str]) -> int:
    """Print a row for each plan and return 1 if intervals hold the truth too seldom."""
    studies = int(arguments[0]) if arguments else STUDIES
    print("| members | runs | 95 % intervals that hold the truth |\n|---|---|---|")
    least = 1.0
    for members, budget in PLANS:
        shares = [covered(members, budget, seed) for seed in range(studies)]
        print(f"| {members} | {budget} | {np.mean(shares):.1%} |", flush=True)
        least = min(least, float(np.mean(shares)))
    return 0 if least >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
