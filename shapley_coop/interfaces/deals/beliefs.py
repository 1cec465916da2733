"""What a seat believes that knows the values of coalitions, for agents that compute them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shapley_coop.records import Beliefs, Externality, Seat


def beliefs_from(values: Mapping[str, float], seat: Seat, reason: str) -> Beliefs:
    """Return the beliefs of a seat that knows the values of coalitions.

    Args:
        values: the value of every coalition that the seat is asked about, by label.
        seat: who believes. What it does is good for others if it adds to what they are worth.
        reason: how the values came about, in words.
    """
    pot = values["everyone"]
    without = values.get(f"everyone but {seat}", 0.0)
    # The sign -1 counts from the end, so it means the last of the three.
    signs: tuple[Externality, ...] = ("none", "positive", "negative")
    sign = signs[int(np.sign(pot - without))]
    return Beliefs(pot=pot, externality=sign, values=dict(values), reason=reason)
