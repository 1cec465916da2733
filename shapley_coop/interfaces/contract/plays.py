"""How checks play a game: at random, to the end of a plan, and what they look at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from shapley_coop.interfaces.game import Game
from shapley_coop.records import Seat, Step

Factory = Callable[..., Game]
"""Makes a new instance of a game. It takes `render_mode`, and needs no argument."""


def require(holds: bool, sentence: str) -> None:
    """Raise an AssertionError with `sentence` unless `holds`."""
    # An assert statement would vanish where Python runs with -O.
    if not holds:
        raise AssertionError(sentence)


def random_actions(game: Game, rng: np.random.Generator) -> dict[Seat, str]:
    """Return one legal action for each seat that still acts, drawn evenly."""
    return {seat: str(rng.choice(game.legal(seat))) for seat in game.agents}


def walk(game: Game, seed: int) -> Iterator[Game]:
    """Yield the game at its opening and after every step of random legal play."""
    rng = np.random.default_rng(seed)
    game.start(seed)
    yield game
    while game.agents:
        game.apply(random_actions(game, rng))
        yield game


def play(game: Game, seed: int) -> list[Step]:
    """Return the steps of random legal play."""
    rng = np.random.default_rng(seed)
    game.start(seed)
    steps = []
    while game.agents:
        steps.append(game.apply(random_actions(game, rng)))
    return steps


def finish(game: Game, plan: Mapping[Seat, Sequence[str]]) -> list[Step]:
    """Return the steps to the end of the game: the plan first, then fallbacks."""
    # Written out once more beside `Game.preview`, which this is to be compared with.
    steps: list[Step] = []
    while game.agents:
        turn = len(steps)
        joint = {}
        for seat in game.agents:
            line = plan[seat]
            if turn < len(line) and line[turn] in game.legal(seat):
                joint[seat] = line[turn]
            else:
                joint[seat] = game.fallback(seat)
        steps.append(game.apply(joint))
    return steps


def state(game: Game) -> str:
    """Return all that can be seen of a moment, and the state of its dice, as text."""
    facts = {seat: game.facts(seat) for seat in game.seats}
    dice = repr(game.rng.bit_generator.state)
    outcomes = sorted(game.outcomes())
    return json.dumps([facts, game.agents, game.clock, outcomes, dice])
