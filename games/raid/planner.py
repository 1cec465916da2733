"""The agent that plays raids by look-ahead and shares by the engine's own credit."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from games.raid.game import Raid
from games.raid.lookahead import advise
from games.raid.rules import ACTION_REWARDS, State
from shapley_coop.credit.beliefs import coalitions_to_value
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.agent import Place, View
from shapley_coop.interfaces.deals.pricing import share_terms, task_terms
from shapley_coop.interfaces.game import Game
from shapley_coop.records import (
    Accept,
    Beliefs,
    Counter,
    Does,
    Move,
    Propose,
    Reject,
    Seat,
    Terms,
    Wait,
)

TOLERANCE = 1e-5


class RaidPlanner:
    """Plays its part of the joint turn that `advise` finds, and wants alike heroes paid alike.

    Before a turn, those whose part pays less action reward are paid for it by the others (re-open
    the table every turn for that: `protocol.reprice_every=1`). After the battle it asks for and
    signs divisions that give it at least its measured credit.

    Raises:
        ConfigError: the game is no raid.
    """

    needs_model: ClassVar[bool] = False

    def __init__(self, place: Place) -> None:
        self.seat = place.seat
        self.game = _raid(place.game)

    @classmethod
    def check_game(cls, game: Game, _: object) -> None:
        """Raise ConfigError if the game is no raid."""
        _raid(game)

    async def believe(self, view: View) -> Beliefs | None:
        """State the oracle's values: the planner's own mean by head count."""
        coalitions = coalitions_to_value(view.seats)
        counts = np.array([[len(members)] for members in coalitions.values()])
        values = dict(
            zip(coalitions, self.game.oracle().values(counts).tolist(), strict=True)
        )
        gain = values["everyone"] - values.get(f"everyone but {self.seat}", 0.0)
        return Beliefs(
            pot=values["everyone"],
            externality="positive" if gain > 0 else "negative" if gain < 0 else "none",
            values=values,
            reason="simulated raids of every size",
        )

    async def negotiate(self, view: View) -> Move | None:
        """Sign what gives this seat its due; else offer that once."""
        table = view.table
        if table is None:
            return Wait()
        if table.standing is not None and "accept" in table.legal:
            if self._fair(view, table.standing.terms):
                return Accept(offer=table.standing.id)
            terms = self._terms(view)
            return Counter(terms=terms) if terms else Reject()
        terms = self._terms(view) if "propose" in table.legal else None
        return Propose(terms=terms) if terms else Wait()

    async def act(self, view: View) -> str | None:
        """Take this seat's part of the joint turn."""
        return self._joint(view)[self.seat]

    def _joint(self, view: View) -> dict[Seat, str]:
        heroes = view.facts["heroes"]
        state = State(
            view.step,
            view.facts["boss"]["health"],
            tuple(hero["health"] for hero in heroes.values()),
            tuple(hero["taunt_in"] for hero in heroes.values()),
        )
        return dict(zip(heroes, advise(state, self.game.settings), strict=True))

    def _terms(self, view: View) -> Terms | None:
        table = view.table
        if table is None or any(
            said.seat == self.seat and isinstance(said.move, Propose | Counter)
            for said in table.history
        ):
            return None
        if table.phase == "split":
            target = self._due(view)
            return share_terms(target, sum(view.payoffs.values())) if target else None
        joint = self._joint(view)
        pay = self._action_pay(joint)
        if not pay:
            return None
        even = dict.fromkeys(pay, sum(pay.values()) / len(pay))
        plan = {seat: (joint[seat],) for seat in pay}
        terms = task_terms(plan, pay, even, step=view.step)
        return terms if terms.clauses else None

    def _fair(self, view: View, terms: Terms) -> bool:
        if terms.shares is not None:
            wanted = self._due(view).get(self.seat, view.payoffs[self.seat])
            return (
                terms.shares[self.seat] * sum(view.payoffs.values())
                >= wanted - TOLERANCE
            )
        joint = self._joint(view)
        pay = self._action_pay(joint)
        if self.seat not in pay:
            return not any(clause.payer == self.seat for clause in terms.clauses)
        net = pay[self.seat]
        for clause in terms.clauses:
            condition = clause.condition
            kept = (
                isinstance(condition, Does)
                and joint.get(condition.seat) == condition.action
                and condition.step == view.step
            )
            if clause.payer == self.seat and not (kept and clause.unit == "reward"):
                return False
            if kept:
                sign = (clause.payee == self.seat) - (clause.payer == self.seat)
                net += sign * clause.price
        return net >= sum(pay.values()) / len(pay) - TOLERANCE

    def _action_pay(self, joint: dict[Seat, str]) -> dict[Seat, float]:
        """Return what this turn's actions pay the living, nothing where actions are not paid."""
        paid = self.game.settings.action_rewards
        return {s: ACTION_REWARDS[a] for s, a in joint.items() if paid and a != "pass"}

    def _due(self, view: View) -> dict[Seat, float]:
        """Return measured credit shifted alike to sum to the pot; empty without credit or pot.

        Shares are never negative: a seat whose part has the other sign than the pot gets nothing,
        and the others' parts shrink alike.
        """
        pot = sum(view.payoffs.values())
        if view.measured is None or pot == 0:
            return {}
        shift = (pot - sum(view.measured.values.values())) / len(view.seats)
        shares = {
            s: max(0.0, (v + shift) / pot) for s, v in view.measured.values.items()
        }
        whole = sum(shares.values())
        return {seat: share / whole * pot for seat, share in shares.items()}


def _raid(game: Game) -> Raid:
    if not isinstance(game, Raid):
        raise ConfigError(
            f"agent 'raid-planner' plays raid, not {game.name}; "
            f"use 'rational' or another rule there"
        )
    return game
