"""Agents that follow a rule: they make every run possible with no key, and are a study's foils."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from shapley_coop.agent import Place, View
from shapley_coop.agents.economy import TOLERANCE, Economy, Prospect, joint_plan, own_worth
from shapley_coop.config import Protocol
from shapley_coop.game import Game
from shapley_coop.pricing import share_terms
from shapley_coop.records import (
    Accept,
    Beliefs,
    Clause,
    Counter,
    Does,
    Externality,
    Halt,
    Move,
    Propose,
    Reject,
    Seat,
    Terms,
    Wait,
)


class Rule:
    """Common to all rules: the economy of the game, honest beliefs, best responses."""

    needs_model: ClassVar[bool] = False

    def __init__(self, place: Place) -> None:
        self.seat = place.seat
        self.rng = place.rng
        self.economy = Economy.of(place)

    @classmethod
    def check_game(cls, game: Game, protocol: Protocol) -> None:
        """Raise ConfigError where beliefs are asked for and the game has no oracle of them."""
        asked = (protocol.task_table is not None and protocol.short_term) or protocol.long_term
        if asked and len(game.seats) > 1:
            own_worth(game)

    async def believe(self, view: View) -> Beliefs | None:
        """State the oracle's coalition values."""
        values = self.economy.values
        pot = values["everyone"]
        gain = pot - values.get(f"everyone but {self.seat}", 0.0)
        signs: tuple[Externality, ...] = ("none", "positive", "negative")
        sign = signs[int(np.sign(gain))]
        return Beliefs(pot=pot, externality=sign, values=values, reason="the rules of the game")

    async def negotiate(self, view: View) -> Move | None:
        """Answer a standing offer, or make one."""
        self.economy.catch_up(view.steps)
        table = view.table
        if table is None or table.legal == ("wait",):
            return Wait()
        if table.standing is not None and "accept" in table.legal:
            if self.agrees(view, table.standing.terms):
                return Accept(offer=table.standing.id)
            mine = None if self._offered(view) else self.terms(view)
            return Counter(terms=mine) if mine else Reject()
        if "propose" in table.legal:
            mine = None if self._offered(view) else self.terms(view)
            return Propose(terms=mine) if mine else Wait()
        return Wait()

    async def act(self, view: View) -> str | None:
        """Best respond to the contracts in force; without any, secure the outside option."""
        self.economy.catch_up(view.steps)
        if not view.promises:
            return self.economy.security(self.seat).action
        return self._response(view, view.promises).action

    def agrees(self, view: View, terms: Terms) -> bool:
        """Whether this seat signs the standing terms."""
        if terms.shares is not None:
            return self._divided(view, terms) >= view.payoffs[self.seat] - TOLERANCE
        prospect = self._response(view, (*view.promises, *terms.clauses))
        outside = self.economy.security(self.seat).value
        return prospect.expected > outside + TOLERANCE and prospect.worst >= outside - TOLERANCE

    def terms(self, view: View) -> Terms | None:
        """Return the terms this seat asks for, or None to make no offer."""
        return None

    def _response(self, view: View, clauses: tuple[Clause, ...]) -> Prospect:
        settlement = view.rules.settlement
        return self.economy.prospect(
            self.seat,
            clauses,
            enforced=settlement != "cheap-talk",
            deposit=view.rules.deposit if settlement == "escrow" else 0.0,
        )

    def _divided(self, view: View, terms: Terms) -> float:
        return (terms.shares or {})[self.seat] * sum(view.payoffs.values())

    def _offered(self, view: View) -> bool:
        history = view.table.history if view.table else ()
        return any(
            said.seat == self.seat and isinstance(said.move, Propose | Counter) for said in history
        )


class Selfish(Rule):
    """Takes what pays it more than its outside option; offers nothing."""


class Rational(Rule):
    """Prices by exact Shapley value: signs what nets it at least φ and cannot leave it worse off.

    Where a table re-opens and a forecast of the final credit is shown, φ is that forecast, shifted
    alike for all seats so that it sums to what the plan from there pays.

    The payer offers at most R_i - φ_i, the payee asks at least φ_j - R_j (Shapley-Coop 2025,
    Fig. 2). It holds to that to the end: no deal beats a deal below φ.
    """

    @classmethod
    def check_game(cls, game: Game, protocol: Protocol) -> None:
        """Raise ConfigError where there is a table and no oracle or plan to bargain from."""
        super().check_game(game, protocol)
        if protocol.task_table is not None and len(game.seats) > 1:
            own_worth(game)
            joint_plan(game)

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._forecast: Mapping[Seat, float] | None = None

    @property
    def phi(self) -> Mapping[Seat, float]:
        """The credit that prices follow from: forecast at a re-opened table, else the oracle's."""
        return self.economy.phi if self._forecast is None else self._forecast

    async def negotiate(self, view: View) -> Move | None:
        """Answer a standing offer, or make one, by the credit that is known now."""
        self.economy.catch_up(view.steps)
        table, told = view.table, view.measured
        reopened = table is not None and table.phase == "task" and told is not None
        self._forecast = self.economy.efficient(told.values) if reopened and told else None
        return await super().negotiate(view)

    def claim(self, seat: Seat) -> float:
        """Return what this agent holds `seat` should net."""
        return self.phi[seat]

    def agrees(self, view: View, terms: Terms) -> bool:
        """Whether the terms net at least the claim, and at worst the outside option."""
        if terms.shares is not None:
            return self._divided(view, terms) >= view.payoffs[self.seat] - TOLERANCE
        prospect = self._response(view, (*view.promises, *terms.clauses))
        return (
            prospect.expected >= self.claim(self.seat) - TOLERANCE
            and prospect.worst >= self.economy.security(self.seat).value - TOLERANCE
        )

    def terms(self, view: View) -> Terms | None:
        """Offer the plan at the claimed prices; after play, the measured division.

        The plan needs every seat of the game: where some are absent, no offer is made.
        """
        if view.table is not None and view.table.phase == "split":
            return self._split(view)
        if view.promises or set(view.seats) != set(self.economy.game.seats):
            return None
        terms = self.economy.offer({seat: self.claim(seat) for seat in view.seats})
        # An author signs its own offer, so it must pass the author's own test.
        return terms if terms.clauses and self.agrees(view, terms) else None

    def _split(self, view: View) -> Terms | None:
        if view.measured is None:
            return None
        pot = sum(view.payoffs.values())
        shift = (pot - sum(view.measured.values.values())) / len(view.seats)
        target = {seat: value + shift for seat, value in view.measured.values.items()}
        if target[self.seat] < view.payoffs[self.seat] - TOLERANCE:
            return None
        return share_terms(target, pot)


class OverClaimer(Rational):
    """Claims twice its Shapley value, at the others' expense; settles for half the excess."""

    EXCESS: ClassVar[float] = 1.0

    def claim(self, seat: Seat) -> float:
        """Return inflated claims for itself, deflated alike for the others."""
        phi = self.phi
        extra = self.EXCESS * abs(phi[self.seat])
        return phi[seat] + (extra if seat == self.seat else -extra / (len(phi) - 1))

    async def believe(self, view: View) -> Beliefs | None:
        """State coalition values in which its own presence is worth more than it is."""
        honest = await super().believe(view)
        if honest is None:
            return None
        extra = self.EXCESS * abs(self.economy.phi[self.seat])
        coalitions = self.economy.coalitions()
        values = {
            name: value + (extra if self.seat in coalitions[name] else 0.0)
            for name, value in honest.values.items()
        }
        return honest.model_copy(update={"values": values, "pot": values["everyone"]})

    def agrees(self, view: View, terms: Terms) -> bool:
        """Whether the terms net at least half-way from φ to the claim."""
        if terms.shares is not None:
            return super().agrees(view, terms)
        prospect = self._response(view, (*view.promises, *terms.clauses))
        return prospect.expected >= (self.claim(self.seat) + self.phi[self.seat]) / 2 - TOLERANCE


class Stubborn(Rational):
    """Demands nine tenths of the surplus over outside options and never moves."""

    DEMAND: ClassVar[float] = 0.9

    def claim(self, seat: Seat) -> float:
        """Return a division that leaves the others a tenth of the surplus."""
        outside = {s: self.economy.security(s).value for s in self.economy.game.seats}
        surplus = sum(self.phi.values()) - sum(outside.values())
        rest = (1 - self.DEMAND) / (len(outside) - 1)
        return outside[seat] + surplus * (self.DEMAND if seat == self.seat else rest)


class FreeRider(Rule):
    """Signs only what costs it nothing and asks nothing of it."""

    def agrees(self, view: View, terms: Terms) -> bool:
        """Whether the terms neither charge this seat nor name an action of it."""
        if terms.shares is not None:
            return super().agrees(view, terms)
        return not any(
            clause.payer == self.seat
            or (isinstance(clause.condition, Does) and clause.condition.seat == self.seat)
            for clause in terms.clauses
        )


class Breaker(Rule):
    """Signs anything, then plays as if it had not."""

    def agrees(self, view: View, terms: Terms) -> bool:
        """Sign."""
        return True

    async def act(self, view: View) -> str | None:
        """Play the secure action, whatever was promised."""
        self.economy.catch_up(view.steps)
        return self.economy.security(self.seat).action


class Random(Rule):
    """Draws every decision from its own generator."""

    @classmethod
    def check_game(cls, game: Game, protocol: Protocol) -> None:
        """Accept every game: draws need nothing of it."""

    async def believe(self, view: View) -> Beliefs | None:
        """State random coalition values."""
        values = {name: float(self.rng.normal()) for name in view.coalitions}
        return Beliefs(pot=float(self.rng.normal()), externality="none", values=values)

    async def negotiate(self, view: View) -> Move | None:
        """Make a random legal move."""
        table = view.table
        kind = str(self.rng.choice(table.legal)) if table else "wait"
        if kind in ("propose", "counter"):
            terms = self._random_terms(view)
            return Propose(terms=terms) if kind == "propose" else Counter(terms=terms)
        if kind == "accept" and table and table.standing:
            return Accept(offer=table.standing.id)
        if kind == "reject":
            return Reject()
        return Halt() if kind == "halt" else Wait()

    async def act(self, view: View) -> str | None:
        """Take a random legal action."""
        return str(self.rng.choice(view.actions))

    def _random_terms(self, view: View) -> Terms:
        if view.table is not None and view.table.phase == "split":
            parts = self.rng.dirichlet([1.0] * len(view.seats)).tolist()
            return Terms(shares=dict(zip(view.seats, parts, strict=True)))
        payer, payee = self.rng.permutation(view.seats)[:2].tolist()
        action = str(self.rng.choice(self.economy.game.actions))
        promise = Does(seat=payee, action=action, step=view.step)
        price = round(float(self.rng.uniform(0, 10)), 2)
        return Terms(clauses=(Clause(payer=payer, payee=payee, price=price, condition=promise),))
