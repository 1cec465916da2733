"""What is played to learn from: which game, under which protocol, with whom at the table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.config.seeds import generator
from shapley_coop.errors import ConfigError
from shapley_coop.simulation.worker import open_game

DRAWN = "*"
"""In place of a parameter's value: a whole number that is drawn anew for every episode."""
MOST_DRAWN = 2**31
PROTOCOLS: Mapping[str, float] = {"shapley-coop": 0.6, "short-term": 0.2, "talk": 0.2}
"""Protocols and how often each is played."""
ORDERS: Mapping[str, float] = {"fixed": 0.6, "random": 0.2, "simultaneous": 0.2}
"""Orders of speaking at the task table and how often each is played."""
PARTNERS = (
    "random",
    "stubborn",
    "over-claimer",
    "selfish",
    "free-rider",
    "breaker",
)
"""Who may sit at one of the seats, so that the teacher meets more than its like."""
WITH_PARTNER = 0.45
"""How often one does."""


@dataclass(frozen=True)
class GameChoice:
    """A game and its parameters, as they are named on the command line."""

    name: str
    """A registered name or `module:attribute`."""
    parameters: Mapping[str, Any]
    """What its factory is called with. `*` stands for a number that every episode draws."""

    @classmethod
    def read(cls, text: str) -> GameChoice:
        """Return the choice that a text such as `escape-room-n,seats=3,levers=1` means.

        Raises:
            ConfigError: a part of it sets nothing.
        """
        name, *settings = text.split(",")
        parameters: dict[str, Any] = {}
        for setting in settings:
            key, equals, value = setting.partition("=")
            if not equals or not key or not value:
                raise ConfigError(
                    f"cannot read {setting!r} in game {text!r}; write "
                    "NAME,parameter=value,parameter=value",
                    field="game.id",
                )
            parameters[key] = DRAWN if value == DRAWN else _value(value)
        return cls(name, parameters)

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """Return the table of a configuration for one episode."""
        table: dict[str, Any] = {"id": self.name}
        for key, value in self.parameters.items():
            is_drawn = value == DRAWN
            table[key] = int(rng.integers(MOST_DRAWN)) if is_drawn else value
        return table


def draw_config(games: Sequence[GameChoice], seed: int, index: int) -> Config:
    """Return what one episode plays. The same seed and index give the same episode.

    The teacher's seats have no agent of their own in the configuration.

    Args:
        games: what is drawn from. A game that stands there twice is played twice as often.
        seed: of the whole set of plays.
        index: the number of the episode.
    """
    rng = generator(seed, "imitation", index)
    game = games[int(rng.integers(len(games)))].draw(rng)
    raw: dict[str, Any] = {
        "game": game,
        "protocol": {
            "name": _choice(rng, PROTOCOLS),
            "task_table": {"order": _choice(rng, ORDERS)},
        },
        "agent": "rational",
        "run": {"seed": int(rng.integers(MOST_DRAWN))},
    }
    config = resolve(raw)
    if rng.random() >= WITH_PARTNER:
        return config
    seats = open_game(config.game_id, config.game_parameters).seats
    seat = str(rng.choice(seats))
    partner = str(rng.choice(PARTNERS))
    return config.model_copy(update={"seats": {seat: partner}})


def _choice(rng: np.random.Generator, weights: Mapping[str, float]) -> str:
    names = list(weights)
    return str(rng.choice(names, p=list(weights.values())))


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text
