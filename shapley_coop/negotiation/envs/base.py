"""What negotiation environments share: spaces, masks, rendering and protocols by name."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete
from numpy.typing import NDArray
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils import parallel_to_aec

from shapley_coop.config.protocol import PROTOCOLS, NegotiationProtocol
from shapley_coop.errors import ConfigError, unknown
from shapley_coop.interfaces.copying import WholeCopies
from shapley_coop.interfaces.drawing import text_frame
from shapley_coop.interfaces.game import Observation
from shapley_coop.negotiation.table import Table
from shapley_coop.records import Seat
from shapley_coop.records.wording import terms_text

Observations = dict[Seat, Observation]
Rewards = dict[Seat, float]
Flags = dict[Seat, bool]
Infos = dict[Seat, dict[str, Any]]
Stepped = tuple[Observations, Rewards, Flags, Flags, Infos]
"""What a step of a PettingZoo environment returns: terminations and truncations are flags."""


class NegotiationEnv(WholeCopies, ParallelEnv[Seat, Observation, int]):
    """Spaces, masks and rendering that the environments here share."""

    possible_agents: list[Seat]
    metadata: dict[str, Any]
    render_mode: str | None
    actions: int
    width: int

    def _setup(
        self, name: str, seats: tuple[Seat, ...], render_mode: str | None
    ) -> None:
        # PettingZoo's own words. `human` is left out, since a table has no window.
        modes = ["ansi", "rgb_array"]
        if render_mode is not None and render_mode not in modes:
            raise ConfigError(unknown("render_mode", render_mode, modes))
        self.metadata = {"name": name, "render_modes": modes}
        self.render_mode = render_mode
        self.possible_agents = list(seats)
        self.agents: list[Seat] = []

    @cached_property
    def observation_spaces(self) -> dict[Seat, Dict]:
        """The space of each seat's observations."""
        box = Box(-np.inf, np.inf, (self.width,), np.float32)
        mask = Box(0, 1, (self.actions,), np.int8)
        spaces = {}
        for seat in self.possible_agents:
            # Each seat has a space of its own, since spaces hold generators that users seed.
            spaces[seat] = Dict({"observation": box, "action_mask": mask})
        return spaces

    @cached_property
    def action_spaces(self) -> dict[Seat, Discrete]:
        """The space of each seat's actions."""
        return {seat: Discrete(self.actions) for seat in self.possible_agents}

    def observation_space(self, agent: Seat) -> Dict:
        """Return the space of one seat's observations."""
        return self.observation_spaces[agent]

    def action_space(self, agent: Seat) -> Discrete:
        """Return the space of one seat's actions."""
        return self.action_spaces[agent]

    @cached_property
    def state_space(self) -> Box:
        """The space of the state: what all seats see, one after the other."""
        width = self.width * len(self.possible_agents)
        return Box(-np.inf, np.inf, (width,), np.float32)

    def state(self) -> NDArray[np.float32]:
        """Return what all seats see now, for a critic that training alone has."""
        seen = [self._observe(seat)["observation"] for seat in self.possible_agents]
        return np.concatenate(seen)

    @abstractmethod
    def _observe(self, seat: Seat) -> Observation:
        """Return what one seat sees now."""

    def _observe_all(self, seats: Iterable[Seat]) -> Observations:
        return {seat: self._observe(seat) for seat in seats}

    def _after_step(
        self,
        seats: list[Seat],
        rewards: Rewards,
        illegal: Mapping[Seat, Any],
        *,
        over: bool,
    ) -> Stepped:
        """Return what a step returns, and let all leave if the episode is over.

        Args:
            seats: those that took part in the step.
            rewards: what they were paid.
            illegal: what those chose who fell back.
            over: whether the episode is over.
        """
        if over:
            self.agents = []
        infos: Infos = {seat: {} for seat in seats}
        for seat, choice in illegal.items():
            infos[seat] = {"illegal": choice}
        # An episode ends by itself, so nobody is ever cut off.
        return (
            self._observe_all(seats),
            rewards,
            dict.fromkeys(seats, over),
            dict.fromkeys(seats, False),
            infos,
        )

    def aec_env(self) -> AECEnv[Seat, Observation, int]:
        """Return this environment with its steps taken seat by seat (PettingZoo AEC)."""
        return parallel_to_aec(self)

    def render(self) -> str | NDArray[np.uint8] | None:
        """Return the picture as text or pixels by `render_mode`, or None without one."""
        if self.render_mode == "ansi":
            return self.picture()
        return text_frame(self.picture()) if self.render_mode == "rgb_array" else None

    @abstractmethod
    def picture(self) -> str:
        """Return the public state as text."""

    def close(self) -> None:
        """Release nothing."""


def protocol_named(protocol: str | NegotiationProtocol) -> NegotiationProtocol:
    """Return a protocol by name.

    Raises:
        ConfigError: no such protocol.
    """
    if isinstance(protocol, NegotiationProtocol):
        return protocol
    if protocol not in PROTOCOLS:
        raise ConfigError(unknown("protocol", protocol, PROTOCOLS))
    return PROTOCOLS[protocol]


def table_text(table: Table) -> str:
    """Return a table as text: state, round, turn and the standing offer."""
    turn = ", ".join(table.turn()) or "nobody"
    round_ = table.rounds_used
    lines = [f"{table.phase} table: {table.state}, round {round_}, turn of {turn}"]
    standing = table.standing
    if standing is not None:
        signers = ", ".join(table.signers)
        lines.append(f"{standing.author} offers, signed by {signers}:")
        lines += [f"  {line}" for line in terms_text(standing.terms)]
    return "\n".join(lines)
