"""Worth by belief: the values of coalitions are those that the seats stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from shapley_coop.credit.beliefs import (
    STATED_SHARES,
    coalitions_to_value,
    stated_credit,
)
from shapley_coop.credit.draws import errors_of_means
from shapley_coop.credit.labels import EVERYONE, NOBODY
from shapley_coop.interfaces.worth_method import Scene, WorthMethod
from shapley_coop.records import Beliefs, Credit, Seat


class BeliefWorth(WorthMethod):
    """Credit is the mean of what each seat's own beliefs say that every seat is due."""

    name = "belief"
    sentence = (
        "The credit is the mean of what the seats stated: of up to four seats their values of "
        "coalitions, of more seats their stated shares; nothing was played or measured for it."
    )
    needs_beliefs = True

    async def worth(self, scene: Scene) -> Credit | None:
        """Return the mean credit, or None if nobody stated a belief."""
        return average_beliefs(scene.beliefs, scene.game.seats)


def average_beliefs(
    beliefs: Mapping[Seat, Beliefs], seats: Sequence[Seat]
) -> Credit | None:
    """Return the mean of what each seat's stated beliefs say that every seat is due.

    These are the Shapley values that follow from stated coalition values or, of more than four
    seats, the stated shares. The standard error is that of the mean over the seats that stated
    beliefs, so it shows how far they disagree. None means that nobody stated any.
    """
    if not beliefs:
        return None
    believers = len(beliefs)
    # The arithmetic is the engine's: a model states figures, it never computes from them.
    stated = [stated_credit(belief, seats) for belief in beliefs.values()]
    phi = np.empty((believers, len(seats)))
    for row, values_of in enumerate(stated):
        phi[row] = [values_of[seat] for seat in seats]
    # One believer cannot disagree with itself, so its error counts as 0.
    stderr = errors_of_means(phi.T)
    means = phi.mean(axis=0)
    values = _mean_values(list(beliefs.values()), seats)
    empty = values.get(NOBODY, 0.0)
    return Credit(
        values=dict(zip(seats, means.tolist(), strict=True)),
        stderr=dict(zip(seats, stderr.tolist(), strict=True)),
        method="shapley" if values else STATED_SHARES,
        worth=BeliefWorth.name,
        absence=None,
        empty=empty,
        # Shares are of what everyone is worth, and nothing else is known of it.
        grand=values.get(EVERYONE, float(means.sum())),
        evaluations=(len(values) or len(seats)) * believers,
        coalitions=values or None,
    )


def _mean_values(beliefs: Sequence[Beliefs], seats: Sequence[Seat]) -> dict[str, float]:
    """Return the mean of what was stated of each coalition, by label. Empty of many seats."""
    # v(S) is listed as the mean of what was stated, since credit is linear in v.
    values: dict[str, float] = {}
    for label in coalitions_to_value(seats):
        statements = [belief.values[label] for belief in beliefs]
        values[label] = float(np.mean(statements))
    return values
