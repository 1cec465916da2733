"""Somebody else's PettingZoo environment behind one face, be it Parallel or turn based (AEC)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from pettingzoo import aec_registry, parallel_registry

from shapley_coop.errors import PluginError, unknown


class Live(Protocol):
    """A running environment."""

    seats: list[str]

    def reset(self, seed: int) -> None:
        """Begin an episode."""

    def step(self, actions: Mapping[str, int]) -> Mapping[str, float]:
        """Take the actions of the seats to move and return every seat's reward."""

    def turn(self) -> Sequence[str]:
        """Return the seats to move now. There are none when the episode is over."""

    def observation(self, seat: str) -> Any:
        """Return the latest observation of a seat."""

    def mask(self, seat: str) -> NDArray[np.bool_] | None:
        """Return which actions are legal, if the environment says so."""

    def action_space(self, seat: str) -> Any:
        """Return a seat's action space."""

    def render(self) -> Any:
        """Return the environment's picture, or None without one."""

    def close(self) -> None:
        """Close the environment."""


class _Env:
    """What both kinds share."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self.seats = list(env.possible_agents)

    def action_space(self, seat: str) -> Any:
        """Return a seat's action space."""
        return self.env.action_space(seat)

    def render(self) -> Any:
        """Return the environment's picture, or None without one."""
        return self.env.render()

    def close(self) -> None:
        """Close the environment."""
        self.env.close()


class LiveParallel(_Env):
    """A Parallel environment: all seats that are left move at once."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        # Seats that are out observe nothing any more, and keep what they observed last.
        self._observations: dict[str, Any] = {}
        self._infos: dict[str, Any] = {}

    def reset(self, seed: int) -> None:
        """Begin an episode."""
        self._observations, self._infos = self.env.reset(seed=seed)

    def step(self, actions: Mapping[str, int]) -> Mapping[str, float]:
        """Take all seats' actions and return every seat's reward."""
        observations, rewards, _, _, infos = self.env.step(dict(actions))
        self._observations = {**self._observations, **observations}
        self._infos = infos
        return {seat: float(rewards.get(seat, 0.0)) for seat in self.seats}

    def turn(self) -> Sequence[str]:
        """Return the seats that are left."""
        return list(self.env.agents)

    def observation(self, seat: str) -> Any:
        """Return the latest observation of a seat."""
        return self._observations[seat]

    def mask(self, seat: str) -> NDArray[np.bool_] | None:
        """Return which actions are legal, if the environment says so."""
        return _mask(self._observations.get(seat), self._infos.get(seat))


class LiveTurns(_Env):
    """A turn-based (AEC) environment: one seat moves, and seats that are out are stepped over."""

    def reset(self, seed: int) -> None:
        """Begin an episode."""
        self.env.reset(seed=seed)
        self._bury()

    def step(self, actions: Mapping[str, int]) -> Mapping[str, float]:
        """Take the action of the seat to move and return every seat's reward."""
        self.env.step(actions[self.env.agent_selection])
        rewards = {}
        for seat in self.seats:
            rewards[seat] = float(self.env.rewards.get(seat, 0.0))
        self._bury()
        return rewards

    def turn(self) -> Sequence[str]:
        """Return the one seat to move."""
        return [self.env.agent_selection] if self.env.agents else []

    def observation(self, seat: str) -> Any:
        """Return what a seat observes."""
        return self.env.observe(seat)

    def mask(self, seat: str) -> NDArray[np.bool_] | None:
        """Return which actions are legal, if the environment says so."""
        return _mask(self.env.observe(seat), self.env.infos.get(seat))

    def _bury(self) -> None:
        # PettingZoo wants None from a seat that is out before another one may move.
        while self.env.agents:
            seat = self.env.agent_selection
            if not self.env.terminations[seat] and not self.env.truncations[seat]:
                break
            self.env.step(None)


class Maker(NamedTuple):
    """How an environment is made, and whether it is Parallel."""

    make: Callable[..., Any]
    parallel: bool

    def launch(self, options: Mapping[str, Any]) -> Live:
        """Return a new environment.

        Raises:
            PluginError: the environment does not take these options.
        """
        try:
            env = self.make(**options)
        except (TypeError, ValueError, AssertionError, ImportError) as error:
            raise PluginError(
                f"{self.make} cannot be made with {dict(options)}: {error}"
            ) from error
        return LiveParallel(env) if self.parallel else LiveTurns(env)


def find(env_id: str) -> Maker:
    """Return the maker of an id such as `mpe2.simple_spread_v3` or `classic.tictactoe_v3`.

    What PettingZoo's own registry knows is taken from there, anything else is the module
    `family.name` with its `parallel_env` or `env`.

    Raises:
        PluginError: there is none, or its package is not installed.
    """
    family, _, name = env_id.partition(".")
    if not name:
        raise PluginError(
            f"pettingzoo:{env_id} names no environment; write pettingzoo:family.name, such as "
            f"pettingzoo:mpe2.simple_spread_v3 or pettingzoo:classic.tictactoe_v3"
        )
    # PettingZoo's ids have a dash before the version, its modules have an underscore.
    key = re.sub(r"_v(\d+)$", r"-v\1", f"{family}/{name}")
    for registry in (parallel_registry, aec_registry):
        if key in registry:
            place, _, attribute = str(registry[key].entry_point).partition(":")
            extra = f"pip install 'pettingzoo[{family}]'"
            module = _import(env_id, place, extra)
            return Maker(getattr(module, attribute), registry is parallel_registry)
    install = f"pip install {family}"
    known = _registered(family) or _modules(env_id, family, install)
    if name not in known:
        raise PluginError(unknown(f"environment of {family}", name, known))
    module = _import(env_id, f"{family}.{name}", install)
    make = getattr(module, "parallel_env", None) or getattr(module, "env", None)
    if make is None:
        raise PluginError(f"{module.__name__} has neither parallel_env nor env")
    return Maker(make, hasattr(module, "parallel_env"))


def _registered(family: str) -> list[str]:
    """Return the environments of a family of PettingZoo's own, as the module names."""
    names = []
    for key in aec_registry:
        own_family, _, name = key.partition("/")
        if own_family == family:
            names.append(name.replace("-v", "_v"))
    return names


def _modules(env_id: str, family: str, install: str) -> list[str]:
    """Return the environments of a package: its modules whose names end in a version."""
    package = _import(env_id, family, install)
    names = [module.name for module in iter_modules(package.__path__)]
    return [name for name in names if re.search(r"_v\d+$", name)]


def _import(env_id: str, module: str, install: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        raise PluginError(
            f"pettingzoo:{env_id} needs {error.name or module!r}, which is not installed: {install}"
        ) from error


def _mask(observation: Any, info: Any) -> NDArray[np.bool_] | None:
    # Environments put the mask in either place.
    for source in (observation, info):
        if isinstance(source, Mapping) and "action_mask" in source:
            return np.asarray(source["action_mask"], dtype=bool)
    return None
