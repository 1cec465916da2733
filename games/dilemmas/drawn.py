"""Matrix games with drawn payoffs and action names, of which no two are alike: for learners."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from games.dilemmas.matrix import MatrixGame
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
"""What all payoffs of a table are multiplied by, each as likely as its place here."""
SYMMETRIC, LONELY = 0.4, 0.5
"""How likely a two-seat table is symmetric, and how likely all but one kind of profile pays little,
so that seats need each other."""


class DrawnMatrix(MatrixGame):
    """A table of 2 or 3 seats whose payoffs and action names follow from its number."""

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
        # The table is part of the rules, so it does not hang on the dice of an episode.
        rng = np.random.default_rng(
            (seats, choices, whole(self.name, "table", table, 0))
        )
        words = rng.choice(len(WORDS), size=choices, replace=False).tolist()
        self.actions = tuple(WORDS[word] for word in words)
        self.payoffs = _payoffs(rng, seats, choices)
        super().__init__(rounds=rounds, render_mode=render_mode)


def _payoffs(rng: np.random.Generator, seats: int, choices: int) -> NDArray[np.float64]:
    """Return a drawn table (actions, ..., actions, seats)."""
    shape = (choices,) * seats + (seats,)
    table = rng.integers(LEAST, MOST + 1, shape).astype(np.float64)
    if rng.random() < LONELY:
        # One profile is worth having, and all the others are about equally poor.
        poor = float(rng.integers(LEAST, 1))
        best = tuple(rng.integers(choices, size=seats).tolist())
        prize = table[best].copy()
        table = np.full(shape, poor) + rng.integers(0, 2, shape) * (rng.random() < 0.5)
        prize[int(rng.integers(seats))] = float(rng.integers(4, MOST + 1))
        table[best] = prize
    if seats == 2 and rng.random() < SYMMETRIC:
        table[..., 1] = table[..., 0].T
    return table * float(rng.choice(SCALES))
