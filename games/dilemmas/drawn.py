"""Matrix games whose payoffs and action names are drawn from a number, for learners."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from games.dilemmas.matrix import MatrixGame
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import whole

# fmt: off
WORDS = (
    "aim", "bake", "bend", "blue", "build", "buy", "call", "carry", "climb", "cut", "dig", "down",
    "draw", "east", "feed", "fish", "gold", "green", "grow", "heat", "help", "hide", "hold",
    "hunt", "iron", "join", "jump", "keep", "lead", "left", "lift", "load", "mend", "mill", "mine",
    "move", "north", "oak", "open", "pass", "plan", "plant", "plough", "press", "pull", "push",
    "raise", "red", "rest", "right", "run", "sail", "save", "sell", "share", "shut", "sing",
    "south", "stand", "stay", "store", "swim", "take", "teach", "tend", "turn", "up", "walk",
    "watch", "west", "white", "work",
)
# fmt: on
"""Names that actions are drawn from."""
LEAST, MOST = -5, 10
"""Payoffs are whole numbers from the one to the other, before they are scaled."""
SCALES = (0.5, 1.0, 1.0, 1.0, 2.0)
"""What all payoffs of a table are multiplied by. One of the five is drawn, so that 1 is three times
as likely as either of the others."""
SYMMETRIC = 0.4
"""How likely a two-seat table is symmetric."""
LONELY = 0.5
"""How likely all but one kind of profile pays little, so that seats need each other."""
UNEVEN = 0.5
"""How likely these poor profiles differ by 1."""
MOST_PROFILES = 10_000
"""The most profiles of a table. Facts list them all."""


class DrawnMatrix(MatrixGame):
    """A table whose payoffs and action names follow from its number, its seats and its choices.

    Args:
        seats: how many, at least 2.
        choices: how many actions each seat has, at least 2.
        table: the number, at least 0.
        rounds: how often the table is played.
        render_mode: `ansi` or `rgb_array`.

    Raises:
        ConfigError: a number is too small, there are more choices than words to name them by, or
            more than `MOST_PROFILES` profiles.
    """

    name = "matrix"
    variants = ({"seats": 3}, {"choices": 3})

    def __init__(
        self,
        seats: int = 2,
        choices: int = 2,
        table: int = 0,
        *,
        rounds: int = 1,
        render_mode: str | None = None,
    ) -> None:
        whole(self.name, "seats", seats, 2)
        whole(self.name, "choices", choices, 2)
        self._refuse_too_many(seats, choices)
        # The table is part of the rules, so it does not hang on the dice of an episode.
        rng = np.random.default_rng(
            (seats, choices, whole(self.name, "table", table, 0))
        )
        words = rng.choice(len(WORDS), size=choices, replace=False).tolist()
        self.actions = tuple(WORDS[word] for word in words)
        self.payoffs = _payoffs(rng, seats, choices)
        super().__init__(rounds=rounds, render_mode=render_mode)

    def _refuse_too_many(self, seats: int, choices: int) -> None:
        if choices > len(WORDS):
            raise ConfigError(
                f"{self.name} cannot be set up with choices={choices}; there are {len(WORDS)} "
                f"words to name them by"
            )
        if seats * math.log(choices) > math.log(MOST_PROFILES):
            raise ConfigError(
                f"{self.name} cannot be set up with seats={seats} and choices={choices}; that is "
                f"{choices}^{seats} profiles, and a table holds {MOST_PROFILES} at most"
            )


def _payoffs(rng: np.random.Generator, seats: int, choices: int) -> NDArray[np.float64]:
    """Return a drawn table (actions, ..., actions, seats)."""
    shape = (choices,) * seats + (seats,)
    table = rng.integers(LEAST, MOST + 1, shape).astype(np.float64)
    if rng.random() < LONELY:
        # One profile is worth having, and all the others are about equally poor.
        poor = float(rng.integers(LEAST, 1))
        best = tuple(rng.integers(choices, size=seats).tolist())
        prize = table[best].copy()
        table = np.full(shape, poor)
        # These are drawn in any case, so that what follows is the same with and without them.
        differences = rng.integers(0, 2, shape)
        if rng.random() < UNEVEN:
            table += differences
        prize[int(rng.integers(seats))] = float(rng.integers(4, MOST + 1))
        table[best] = prize
    if seats == 2 and rng.random() < SYMMETRIC:
        table[..., 1] = table[..., 0].T
    return table * float(rng.choice(SCALES))
