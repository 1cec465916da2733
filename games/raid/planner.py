"""The agent that plays raids by look-ahead and shares by the engine's own credit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from games.raid.game import Raid
from games.raid.lookahead import advise
from games.raid.rules import ACTION_REWARDS, State
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.agent import Place, View
from shapley_coop.interfaces.deals.beliefs import (
    beliefs_from,
    beliefs_in_shares,
    effect,
)
from shapley_coop.interfaces.deals.money import shift_to_sum
from shapley_coop.interfaces.deals.pricing import share_terms, task_terms
from shapley_coop.interfaces.game import Game
from shapley_coop.records import (
    TOLERANCE,
    Accept,
    Beliefs,
    Counter,
    Does,
    Intend,
    Move,
    Propose,
    Reject,
    Seat,
    Terms,
    Wait,
)


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
    def check_game(cls, game: Game, protocol: object) -> None:  # noqa: ARG003 - any will do
        """Raise ConfigError if the game is no raid."""
        _raid(game)

    async def believe(self, view: View) -> Beliefs | None:
        """State the oracle's values, which are the planner's own means by head count."""
        reason = "simulated raids of every size"
        heroes = set(self.game.seats)
        if view.shares_of:
            # Heroes are alike, so each is due the same part of what all of them win.
            mean, without = self._means([len(heroes), len(heroes) - 1])
            part = mean / len(heroes)
            shares = {seat: part * (seat in heroes) for seat in view.shares_of}
            return beliefs_in_shares(shares, reason, externality=effect(mean, without))
        # In a coalition's own raid, seats that are not there add nothing.
        sizes = [len(members & heroes) for members in view.coalitions.values()]
        values = dict(zip(view.coalitions, self._means(sizes), strict=True))
        return beliefs_from(values, self.seat, reason)

    def _means(self, sizes: Sequence[int]) -> list[float]:
        """Return what so many heroes are worth on the average."""
        means: list[float] = (
            self.game.oracle().values(np.array(sizes)[:, None]).tolist()
        )
        return means

    async def negotiate(self, view: View) -> Move | None:
        """Sign what gives this seat its due, else offer that once."""
        table = view.table
        if table is None:
            return Wait()
        if table.standing is not None and "accept" in table.legal:
            if self._is_fair(view, table.standing.terms):
                return Accept(offer=table.standing.id)
            terms = self._terms(view)
            return Counter(terms=terms) if terms else Reject()
        terms = self._terms(view) if "propose" in table.legal else None
        if terms:
            return Propose(terms=terms)
        spoke = any(spoken.seat == self.seat for spoken in table.history)
        if "intend" in table.legal and not spoke:
            return Intend(action=self._joint_turn(view)[self.seat])
        return Wait()

    async def act(self, view: View) -> str | None:
        """Take this seat's part of the joint turn."""
        return self._joint_turn(view)[self.seat]

    def _joint_turn(self, view: View) -> dict[Seat, str]:
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
        if table is None or table.has_offer_of(self.seat):
            return None
        if table.phase == "split":
            target = self._due(view)
            if not target:
                return None
            return share_terms(target, sum(view.payoffs.values()))
        joint = self._joint_turn(view)
        pay = self._action_pay(joint)
        # Without action rewards a turn pays nobody, so there is nothing to even out.
        if not pay:
            return None
        # Whoever acts in this turn shall get the same, whatever its part of the turn pays.
        even = dict.fromkeys(pay, _mean_of(pay))
        plan = {seat: (joint[seat],) for seat in pay}
        terms = task_terms(plan, pay, even, step=view.step)
        return terms if terms.clauses else None

    def _is_fair(self, view: View, terms: Terms) -> bool:
        if terms.shares is not None:
            due = self._due(view).get(self.seat, view.payoffs[self.seat])
            pot = sum(view.payoffs.values())
            return terms.shares[self.seat] * pot >= due - TOLERANCE
        joint = self._joint_turn(view)
        pay = self._action_pay(joint)
        if self.seat not in pay:
            # A seat that is not paid for this turn has nothing to give away.
            return not any(clause.payer == self.seat for clause in terms.clauses)
        total = pay[self.seat]
        for clause in terms.clauses:
            condition = clause.condition
            by_plan = (
                isinstance(condition, Does)
                and joint.get(condition.seat) == condition.action
                and condition.step == view.step
            )
            # It pays nobody for leaving the plan, and no share of what is not known yet.
            plain = by_plan and clause.unit == "reward"
            if clause.payer == self.seat and not plain:
                return False
            if by_plan and clause.payee == self.seat:
                total += clause.price
            elif by_plan and clause.payer == self.seat:
                total -= clause.price
        return total >= _mean_of(pay) - TOLERANCE

    def _action_pay(self, joint: dict[Seat, str]) -> dict[Seat, float]:
        """Return what this turn's actions pay the living, nothing where actions are not paid."""
        if not self.game.settings.action_rewards:
            return {}
        acting = {seat: action for seat, action in joint.items() if action != "pass"}
        return {seat: ACTION_REWARDS[action] for seat, action in acting.items()}

    def _due(self, view: View) -> dict[Seat, float]:
        """Return measured credit shifted alike to sum to the pot, empty without credit or pot.

        Shares are never negative: a seat whose part has the other sign than the pot gets nothing,
        and the others' parts shrink alike.
        """
        pot = sum(view.payoffs.values())
        if view.measured is None or pot == 0:
            return {}
        parts = shift_to_sum(view.measured.values, pot)
        shares = {}
        for seat, part in parts.items():
            shares[seat] = max(0.0, part / pot)
        whole = sum(shares.values())
        # Shares are scaled to sum to one again, now that none of them is negative.
        return {seat: share / whole * pot for seat, share in shares.items()}


def _mean_of(pay: dict[Seat, float]) -> float:
    return sum(pay.values()) / len(pay)


def _raid(game: Game) -> Raid:
    if not isinstance(game, Raid):
        raise ConfigError(
            f"agent 'raid-planner' plays raid, not {game.name}; "
            f"use 'rational' or another rule there"
        )
    return game
