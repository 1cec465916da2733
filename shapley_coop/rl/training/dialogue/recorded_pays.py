"""What seats are paid for an episode that was played and recorded before."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shapley_coop.errors import ConfigError
from shapley_coop.records import Episode, Seat

Pay = Callable[[Episode], dict[Seat, float]]


def _own(episode: Episode) -> dict[Seat, float]:
    return dict(episode.payoffs)


def _total(episode: Episode) -> dict[Seat, float]:
    return dict.fromkeys(episode.payoffs, sum(episode.payoffs.values()))


def _equal(episode: Episode) -> dict[Seat, float]:
    part = sum(episode.payoffs.values()) / len(episode.payoffs)
    return dict.fromkeys(episode.payoffs, part)


def _shapley(episode: Episode) -> dict[Seat, float]:
    if episode.credit is None:
        raise ConfigError(
            f"episode {episode.index} has no measured credit to be paid by; play it with credit, "
            "or take another pay",
            field="pay",
        )
    return dict(episode.credit.values)


RECORDED_PAYS: Mapping[str, Pay] = {
    "individual": _own,
    "team": _total,
    "equal": _equal,
    "shapley": _shapley,
}
"""What seats are paid for an episode as it is recorded.

Unlike `PAYS` of policies that learn in play, nothing is divided for it: `equal` is the mean of all
payoffs, and `shapley` is the credit that its run measured, with no part of the total added.
"""
