"""What all rule agents share: wait at the table, and play a plan."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from shapley_coop.agents.rules.economy import TOLERANCE, Economy, Prospect, own_worth
from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.interfaces.agent import Place, View
from shapley_coop.interfaces.deals.settlement import settlement_mode
from shapley_coop.interfaces.game import Game
from shapley_coop.records import (
    Accept,
    Beliefs,
    Clause,
    Counter,
    Externality,
    Move,
    Propose,
    Reject,
    Terms,
    Wait,
)


class RuleAgent:
    """Common to all rules: the economy of the game, honest beliefs, best responses."""

    needs_model: ClassVar[bool] = False

    def __init__(self, place: Place) -> None:
        self.seat = place.seat
        self.rng = place.rng
        self.economy = Economy.of(place)

    @classmethod
    def check_game(cls, game: Game, protocol: NegotiationProtocol) -> None:
        """Raise ConfigError where beliefs are asked for and the game has no oracle of them."""
        asked = (
            protocol.task_table is not None and protocol.short_term
        ) or protocol.long_term
        if asked and len(game.seats) > 1:
            own_worth(game)

    async def believe(self, view: View) -> Beliefs | None:
        """State the oracle's coalition values."""
        values = self.economy.values
        pot = values["everyone"]
        gain = pot - values.get(f"everyone but {self.seat}", 0.0)
        signs: tuple[Externality, ...] = ("none", "positive", "negative")
        sign = signs[int(np.sign(gain))]
        return Beliefs(
            pot=pot, externality=sign, values=values, reason="the rules of the game"
        )

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
        return (
            prospect.expected > outside + TOLERANCE
            and prospect.worst >= outside - TOLERANCE
        )

    def terms(self, view: View) -> Terms | None:
        """Return the terms this seat asks for, or None to make no offer."""
        return None

    def _response(self, view: View, clauses: tuple[Clause, ...]) -> Prospect:
        mode = settlement_mode(view.protocol.settlement)
        deposit = view.protocol.deposit if mode.forfeits else 0.0
        return self.economy.prospect(self.seat, clauses, mode, deposit=deposit)

    def _divided(self, view: View, terms: Terms) -> float:
        return (terms.shares or {})[self.seat] * sum(view.payoffs.values())

    def _offered(self, view: View) -> bool:
        history = view.table.history if view.table else ()
        return any(
            said.seat == self.seat and isinstance(said.move, Propose | Counter)
            for said in history
        )
