"""Who sits at the seats while a policy learns: itself, its past selves, or a policy that stands."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Protocol

import numpy as np
from torch import Tensor

from shapley_coop.config.seeds import generator
from shapley_coop.interfaces.agent import AgentFactory
from shapley_coop.rl.policies.recurrent.network import PolicyNetwork
from shapley_coop.rl.training.reinforcement.rollout import Casting

PAST_SELVES = 8
"""How many past selves are kept as opponents."""
Weights = dict[str, Tensor]


class Lineup(Protocol):
    """Says who plays, and remembers whom it needs for that."""

    def casting(self, learner: PolicyNetwork, first: int, count: int) -> Casting:
        """Return who plays the episodes from number `first` on."""

    def take_note(self, learner: PolicyNetwork, updates: int) -> None:
        """Hear that a policy has learned from so many batches."""

    def memory(self) -> list[Weights]:
        """Return what a checkpoint has to hold."""

    def restore(self, memory: list[Weights]) -> None:
        """Take up what a checkpoint held."""


class Forgetful:
    """What lineups share that need not remember anybody."""

    def take_note(self, learner: PolicyNetwork, updates: int) -> None:
        """Nothing is remembered."""

    def memory(self) -> list[Weights]:
        """Return nothing."""
        return []

    def restore(self, memory: list[Weights]) -> None:
        """Nothing was remembered."""


class SelfPlay(Forgetful):
    """The policy sits at every seat."""

    def casting(self, learner: PolicyNetwork, first: int, count: int) -> Casting:
        """Return the policy alone."""
        return Casting(learner, _everywhere)


class AmongGuests(Forgetful):
    """In every other episode one seat learns, and agents of one kind sit at the others.

    Args:
        factory: makes the agents.
        seed: all draws follow from it.
        seats: of the game.
    """

    def __init__(self, factory: AgentFactory, seed: int, seats: int) -> None:
        self._factory = factory
        self._seed = seed
        self._seats = seats

    def casting(self, learner: PolicyNetwork, first: int, count: int) -> Casting:
        """Return the policy alone, or at one seat among agents."""
        rng = generator(self._seed, "casting", first)
        learns = one_of(self._seats, first, count, rng)
        return Casting(learner, learns, self._factory)


class PastSelves:
    """In every other episode one seat learns, and a past self sits at the others.

    Args:
        seed: all draws follow from it.
        seats: of the game.
        updates: batches of the whole course, over which the past selves are spread.
    """

    def __init__(self, seed: int, seats: int, updates: int) -> None:
        self._seed = seed
        self._seats = seats
        self._every = max(1, updates // PAST_SELVES)
        self._past: list[Weights] = []

    def casting(self, learner: PolicyNetwork, first: int, count: int) -> Casting:
        """Return the policy alone, or with a past self beside it."""
        if not self._past:
            return Casting(learner, _everywhere)
        # Drawn anew at each update, by its own generator, so that a resumed course draws alike.
        rng = generator(self._seed, "casting", first)
        rival = deepcopy(learner)
        rival.load_state_dict(self._past[int(rng.integers(len(self._past)))])
        return Casting(learner, one_of(self._seats, first, count, rng), rival)

    def take_note(self, learner: PolicyNetwork, updates: int) -> None:
        """Keep this self, at times."""
        if updates % self._every == 0:
            self._past.append(deepcopy(learner.state_dict()))

    def memory(self) -> list[Weights]:
        """Return the past selves."""
        return self._past

    def restore(self, memory: list[Weights]) -> None:
        """Take up the past selves."""
        self._past = memory


class BesideRival(Forgetful):
    """One seat learns, and a policy that does not learn sits at all others.

    Args:
        rival: sits at the others.
        seat: the number of the seat that learns.
    """

    def __init__(self, rival: PolicyNetwork, seat: int) -> None:
        self._rival = rival
        self._seat = seat

    def casting(self, learner: PolicyNetwork, first: int, count: int) -> Casting:
        """Return the policy at its seat and the rival at the others."""
        return Casting(learner, lambda _, seat: seat == self._seat, self._rival)


def one_of(
    seats: int, first: int, count: int, rng: np.random.Generator
) -> Callable[[int, int], bool]:
    """Return which seats learn: all in even episodes, and one that is drawn in odd ones.

    Args:
        seats: of the game.
        first: the number of the first episode.
        count: how many episodes there are.
        rng: draws the seats.
    """
    learning = rng.integers(seats, size=count)

    def learns(episode: int, seat: int) -> bool:
        return episode % 2 == 0 or bool(learning[episode - first] == seat)

    return learns


def _everywhere(episode: int, seat: int) -> bool:  # noqa: ARG001 - asked as `Casting` says
    return True
