"""A team that mends tickets: a planner, a coder and a tester, and a greeter that only costs.

Real members would be agents that ask models. These are chances, so that the example runs anywhere
and costs nothing. What a gate needs is the same: a function of who is present that returns a
score, and what the run cost.
"""

from __future__ import annotations

import random

MEMBERS = ("planner", "coder", "tester", "greeter")
DOLLARS = {"planner": 0.02, "coder": 0.06, "tester": 0.01, "greeter": 0.01}
TICKETS = 20


def mend(present: frozenset[str], draw: int) -> tuple[float, float]:
    """Return the share of tickets that are mended in one run, and what it cost in dollars.

    Args:
        present: who takes part.
        draw: the number of the run with these members. Equal numbers have equal luck, so that
            two teams differ by their members and not by their tickets.
    """
    luck = random.Random(draw)
    mended = sum(_is_mended(present, luck) for _ in range(TICKETS))
    return mended / TICKETS, sum(DOLLARS[member] for member in present)


def _is_mended(present: frozenset[str], luck: random.Random) -> bool:
    # Drawn for every ticket, whoever is there, so that luck stays in step.
    understanding, writing, testing = luck.random(), luck.random(), luck.random()
    if "coder" not in present:
        return False
    is_understood = understanding < (0.9 if "planner" in present else 0.5)
    is_right = writing < 0.6
    is_caught = "tester" in present and testing < 0.8
    return is_understood and (is_right or is_caught)
