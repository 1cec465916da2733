"""Checks of moments that come back, and of copies."""

from __future__ import annotations

import copy

import numpy as np

from shapley_coop.interfaces.contract.plays import (
    Factory,
    finish,
    require,
    state,
    walk,
)
from shapley_coop.interfaces.game import Game


def moments_come_back(make: Factory) -> None:
    """A restored moment continues as it did, twice, and a preview leaves no trace."""
    game = make()
    for _ in walk(game, 3):
        if game.agents:
            _check_moment(game)


def _check_moment(game: Game) -> None:
    at = f"{game.name} at step {game.clock}"
    # The last legal action is seldom the fallback, so the plan makes a difference.
    moment, before = game.snapshot(), state(game)
    plan = {seat: (game.legal(seat)[-1],) for seat in game.agents}
    preview = game.preview(plan)
    require(state(game) == before, f"{at}: preview() changed the game")
    require(game.preview(plan) == preview, f"{at}: a second preview() differs")
    steps = finish(game, plan)
    require(steps == list(preview.steps), f"{at}: play went otherwise than preview()")
    game.restore(moment)
    require(state(game) == before, f"{at}: restore() did not bring the moment back")
    require(finish(game, plan) == steps, f"{at}: the restored moment went on otherwise")
    # A moment that shares its world with the game would now hold the end of the play.
    game.restore(moment)
    require(state(game) == before, f"{at}: restore() works only once")
    for seat in game.seats:
        total = sum(step.rewards.get(seat, 0.0) for step in preview.steps)
        require(
            bool(np.isclose(preview.payoffs[seat], total)),
            f"{at}: preview() pays {seat} {preview.payoffs[seat]}, its steps pay {total}",
        )


def copies_go_on(make: Factory) -> None:
    """A copy goes on as the game does, and neither moves the other."""
    for copied in (copy.copy, copy.deepcopy, Game.lookahead):
        game = make()
        for _ in walk(game, 4):
            before = state(game)
            _finish_first(copied(game))
            require(
                state(game) == before,
                f"{game.name} at step {game.clock}: a play of its copy moved the game",
            )
            if copied is not Game.lookahead:
                _check_copy(game, copied(game))


def _finish_first(game: Game) -> None:
    while game.agents:
        game.apply({seat: game.legal(seat)[0] for seat in game.agents})


def _check_copy(game: Game, another: Game) -> None:
    at = f"{game.name} at step {game.clock}"
    require(state(another) == state(game), f"{at}: its copy stands elsewhere")
    plan = {seat: (another.legal(seat)[-1],) for seat in another.agents}
    require(
        finish(another, plan) == list(game.preview(plan).steps),
        f"{at}: its copy went on otherwise",
    )
