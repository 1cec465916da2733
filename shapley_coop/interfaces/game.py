"""What every game is: a PettingZoo ParallelEnv plus facts, legal moves, absence and worth.

A game writes `begin` and `advance` and keeps all that changes in `self.world`. Everything else
(spaces, masks, snapshots, rendering, previews) follows from that.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete
from numpy.typing import NDArray
from pettingzoo import AECEnv, ParallelEnv

from shapley_coop.errors import ConfigError, GameError, IllegalMove, unknown
from shapley_coop.interfaces.drawing import text_frame
from shapley_coop.interfaces.mechanics import Mechanics, whole
from shapley_coop.interfaces.worth import CoalitionWorth, CountWorth, History, Security
from shapley_coop.records import Seat, Step

__all__ = [
    "CoalitionWorth",
    "CountWorth",
    "Game",
    "History",
    "Observation",
    "Preview",
    "Security",
    "Snapshot",
    "whole",
]

Observation = dict[str, NDArray[Any]]


class Game(Mechanics, ParallelEnv[Seat, Observation, int]):
    """Base of every game here: a subclass writes what `Mechanics` names, the rest follows from it.

    Subclasses call `super().__init__` last, since it plays `begin`. A new game stands at its
    opening under seed 0; `start` and `reset` begin again.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi", "rgb_array"]}  # noqa: RUF012 - PettingZoo's

    def __init__(
        self, seats: Sequence[Seat], *, render_mode: str | None = None
    ) -> None:
        modes = type(self).metadata["render_modes"]
        if render_mode is not None and render_mode not in modes:
            raise ConfigError(
                f"unknown render_mode {render_mode!r}; known: {', '.join(modes)}"
            )
        self.metadata = {**type(self).metadata, "name": f"{self.name}_v0"}
        self.render_mode = render_mode
        self.possible_agents = list(seats)
        self.index = {name: number for number, name in enumerate(self.actions)}
        self.start(0)

    def restrict(self, seats: Sequence[Seat]) -> Game | None:
        """Return the game that only `seats` play, or None if others cannot be removed."""
        return None

    def only(self, seats: Sequence[Seat]) -> Self:
        """Return a copy of this game at its opening that only `seats` play, for `restrict`.

        Raises:
            ConfigError: a seat that this game does not have.
        """
        for seat in seats:
            if seat not in self.possible_agents:
                raise ConfigError(unknown("seat", seat, self.possible_agents))
        game = copy.copy(self)
        game.__dict__.pop("observation_spaces", None)
        game.__dict__.pop("action_spaces", None)
        game.possible_agents = [
            seat for seat in self.possible_agents if seat in set(seats)
        ]
        game.start(0)
        return game

    def aec_env(self) -> AECEnv[Seat, Observation, int]:
        """Return this game with its simultaneous steps taken seat by seat (PettingZoo AEC)."""
        from pettingzoo.utils import parallel_to_aec

        return parallel_to_aec(self)

    def start(self, seed: int | None) -> None:
        """Begin an episode without building observations; all its chance follows from `seed`."""
        self.rng = np.random.default_rng(seed)
        self.agents = list(self.possible_agents)
        self.clock = 0
        self.world = self.begin()

    def apply(self, actions: Mapping[Seat, str]) -> Step:
        """Advance one step by action names; seats leave `agents` when the game ends.

        Raises:
            IllegalMove: a seat's action is missing, unknown or not legal now.
            GameError: the game itself raised, or paid a seat something that is no finite number.
        """
        if not self.agents:
            raise GameError(
                f"{self.name} is over; call reset() or start() before the next step"
            )
        for seat in self.agents:
            if actions.get(seat) not in self.legal(seat):
                raise IllegalMove(
                    f"{seat} cannot take {actions.get(seat)!r} at step {self.clock} of "
                    f"{self.name}; legal: {', '.join(self.legal(seat))}"
                )
        taken = {seat: actions[seat] for seat in self.agents}
        numbers = {seat: self.index[name] for seat, name in taken.items()}
        try:
            rewards = self.advance(numbers)
            paid = {seat: float(rewards[seat]) for seat in self.agents}
        except (
            Exception
        ) as error:  # a game may fail in any way; its episode ends, the run goes on
            raise GameError(
                f"{self.name} failed at step {self.clock}: {error!r}"
            ) from error
        if not all(np.isfinite(list(paid.values()))):
            raise GameError(
                f"{self.name} paid {paid} at step {self.clock}; rewards are finite"
            )
        self.clock += 1
        if self.clock >= self.horizon or self.over():
            self.agents = []
        return Step(actions=taken, rewards=paid)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[Seat, Observation], dict[Seat, dict[str, Any]]]:
        """Start an episode (PettingZoo); returns observations and empty infos."""
        self.start(seed)
        return {seat: self.observe(seat) for seat in self.agents}, {
            s: {} for s in self.agents
        }

    def step(
        self, actions: dict[Seat, int]
    ) -> tuple[
        dict[Seat, Observation],
        dict[Seat, float],
        dict[Seat, bool],
        dict[Seat, bool],
        dict[Seat, dict[str, Any]],
    ]:
        """Advance one step (PettingZoo); a game that meets its horizon is truncated.

        Learners sample actions without the mask: an illegal one is replaced by the seat's
        `fallback` and named in its info as `illegal`.
        """
        seats = list(self.agents)
        named = {seat: self.actions[int(actions[seat])] for seat in seats}
        illegal = {
            seat: name for seat, name in named.items() if name not in self.legal(seat)
        }
        record = self.apply(named | {seat: self.fallback(seat) for seat in illegal})
        ended = not self.agents
        truncated = ended and not self.over()
        return (
            {seat: self.observe(seat) for seat in seats},
            dict(record.rewards),
            dict.fromkeys(seats, ended and not truncated),
            dict.fromkeys(seats, truncated),
            {
                seat: {"illegal": illegal[seat]} if seat in illegal else {}
                for seat in seats
            },
        )

    def observe(self, seat: Seat) -> Observation:
        """Return the features and the mask of legal actions of one seat."""
        mask = np.zeros(len(self.actions), np.int8)
        mask[[self.index[name] for name in self.legal(seat)]] = 1
        return {"observation": self.features(seat), "action_mask": mask}

    @cached_property
    def observation_spaces(self) -> dict[Seat, Dict]:
        """The space of each seat's observations, built on first use: a thousand take a while."""
        return {
            seat: Dict(
                {
                    "observation": Box(
                        -np.inf, np.inf, self.features(seat).shape, np.float32
                    ),
                    "action_mask": Box(0, 1, (len(self.actions),), np.int8),
                }
            )
            for seat in self.possible_agents
        }

    @cached_property
    def action_spaces(self) -> dict[Seat, Discrete]:
        """The space of each seat's actions."""
        return {seat: Discrete(len(self.actions)) for seat in self.possible_agents}

    def observation_space(self, agent: Seat) -> Dict:
        """Return the space of one seat's observations; the same object every time."""
        return self.observation_spaces[agent]

    def action_space(self, agent: Seat) -> Discrete:
        """Return the space of one seat's actions; the same object every time."""
        return self.action_spaces[agent]

    def fresh(self) -> Game:
        """Return another instance with the same parameters, free to be played."""
        stage = copy.copy(self)
        stage.start(0)
        return stage

    def snapshot(self) -> Snapshot:
        """Return everything needed to come back to this moment."""
        return Snapshot(
            copy.deepcopy(self.world),
            self.rng.bit_generator.state,
            tuple(self.agents),
            self.clock,
        )

    def restore(self, moment: Snapshot) -> None:
        """Come back to a moment of this game; the moment can be restored again."""
        self.world = copy.deepcopy(moment.world)
        self.rng = np.random.default_rng()
        self.rng.bit_generator.state = moment.chance
        self.agents = list(moment.agents)
        self.clock = moment.clock

    def preview(self, plan: Mapping[Seat, Sequence[str]]) -> Preview:
        """Return how the game would end under `plan` from here, and come back to this moment.

        Seats follow the plan as `follow` says.
        """
        now = self.snapshot()
        steps: list[Step] = []
        try:
            while self.agents:
                turn = len(steps)
                steps.append(
                    self.apply(
                        {s: self.follow(s, plan.get(s, ()), turn) for s in self.agents}
                    )
                )
            outcomes = self.outcomes()
        finally:
            self.restore(now)
        payoffs = {
            seat: sum(step.rewards.get(seat, 0.0) for step in steps)
            for seat in self.seats
        }
        return Preview(payoffs, outcomes, tuple(steps))

    def follow(self, seat: Seat, plan: Sequence[str], turn: int) -> str:
        """Return a seat's planned action of a turn.

        Where the plan is used up or names an illegal action, its `fallback`.
        """
        if turn < len(plan) and plan[turn] in self.legal(seat):
            return plan[turn]
        return self.fallback(seat)

    def fallback(self, seat: Seat) -> str:
        """Return what a seat without a usable action does: secure, else idle, else first legal."""
        legal = self.legal(seat)
        secure = self.security(seat)
        return (
            secure.action if secure is not None and secure.action in legal else legal[0]
        )

    def render(self) -> str | NDArray[np.uint8] | None:
        """Return the picture as text or pixels by `render_mode`, or None without one."""
        if self.render_mode == "ansi":
            return self.picture()
        if self.render_mode == "rgb_array":
            return self.frame()
        return None

    def frame(self) -> NDArray[np.uint8]:
        """Return the picture as pixels (height, width, 3); games with a map draw their own."""
        return text_frame(self.picture())

    def close(self) -> None:
        """Release nothing: games here hold no outside resource."""


class Snapshot(NamedTuple):
    """A moment of a game: its world, its dice, its seats and its clock."""

    world: Any
    chance: Any
    agents: tuple[Seat, ...]
    clock: int


class Preview(NamedTuple):
    """How a game would end if the given actions were taken from here on."""

    payoffs: dict[Seat, float]
    outcomes: frozenset[str]
    steps: tuple[Step, ...]
