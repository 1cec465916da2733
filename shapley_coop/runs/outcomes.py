"""How episodes came out, as means with their errors: successes, payoffs, and what chance did."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple, TypeVar

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.negotiation.procedure import task_table
from shapley_coop.records import Episode, Seat
from shapley_coop.runs.intervals import (
    EXACT,
    Interval,
    clopper_pearson,
    error_of_mean,
    mean_interval,
    mean_of,
)

Figure = TypeVar("Figure")


def chance_of(episodes: Sequence[Episode]) -> bool | None:
    """Return whether the plays could differ from each other. None if that is not known."""
    says = {episode.chance for episode in episodes}
    if True in says:
        return True
    # What broke or met a limit does not say what had a say in it, and old records say nothing.
    if says != {False}:
        return None
    first = episodes[0]
    # Plays without dice that still differ follow something that no generator decides.
    return any(_course(episode) != _course(first) for episode in episodes)


def _course(episode: Episode) -> tuple[object, ...]:
    """Return all that two equal plays have in common."""
    return (episode.steps, episode.contracts, episode.division, episode.payoffs)


def success_rate(episodes: Sequence[Episode]) -> float | None:
    """Return the share of all episodes that reached their goal, whatever ended the others."""
    if not episodes:
        return None
    return fmean(episode.success for episode in episodes)


def success_interval(episodes: Sequence[Episode]) -> Interval | None:
    """Return the interval of the success rate, or None where episodes are no sample."""
    # One episode says nothing about how far another would differ, nor do any that cannot.
    if len(episodes) < 2 or chance_of(episodes) is False:
        return None
    successes = sum(episode.success for episode in episodes)
    return clopper_pearson(successes, len(episodes))


class Rounds(NamedTuple):
    """Means of how long tables talked."""

    before: float | None
    """Rounds of talk before play."""
    interval: Interval | None
    """Of that mean."""
    after: float | None
    """Rounds of talk after play."""
    silent: float | None
    """Rounds of either in which every seat waited without a word or forfeited its turn."""


def rounds_of(
    episodes: Sequence[Episode], protocol: NegotiationProtocol | None = None
) -> Rounds:
    """Return how long the tables of some episodes talked.

    Args:
        episodes: what was played.
        protocol: by which rules, which say how many rounds are possible. None leaves that open.
    """
    before = [float(episode.rounds) for episode in episodes]
    most = math.inf
    if protocol is not None:
        most = most_rounds(protocol, episodes)
    return Rounds(
        before=mean(before),
        interval=mean_interval(before, least=0, most=most),
        after=mean([episode.split_rounds for episode in episodes]),
        silent=mean([episode.silent_rounds for episode in episodes]),
    )


def most_rounds(protocol: NegotiationProtocol, episodes: Iterable[Episode]) -> int:
    """Return the most rounds before play of an episode that takes as many steps as the longest."""
    # A game that ends before its first step has had its first table all the same.
    longest = max((len(episode.steps) for episode in episodes), default=1)
    rounds = 0
    for step in range(max(1, longest)):
        settings = task_table(protocol, step)
        if settings is not None:
            rounds += settings.rounds
    return rounds


def payoff_gap(episode: Episode) -> float:
    """Return by how much the best paid seat is ahead of the worst paid one."""
    payoffs = episode.payoffs.values()
    return max(payoffs) - min(payoffs)


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, or None where there is nothing."""
    if not values:
        return None
    return mean_of(values)


def stderr_of_mean(values: Sequence[float]) -> float | None:
    """Return one standard error of the mean, or None where one value alone cannot tell it."""
    if len(values) < 2:
        return None
    error = error_of_mean(values, [EXACT] * len(values))
    return None if error is None else error.stderr


def by_seat(
    figure: Callable[[Sequence[float]], Figure], values: Mapping[Seat, Sequence[float]]
) -> dict[Seat, Figure]:
    """Return a figure of the values of each seat."""
    return {seat: figure(series) for seat, series in values.items()}
