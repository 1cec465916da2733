"""A play held against its deal: what all would have done, and who cost what against that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.replay import worth_of_history
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import CoalitionWorth, History, history_of
from shapley_coop.interfaces.worth_method import Scene
from shapley_coop.negotiation.promises import kept_profile
from shapley_coop.records import Contract, Line, Seat, Step
from shapley_coop.shapley.arrays import Bools, Floats


class Deal(NamedTuple):
    """What was signed, as actions, and who did otherwise."""

    kept: Mapping[Seat, Line]
    """What each seat would have done had all kept what they signed."""
    strayed: tuple[Seat, ...]
    """The seats that did something else."""


def deal_of(
    game: Game, seed: int, contracts: Sequence[Contract], steps: Sequence[Step]
) -> Deal | None:
    """Return the deal behind a play, or None if nothing was signed."""
    if not contracts:
        return None
    kept = kept_profile(game, seed, contracts, steps)
    history = history_of(game.seats, steps)
    strayed = []
    for seat in game.seats:
        done = history[seat]
        # Where the game ended sooner than agreed, a seat that kept its part so far kept it.
        if done != kept[seat][: len(done)]:
            strayed.append(seat)
    return Deal(kept, tuple(strayed))


def deviation(scene: Scene, deal: Deal, rng: np.random.Generator) -> dict[Seat, float]:
    """Return what each seat's play added to the total that the deal would have brought.

    This is the Shapley value of the recorded play where absent seats keep what they signed and
    v(S) counts everybody's rewards, so the values sum to what the play fell short of the deal. A
    seat that kept its part changes nothing, so only those that strayed are valued: 2^d plays for
    d of them, or a sample.

    Args:
        scene: the play, at its end.
        deal: what was signed.
        rng: draws coalitions where credit is sampled.
    """
    game = scene.game
    by_seat = dict.fromkeys(game.seats, 0.0)
    if not deal.strayed:
        return by_seat
    worth = worth_of_history(
        game, scene.seed, _as_done(scene, deal), rule="agreed", kept_profile=deal.kept
    )
    places = [game.seats.index(seat) for seat in deal.strayed]

    def values(matrix: Bools) -> Floats:
        # Who kept its part counts as absent, which comes to the same.
        coalitions = np.zeros((len(matrix), len(game.seats)), bool)
        coalitions[:, places] = matrix
        return worth.values(coalitions)

    credit = measure(
        CoalitionWorth(deal.strayed, values, actions=worth.actions),
        deal.strayed,
        scene.settings,
        kind="replay",
        absence="agreed",
        rng=rng,
    )
    return by_seat | credit.values


def _as_done(scene: Scene, deal: Deal) -> History:
    """Return what seats did, and what they had agreed to do after the play was over."""
    lines = {}
    for seat, done in history_of(scene.game.seats, scene.steps).items():
        lines[seat] = (*done, *deal.kept[seat][len(done) :])
    return lines
