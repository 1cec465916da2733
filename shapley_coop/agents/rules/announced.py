"""An announced division of the pot, as seats can foresee it for any play."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import prod

from shapley_coop.agents.rules.branches import MOST_JOINT_REPLIES
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import CreditIndex, measure
from shapley_coop.credit.sampling import affordable_seats
from shapley_coop.credit.worth.realised import REALISED
from shapley_coop.errors import GameError
from shapley_coop.interfaces.deals.money import micro_amounts, reward
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.waiting import run_without_waiting
from shapley_coop.interfaces.worth_method import Scene
from shapley_coop.negotiation.division import division_rule
from shapley_coop.records import Redistribution, Seat, Step

SEED = 0
"""The seed under which rule agents look ahead."""


class AnnouncedDivision:
    """What a rule of the protocol makes of the rewards of any play, each worked out once.

    Args:
        game: any instance of the game. It is left alone.
        rule: how the protocol divides the pot of raw rewards.
    """

    def __init__(self, game: Game, rule: Redistribution) -> None:
        self._game = game.fresh()
        self._rule = rule
        self._known: dict[tuple[tuple[str, ...], ...], dict[Seat, float]] = {}

    def payoffs(
        self, raw: Mapping[Seat, float], steps: Sequence[Step]
    ) -> dict[Seat, float]:
        """Return what seats hold after the division, before contracts are settled.

        Args:
            raw: each seat's reward from the game.
            steps: the whole play.
        """
        key = tuple(tuple(step.actions.values()) for step in steps)
        if key not in self._known:
            self._known[key] = self._divided(raw, steps)
        return self._known[key]

    def _divided(
        self, raw: Mapping[Seat, float], steps: Sequence[Step]
    ) -> dict[Seat, float]:
        settings = WorthSettings()
        scene = Scene(
            game=self._game,
            seed=SEED,
            settings=settings,
            steps=tuple(self._own(step) for step in steps),
            absence=REALISED.absence(self._game, settings),
        )
        # A game that does not repeat itself is divided without credit, or not at all.
        try:
            worth = run_without_waiting(REALISED.worth(scene))
        except GameError:
            worth = None
        seats = self._game.seats
        credit = None
        if worth is not None:
            index: CreditIndex = "banzhaf" if self._rule == "banzhaf" else "shapley"
            credit = measure(
                worth,
                seats,
                settings,
                kind=REALISED.name,
                absence=scene.absence,
                index=index,
            )
        divide = division_rule(self._rule, seats, credit=credit, figures=raw)
        if divide is None:
            return dict(raw)
        holdings = micro_amounts(raw)
        return {seat: reward(units) for seat, units in divide(holdings).items()}

    def _own(self, step: Step) -> Step:
        """Return a step without seats that are absent from a coalition's own game."""
        seats = set(self._game.seats)
        return Step(
            actions={s: action for s, action in step.actions.items() if s in seats},
            rewards={s: amount for s, amount in step.rewards.items() if s in seats},
        )


def foresees_division(game: Game, rule: Redistribution) -> bool:
    """Return whether what a rule makes of a play follows from the play alone, at little cost.

    Where absent seats are played by a policy, or coalitions are too many to value, it does not.
    """
    if rule in ("none", "negotiated"):
        return False
    settings = WorthSettings()
    few = len(game.seats) <= affordable_seats(settings)
    return few and REALISED.absence(game, settings) != "baseline"


def least_by_action(
    game: Game, seat: Seat, holding: Callable[[Mapping[Seat, str]], float]
) -> dict[str, float] | None:
    """Return what each action of a seat leaves it at least, whatever the others do.

    None means that the game has more than one step to go, or more joint actions than are tried.

    Args:
        game: the game as it stands.
        seat: who acts.
        holding: what the seat holds in the end after a joint action.
    """
    legal = {other: game.legal(other) for other in game.agents}
    joints = prod(len(actions) for actions in legal.values())
    one_step = seat in legal and game.horizon - game.clock == 1
    if not one_step or joints > MOST_JOINT_REPLIES:
        return None
    least: dict[str, float] = {}
    for actions in product(*legal.values()):
        joint = dict(zip(legal, actions, strict=True))
        own = joint[seat]
        least[own] = min(least.get(own, float("inf")), holding(joint))
    return least
