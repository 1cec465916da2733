"""Worth by belief: the values of coalitions are those that the seats stated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from shapley_coop.credit.beliefs import shapley_of
from shapley_coop.credit.labels import EVERYONE, NOBODY
from shapley_coop.interfaces.worth_method import Scene, WorthMethod
from shapley_coop.records import Beliefs, Credit, Seat


class BeliefWorth(WorthMethod):
    """Credit is the mean of what follows from each seat's own stated coalition values."""

    name = "belief"
    sentence = (
        "The values of coalitions are the means of what the seats stated; nothing was played "
        "or measured for them."
    )
    needs_beliefs = True

    async def worth(self, scene: Scene) -> Credit | None:
        """Return the mean credit, or None if nobody stated a belief."""
        return average_beliefs(scene.beliefs, scene.game.seats)


def average_beliefs(
    beliefs: Mapping[Seat, Beliefs], seats: Sequence[Seat]
) -> Credit | None:
    """Return the mean of the Shapley values that follow from each seat's own stated beliefs.

    The standard error is that of the mean over the seats that stated beliefs, so it shows how
    far they disagree. None means that nobody stated any.
    """
    if not beliefs:
        return None
    believers = len(beliefs)
    # The arithmetic is the engine's: a model states values, it never computes from them.
    stated = [shapley_of(belief, seats) for belief in beliefs.values()]
    phi = np.empty((believers, len(seats)))
    for row, values_of in enumerate(stated):
        phi[row] = [values_of[seat] for seat in seats]
    # One believer cannot disagree with itself, and a deviation of one number does not exist.
    stderr = np.zeros(len(seats))
    if believers > 1:
        stderr = phi.std(axis=0, ddof=1) / math.sqrt(believers)
    labels = next(iter(beliefs.values())).values
    # v(S) is listed as the mean of what was stated, since credit is linear in v.
    values: dict[str, float] = {}
    for label in labels:
        statements = [belief.values[label] for belief in beliefs.values()]
        values[label] = float(np.mean(statements))
    return Credit(
        values=dict(zip(seats, phi.mean(axis=0).tolist(), strict=True)),
        stderr=dict(zip(seats, stderr.tolist(), strict=True)),
        method="shapley",
        worth=BeliefWorth.name,
        absence=None,
        empty=values[NOBODY],
        grand=values[EVERYONE],
        evaluations=len(values) * believers,
        coalitions=values,
    )
