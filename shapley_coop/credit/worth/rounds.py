"""Live plays of all coalitions in rounds, until what is known of the credit of seats is enough.

The engine's rules say what is enough, and it chooses where further plays help most. PacedPlays are
decided by their values alone, never by who answered first: a run that is played again plays them
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

import numpy as np

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.worth.shapes import table_of_draws
from shapley_coop.interfaces.waiting import run_together_in_order
from shapley_coop.interfaces.worth_method import CoalitionPlay, Replayer
from shapley_coop.records import Coalition
from shapley_coop.shapley import Estimate, half_width, settled_ranking
from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.evaluation.common_draws import errors_of_sums, next_counts
from shapley_coop.shapley.evaluation.stopping import Progress, StoppingRule, any_of

PILOT = 12
"""Plays of each coalition in which chance has a say, before anything is concluded from them."""
GROWTH = 0.25
"""How many more plays a round has than there were before it, as a part of these."""


class PacedPlays(NamedTuple):
    """What several rounds of plays came to."""

    plays: list[list[CoalitionPlay]]
    """The plays of each coalition, in the order of their numbers."""
    stopped_by: str
    """Why no more were made."""


def stop_of(settings: WorthSettings) -> StoppingRule | None:
    """Return when enough is known, or None if coalitions are played a fixed number of times."""
    rules = []
    if settings.ranking is not None:
        rules.append(settled_ranking(settings.ranking))
    if settings.width is not None:
        rules.append(half_width(settings.width))
    return any_of(rules)


async def play_in_rounds(
    coalitions: Sequence[Coalition],
    play: Replayer,
    weights: Floats,
    *,
    replicates: int,
    stop: StoppingRule,
) -> PacedPlays:
    """Play coalitions again and again until a rule is met or the plays are used up.

    Args:
        coalitions: k of them, of which no two are valued by the same play.
        play: plays a coalition. All coalitions of one replicate draw the same random numbers.
        weights: (n, k), of the values of coalitions in the credit of each seat.
        replicates: the mean number of plays, at most, where chance has a say.
        stop: looks at the estimate, the credit of all seats.
    """
    first = await run_together_in_order(
        *(play(coalition, 0) for coalition in coalitions)
    )
    plays = [[played] for played in first]
    varied = np.array([played.chance for played in first])
    left = (replicates - 1) * int(varied.sum())
    wanted = np.where(varied, min(PILOT, replicates), 1)
    while True:
        left -= await _play_on(coalitions, play, plays, wanted)
        table = table_of_draws(plays)
        total = sum(map(len, plays))
        if _is_met(stop, weights, table, plays):
            return PacedPlays(plays, stop.text)
        more = min(left, max(int(varied.sum()), int(GROWTH * total)))
        if more < int(varied.sum()) or more == 0:
            return PacedPlays(
                plays, f"{total} plays, all there were, before {stop.text}"
            )
        wanted = next_counts(weights, table, varied, more)


async def _play_on(
    coalitions: Sequence[Coalition],
    play: Replayer,
    plays: list[list[CoalitionPlay]],
    wanted: Floats,
) -> int:
    """Play each coalition as often as it is wanted in all, and return how many plays that took."""
    places = []
    for place, count in enumerate(wanted.tolist()):
        places += [(place, number) for number in range(len(plays[place]), count)]
    further = await run_together_in_order(
        *(play(coalitions[place], number) for place, number in places)
    )
    for (place, _), played in zip(places, further, strict=True):
        plays[place].append(played)
    return len(further)


def _is_met(
    stop: StoppingRule,
    weights: Floats,
    table: Floats,
    plays: Sequence[Sequence[CoalitionPlay]],
) -> bool:
    """Return whether the credit of all seats is known well enough."""
    # One play by chance tells nothing of its error, so nothing is known well enough.
    if table.shape[1] == 1:
        return False
    means = np.array([fmean(played.worth for played in made) for made in plays])
    n = len(weights)
    covariance = np.zeros((n, n))
    if table.shape[1]:
        covariance = errors_of_sums(weights, table).as_normal()
    stderr = np.sqrt(np.diag(covariance))
    estimate = Estimate(
        values=weights @ means,
        stderr=stderr,
        evaluations=sum(map(len, plays)),
        method="shapley",
        reason="",
        empty=float(means[0]),
        grand=float(means[-1]),
        noise_stderr=stderr,
        covariance=covariance,
    )
    # Time is no reason to stop here, since it would not repeat itself.
    return stop.is_met(Progress(estimate.evaluations, 0.0, 0.0, estimate))
