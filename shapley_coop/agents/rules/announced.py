"""An announced division of the pot, as seats can foresee it for any play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import CreditIndex, measure
from shapley_coop.credit.sampling import affordable_seats
from shapley_coop.credit.worth.realised import REALISED
from shapley_coop.errors import GameError
from shapley_coop.interfaces.deals.money import micro, reward
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
            steps=tuple(steps),
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
        holdings = {seat: micro(amount) for seat, amount in raw.items()}
        return {seat: reward(units) for seat, units in divide(holdings).items()}


def foresees_division(game: Game, rule: Redistribution) -> bool:
    """Return whether what a rule makes of a play follows from the play alone, at little cost.

    Where absent seats are played by a policy, or coalitions are too many to value, it does not.
    """
    if rule in ("none", "negotiated"):
        return False
    settings = WorthSettings()
    few = len(game.seats) <= affordable_seats(settings)
    return few and REALISED.absence(game, settings) != "baseline"
