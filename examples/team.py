"""A team to attribute: a stand-in for agents that plan, write and test a change.

shapley-coop attribute examples.team:score --members planner,coder,tester --budget 48
"""

from __future__ import annotations

import numpy as np

COST = {"planner": 0.02, "coder": 0.05, "tester": 0.01}


def score(present: frozenset[str], draw: int) -> tuple[float, float]:
    """Return the share of tests that pass in one run, and what the run cost."""
    passes = 0.1
    if "coder" in present:
        passes += 0.5
        # A plan is of use to somebody who codes, and to nobody else.
        if "planner" in present:
            passes += 0.2
    names = ",".join(sorted(present)).encode()
    dice = np.random.default_rng((draw, *names))
    return passes + float(dice.normal(scale=0.05)), sum(COST[name] for name in present)
