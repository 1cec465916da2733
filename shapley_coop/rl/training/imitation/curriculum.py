"""What is played to learn from: which game, under which protocol, with whom at the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from shapley_coop.config.game_choice import MOST_DRAWN, GameChoice
from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.config.seeds import generator
from shapley_coop.simulation.worker import open_game

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


def draw_config(games: Sequence[GameChoice], seed: int, index: int) -> Config:
    """Return what one episode plays. The same seed and index give the same episode.

    The teacher's seats have no agent of their own in the configuration.

    Args:
        games: what is drawn from. A game that stands there twice is played twice as often.
        seed: of the whole set of plays.
        index: the number of the episode.
    """
    rng = generator(seed, "imitation", index)
    game = games[int(rng.integers(len(games)))].draw(rng).table
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
