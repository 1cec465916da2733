"""What every game is: a PettingZoo ParallelEnv plus facts, legal moves, absence and worth.

A game writes `begin` and `advance` and keeps all that changes in `self.world`. Everything else
(spaces, masks, snapshots, rendering, previews) follows from that. What an author may write is
in `mechanics`, what is played without PettingZoo in `playable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete
from numpy.typing import NDArray
from pettingzoo import AECEnv, ParallelEnv

from shapley_coop.errors import ConfigError, PluginError, unknown
from shapley_coop.interfaces.drawing import text_frame
from shapley_coop.interfaces.mechanics import action_number, seat_count, whole
from shapley_coop.interfaces.moments import Preview, Snapshot
from shapley_coop.interfaces.playable import Playable
from shapley_coop.interfaces.worth import (
    CoalitionWorth,
    CountWorth,
    History,
    Security,
    Worth,
    kinds_by_line,
)
from shapley_coop.records import Seat

# What an author of a game imports, in one place.
__all__ = [
    "CoalitionWorth",
    "CountWorth",
    "Game",
    "History",
    "Observation",
    "Preview",
    "Security",
    "Snapshot",
    "Worth",
    "kinds_by_line",
    "seat_count",
    "whole",
]

Observation = dict[str, NDArray[Any]]
"""`observation` is float32 features of fixed length, `action_mask` is int8 and 1 where legal."""
Info = dict[str, Any]


class Game(Playable, ParallelEnv[Seat, Observation, int]):
    """Base of every game here: a subclass writes what `Mechanics` names, the rest follows from it.

    Subclasses call `super().__init__` last, since it plays `begin`. A new game stands at its
    opening under seed 0. `start` and `reset` begin again.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi", "rgb_array"]}  # noqa: RUF012 - PettingZoo's

    def __init__(
        self, seats: Sequence[Seat], *, render_mode: str | None = None
    ) -> None:
        self._require_declared()
        modes = type(self).metadata["render_modes"]
        if render_mode is not None and render_mode not in modes:
            raise ConfigError(
                f"unknown render_mode {render_mode!r}; known: {', '.join(modes)}"
            )
        self.metadata = {**type(self).metadata, "name": f"{self.name}_v0"}
        self.render_mode = render_mode
        super().__init__(seats)

    def _require_declared(self) -> None:
        for field in ("name", "actions", "goal"):
            if not hasattr(self, field):
                raise PluginError(
                    f"{type(self).__name__} declares no {field}; write it in the class, or set "
                    "it before super().__init__()"
                )

    def __repr__(self) -> str:
        # A game of a thousand seats still has to fit into one line.
        some = ", ".join(self.possible_agents[:8])
        more = ", …" if len(self.possible_agents) > 8 else ""
        return (
            f"<game {self.name!r} of {len(self.possible_agents)} seats: {some}{more}>"
        )

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
        game = self.twin()
        game.keep_seats(seats)
        game.start(0)
        return game

    def keep_seats(self, seats: Sequence[Seat]) -> None:
        """Keep only `seats` of this game's seats, in the game's own order."""
        # The spaces are kept after first use and belong to the seats of before.
        self.__dict__.pop("observation_spaces", None)
        self.__dict__.pop("action_spaces", None)
        present = set(seats)
        self.possible_agents = [
            name for name in self.possible_agents if name in present
        ]

    # -- PettingZoo --------------------------------------------------------------------------

    def aec_env(self) -> AECEnv[Seat, Observation, int]:
        """Return this game with its simultaneous steps taken seat by seat (PettingZoo AEC)."""
        from pettingzoo.utils import parallel_to_aec

        return parallel_to_aec(self)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[Seat, Observation], dict[Seat, Info]]:
        """Start an episode (PettingZoo) and return observations and empty infos."""
        self.start(seed)
        observations = {seat: self.observe(seat) for seat in self.agents}
        infos: dict[Seat, Info] = {seat: {} for seat in self.agents}
        return observations, infos

    def _named_action(self, value: object) -> str | None:
        """Return the action that a learner means, or None if it means none.

        A learner gives a number, or the name joined with a text where an action takes one.
        """
        if self.writes and isinstance(value, str):
            return value
        number = action_number(value)
        # Python counts -1 from the end of a list, and learners mean no action by it.
        known = number is not None and 0 <= number < len(self.actions)
        return self.actions[number] if known and number is not None else None

    def step(
        self, actions: dict[Seat, int]
    ) -> tuple[
        dict[Seat, Observation],
        dict[Seat, float],
        dict[Seat, bool],
        dict[Seat, bool],
        dict[Seat, Info],
    ]:
        """Advance one step (PettingZoo). A game that meets its horizon is truncated.

        Learners sample actions without the mask. So an illegal action is replaced by the seat's
        `fallback` and named in its info as `illegal`. A number that is no action stands there as it
        is.
        """
        seats = list(self.agents)
        joint: dict[Seat, str] = {}
        infos: dict[Seat, Info] = {}
        for seat in seats:
            named = self._named_action(actions[seat])
            if named is not None and self.refusal(seat, named) is None:
                joint[seat], infos[seat] = named, {}
            else:
                illegal = actions[seat] if named is None else named
                joint[seat], infos[seat] = self.fallback(seat), {"illegal": illegal}
        record = self.apply(joint)
        # PettingZoo tells a game that ended by its rules from one that was cut short.
        ended = not self.agents
        truncated = ended and not self.over()
        observations = {seat: self.observe(seat) for seat in seats}
        rewards = dict(record.rewards)
        terminations = dict.fromkeys(seats, ended and not truncated)
        truncations = dict.fromkeys(seats, truncated)
        return observations, rewards, terminations, truncations, infos

    def observe(self, seat: Seat) -> Observation:
        """Return the features and the mask of legal actions of one seat."""
        mask = np.zeros(len(self.actions), np.int8)
        legal = [self.index[name] for name in self.legal(seat)]
        mask[legal] = 1
        return {"observation": self.features(seat), "action_mask": mask}

    @cached_property
    def observation_spaces(self) -> dict[Seat, Dict]:
        """The space of each seat's observations."""
        # Built on first use, since a thousand seats take a while.
        spaces = {}
        for seat in self.possible_agents:
            shape = self.features(seat).shape
            features = Box(-np.inf, np.inf, shape, np.float32)
            mask = Box(0, 1, (len(self.actions),), np.int8)
            spaces[seat] = Dict({"observation": features, "action_mask": mask})
        return spaces

    @cached_property
    def action_spaces(self) -> dict[Seat, Discrete]:
        """The space of each seat's actions."""
        return {seat: Discrete(len(self.actions)) for seat in self.possible_agents}

    def observation_space(self, agent: Seat) -> Dict:
        """Return the space of one seat's observations, which is the same object every time."""
        return self.observation_spaces[agent]

    def action_space(self, agent: Seat) -> Discrete:
        """Return the space of one seat's actions, which is the same object every time."""
        return self.action_spaces[agent]

    def render(self) -> str | NDArray[np.uint8] | None:
        """Return the picture as text or pixels by `render_mode`, or None without one."""
        if self.render_mode == "ansi":
            return self.picture()
        if self.render_mode == "rgb_array":
            return self.frame()
        return None

    def frame(self) -> NDArray[np.uint8]:
        """Return the picture as pixels (height, width, 3). Games with a map draw their own."""
        return text_frame(self.picture())

    def close(self) -> None:
        """Release nothing: games here hold no outside resource."""
