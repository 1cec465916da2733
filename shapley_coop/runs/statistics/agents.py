"""How an agent came out at its own seats, and what it left to the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from shapley_coop.records import Episode, Seat
from shapley_coop.runs.intervals import mean_of
from shapley_coop.runs.statistics.estimates import SampleEstimate, estimate


class AgentOutcome(NamedTuple):
    """How one agent came out among the same others."""

    episodes: int
    """Recorded ones."""
    measures: Mapping[str, SampleEstimate]
    """`success`, `total`, `payoff`, `rational`, `others_rational`, as `agent_outcome` says."""
    payoffs: Mapping[Seat, float]
    """The mean payoff of each of its seats, over the episodes that were played to the end."""
    forfeits: int
    """Turns that the agent's seats lost because no answer could be used."""
    decisions: int
    """Of all seats."""


def agent_outcome(
    episodes: Sequence[Episode],
    rng: np.random.Generator,
    *,
    has_others: bool,
    sample: bool = True,
) -> AgentOutcome:
    """Return how an agent came out.

    `success` is the share of all episodes that reached the goal of their game. The other measures
    are of episodes that were played to the end: what all seats hold together, the mean payoff of
    the agent's seats, and the shares of episodes in which all of its seats, or all others, ended
    at or above their outside options.

    Args:
        episodes: of one game.
        rng: draws the resamples of intervals.
        has_others: whether the agent has the first seat alone. If not, it has all of them.
        sample: whether chance had a say. If not, there is nothing to be unsure of.
    """
    done = [episode for episode in episodes if episode.status == "done"]

    def own_seats(episode: Episode) -> tuple[Seat, ...]:
        return episode.seats[:1] if has_others else episode.seats

    def other_seats(episode: Episode) -> tuple[Seat, ...]:
        return episode.seats[1:] if has_others else ()

    def payoff(episode: Episode) -> float:
        return mean_of([episode.payoffs[seat] for seat in own_seats(episode)])

    def total(episode: Episode) -> float:
        return sum(episode.payoffs.values())

    def mean(read: Callable[[Episode], float]) -> SampleEstimate:
        values = [read(episode) for episode in done]
        return estimate(values, "mean", rng, sample=sample)

    def share(values: Sequence[float]) -> SampleEstimate:
        return estimate(values, "share", rng, sample=sample)

    measures = {
        "success": share([float(episode.success) for episode in episodes]),
        "total": mean(total),
        "payoff": mean(payoff),
        "rational": share(_rational(done, own_seats)),
        "others_rational": share(_rational(done, other_seats)),
    }
    payoffs: dict[Seat, list[float]] = {}
    for episode in done:
        for seat in own_seats(episode):
            payoffs.setdefault(seat, []).append(episode.payoffs[seat])
    # A turn that was lost counts, also in an episode that broke later.
    forfeits = 0
    for episode in episodes:
        forfeits += sum(episode.forfeits.get(seat, 0) for seat in own_seats(episode))
    return AgentOutcome(
        len(episodes),
        measures,
        {seat: mean_of(values) for seat, values in payoffs.items()},
        forfeits,
        sum(episode.decisions for episode in episodes),
    )


def _rational(
    episodes: Sequence[Episode], seats: Callable[[Episode], Sequence[Seat]]
) -> list[float]:
    """Return of each episode whether all these seats ended at or above their outside option."""
    shares = []
    for episode in episodes:
        known = [episode.columns[seat].rational for seat in seats(episode)]
        # Where an outside option is not known, nobody can tell.
        if known and None not in known:
            shares.append(float(all(known)))
    return shares
