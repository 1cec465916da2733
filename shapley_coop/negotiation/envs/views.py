"""What an agent of this project sees at a seat of an environment."""

from __future__ import annotations

from shapley_coop.interfaces.agent import View
from shapley_coop.negotiation.envs.game import NegotiatedGame
from shapley_coop.records import Seat
from shapley_coop.records.episode import without_texts


def view_of(env: NegotiatedGame, seat: Seat) -> View:
    """Return what a rule agent at a seat sees now: what such agents look at in a run.

    At a split table it sees what seats hold and the credit of the play as realised. Nobody states
    beliefs here, so there is nothing that follows from them. Talk, deposits, the potential,
    pictures and the outlook are for models and people, and are left out.
    """
    table, game = env.table, env.game
    divides = table is not None and table.phase == "split"
    return View(
        seat=seat,
        seats=game.seats,
        game=game.name,
        episode=0,
        step=len(env.steps),
        facts=game.facts(seat),
        actions=tuple(game.legal(seat)),
        writes=game.writing(seat),
        protocol=env.protocol,
        contracts=tuple(env.contracts),
        table=None if table is None else table.view(seat),
        steps=without_texts(env.steps),
        payoffs=env.settle(None, "none").payoffs if divides else {},
        measured=env.credit("shapley") if divides else None,
        outside=env.security[seat],
        lookahead=game.lookahead,
    )
