"""Somebody else's PettingZoo environment behind one face, be it Parallel or turn based (AEC)."""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any

import numpy as np
from numpy.typing import NDArray

from games.third_party.observations import MASK
from shapley_coop.errors import GameError


class Live(ABC):
    """A running environment, whose agents go by the names of seats."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self._seat_of = _names(_agents(env))
        self._agent_of = {seat: agent for agent, seat in self._seat_of.items()}
        self.seats = list(self._agent_of)
        # Seats that are out see nothing any more, and keep what they saw last.
        self._observations: dict[Hashable, Any] = {}
        self._infos: Any = None
        # Asked for by every seat, and worked out once in a step.
        self._turn: list[str] = []

    @abstractmethod
    def reset(self, seed: int) -> None:
        """Begin an episode."""

    @abstractmethod
    def step(self, actions: Mapping[str, Any]) -> Mapping[str, float]:
        """Take the actions of the seats to move and return every seat's reward."""

    def turn(self) -> Sequence[str]:
        """Return the seats to move now. There are none when the episode is over."""
        return self._turn

    def observation(self, seat: str) -> Any:
        """Return the latest observation of a seat, or None of a seat that has seen nothing."""
        return self._observations.get(self._agent_of[seat])

    def mask(self, seat: str) -> NDArray[np.bool_] | None:
        """Return which actions are legal, if the environment says so."""
        agent = self._agent_of[seat]
        info = self._infos.get(agent) if isinstance(self._infos, Mapping) else None
        # Environments put the mask in either place.
        for source in (self._observations.get(agent), info):
            if isinstance(source, Mapping) and source.get(MASK) is not None:
                return np.asarray(source[MASK], dtype=bool)
        return None

    def action_space(self, seat: str) -> Any:
        """Return a seat's action space."""
        return self.env.action_space(self._agent_of[seat])

    def observation_space(self, seat: str) -> Any:
        """Return a seat's observation space."""
        return self.env.observation_space(self._agent_of[seat])

    def render(self) -> Any:
        """Return the environment's picture, or None without one."""
        return self.env.render()

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def _seat(self, agent: Hashable) -> str:
        """Return the seat of an agent."""
        if agent not in self._seat_of:
            raise GameError(
                f"agent {agent!r} appears, whom possible_agents does not list; it lists "
                f"{', '.join(self.seats)}"
            )
        return self._seat_of[agent]


class LiveParallel(Live):
    """A Parallel environment: all seats that are left move at once."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self._out: set[Hashable] = set()

    def reset(self, seed: int) -> None:
        """Begin an episode."""
        opening = self.env.reset(seed=seed)
        # A dict of two agents would pass for a pair, so the type is looked at.
        if not isinstance(opening, tuple) or len(opening) != 2:
            raise GameError(
                f"reset() returns a {type(opening).__name__}; a ParallelEnv returns the pair of "
                f"observations and infos"
            )
        self._observations = dict(opening[0])
        self._infos = opening[1]
        self._out = set()
        self._turn = self._left()

    def step(self, actions: Mapping[str, Any]) -> Mapping[str, float]:
        """Take all seats' actions and return every seat's reward."""
        joint = {}
        for agent in self.env.agents:
            seat = self._seat(agent)
            # Some environments go on to list agents that are out, and ask for their actions.
            spare = self.env.action_space(agent).start
            joint[agent] = actions.get(seat, spare)
        observations, rewards, terminations, truncations, infos = self.env.step(joint)
        self._observations = {**self._observations, **observations}
        self._infos = infos
        for agent in self._seat_of:
            flags = [ends.get(agent) for ends in (terminations, truncations)]
            if any(flags):
                self._out.add(agent)
            elif None not in flags:
                self._out.discard(agent)
        self._turn = self._left()
        return {
            seat: float(rewards.get(agent, 0.0))
            for agent, seat in self._seat_of.items()
        }

    def _left(self) -> list[str]:
        """Return the seats that are not out."""
        left = [agent for agent in self.env.agents if agent not in self._out]
        return [self._seat(agent) for agent in left]


class LiveTurns(Live):
    """A turn-based (AEC) environment: one seat moves, and seats that are out are stepped over."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self._paid: dict[Hashable, float] = defaultdict(float)
        self._collected: dict[Hashable, float] = defaultdict(float)

    def reset(self, seed: int) -> None:
        """Begin an episode."""
        self.env.reset(seed=seed)
        self._paid.clear()
        self._collected.clear()
        self._observations = {}
        self._look()
        self._bury()
        self._turn = self._mover()

    def step(self, actions: Mapping[str, Any]) -> Mapping[str, float]:
        """Take the action of the seat to move and return every seat's reward."""
        mover = self.env.agent_selection
        self._collect(mover)
        self.env.step(actions[self._seat(mover)])
        rewards = {}
        for agent, seat in self._seat_of.items():
            rewards[seat] = float(self.env.rewards.get(agent, 0.0))
            self._paid[agent] += rewards[seat]
        self._look()
        self._bury()
        self._turn = self._mover()
        if not self._turn:
            self._compare_pay()
        return rewards

    def _mover(self) -> list[str]:
        """Return the one seat to move, or nobody when all are out."""
        return [] if self._all_out() else [self._seat(self._selected())]

    def _selected(self) -> Hashable:
        """Return the agent to move, who may be out and only be buried."""
        agent: Hashable = self.env.agent_selection
        if agent not in self.env.agents:
            raise GameError(
                f"it selects {agent!r} to move, who has left; left to move are {self.env.agents}"
            )
        return agent

    def _look(self) -> None:
        # Everybody looks once in every step. If it hung on who asks, an environment that draws
        # when it is looked at would not repeat itself.
        for agent in self.env.agents:
            self._seat(agent)
            try:
                self._observations[agent] = self.env.observe(agent)
            except Exception:
                # Some environments show themselves to the agent to move alone.
                if agent == self.env.agent_selection:
                    raise
        self._infos = self.env.infos

    def _bury(self) -> None:
        # PettingZoo wants None from a seat that is out before another one may move.
        most = len(self.env.agents)
        while not self._all_out() and self._is_out(self._selected()):
            if most == 0:
                seat = self._seat(self._selected())
                raise GameError(f"{seat} is out but keeps the turn")
            most -= 1
            self._collect(self._selected())
            self.env.step(None)

    def _is_out(self, agent: Hashable) -> bool:
        return bool(self.env.terminations[agent] or self.env.truncations[agent])

    def _all_out(self) -> bool:
        # Some environments go on to list agents when all of them are out.
        return all(self._is_out(agent) for agent in self.env.agents)

    def _collect(self, agent: Hashable) -> None:
        """Count what an agent is told by `last()` that it earned since it moved."""
        self._collected[agent] += self._pending(agent)

    def _pending(self, agent: Hashable) -> float:
        # `last()` reads this one, and only of the seat to move.
        return float(self.env._cumulative_rewards.get(agent, 0.0))  # noqa: SLF001

    def _compare_pay(self) -> None:
        """Refuse an environment whose `rewards` are not what its `last()` told."""
        for agent, seat in self._seat_of.items():
            collected = self._collected[agent] + self._pending(agent)
            if not math.isclose(
                collected, self._paid[agent], rel_tol=1e-6, abs_tol=1e-6
            ):
                raise GameError(
                    f"its rewards pay {seat} {self._paid[agent]:g} and its last() "
                    f"{collected:g}; both are the same in a PettingZoo environment"
                )


def _agents(env: Any) -> list[Hashable]:
    """Return all agents. Some environments know them only once an episode has begun."""
    agents = _possible_agents(env)
    if not agents:
        with redirect_stdout(sys.stderr):
            env.reset(seed=0)
        agents = _possible_agents(env) or list(env.agents)
    return agents


def _possible_agents(env: Any) -> list[Hashable]:
    # The base classes declare this without a value.
    try:
        return list(env.possible_agents)
    except AttributeError:
        return []


def _names(agents: Sequence[Hashable]) -> dict[Hashable, str]:
    """Return the seat of each agent: its id as text, with `agent` before a lone number."""
    seats: dict[Hashable, str] = {}
    for agent in agents:
        parts = agent if isinstance(agent, tuple) else (agent,)
        words = [str(part) for part in parts]
        # A seat that is called 0 could not be told from a number in what is said of it.
        if isinstance(agent, int | np.integer):
            words = ["agent", *words]
        seats[agent] = "_".join(words)
    names = list(seats.values())
    if not names or "" in names or len(set(names)) < len(agents):
        raise GameError(
            f"its agents are {list(agents)}; there must be one or more, of different names"
        )
    return seats
