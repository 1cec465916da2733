"""Random games of a few seats, each with a null seat: tables, coalitions, rooms, public goods."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from games.coalitional.base import CoalitionalGame
from games.dilemmas.matrix import MatrixGame
from games.dilemmas.public_goods import PublicGoods
from games.escape_room.lio import EscapeRoomN
from games.null_seat import NullSeatGame
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import CoalitionWorth
from shapley_coop.shapley import from_table
from shapley_coop.shapley.coalitions import named_coalitions

MOST_STEPS = 3


def with_null(make: Callable[[], Game]) -> Game:
    """Return the game that a function makes, with a null seat."""

    class RandomNullSeatGame(NullSeatGame):
        name = "null:random"
        factory = staticmethod(lambda render_mode=None: make())

    return RandomNullSeatGame()


def matrix(rng: np.random.Generator) -> Game:
    """Return a table of two or three seats and two or three actions, with whole rewards or not."""
    seats = int(rng.integers(2, 4))
    names = ("up", "down", "left")[: int(rng.integers(2, 4))]
    shape = (len(names),) * seats + (seats,)
    table = rng.integers(-5, 6, shape) + rng.choice([0.0, 0.1]) * rng.integers(0, 9)
    idles = bool(rng.integers(2))

    class RandomMatrix(MatrixGame):
        name = "random-matrix"
        actions = names
        payoffs = table
        idle = names[0] if idles else None

    rounds = int(rng.integers(1, MOST_STEPS))
    return with_null(lambda: RandomMatrix(rounds=rounds))


def coalitional(rng: np.random.Generator) -> Game:
    """Return a sum of unanimity games of two to four seats, so together is best."""
    seats = [f"seat_{number}" for number in range(int(rng.integers(2, 5)))]
    dividends = {
        coalition: float(rng.integers(0, 10)) / int(rng.integers(1, 4))
        for coalition in named_coalitions(seats)
        if coalition and rng.random() < 0.6
    }

    def worth(coalition: frozenset[str]) -> float:
        return sum(value for part, value in dividends.items() if part <= coalition)

    table = np.array([worth(coalition) for coalition in named_coalitions(seats)])

    class RandomCoalitional(CoalitionalGame):
        name = "random-coalitional"

        def characteristic(self):
            return CoalitionWorth(tuple(seats), from_table(table))

        def rules(self):
            return {}

    return with_null(lambda: RandomCoalitional(seats))


def room(rng: np.random.Generator) -> Game:
    """Return an escape room of two to five seats."""
    seats = int(rng.integers(2, 6))
    levers = int(rng.integers(1, seats))
    horizon = int(rng.integers(1, MOST_STEPS))
    return with_null(lambda: EscapeRoomN(seats=seats, levers=levers, horizon=horizon))


def public_goods(rng: np.random.Generator) -> Game:
    """Return a public goods game of two to four seats."""
    seats = int(rng.integers(2, 5))
    rate = float(rng.uniform(0.1, 0.9))
    rounds = int(rng.integers(1, MOST_STEPS))
    return with_null(lambda: PublicGoods(seats=seats, rate=rate, rounds=rounds))


MAKERS = (matrix, coalitional, room, public_goods)
