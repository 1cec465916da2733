"""What all rule agents share: wait at the table, and play a plan."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from shapley_coop.agents.rules.commitments import (
    Commitment,
    in_force,
    open_beside_plan,
)
from shapley_coop.agents.rules.economy import Economy
from shapley_coop.agents.rules.holdings import Enforcement
from shapley_coop.agents.rules.knowledge import own_worth
from shapley_coop.agents.rules.prospects import Prospect, prospect
from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.interfaces.agent import (
    Act,
    Place,
    TableView,
    View,
)
from shapley_coop.interfaces.deals.settlement import settlement_mode
from shapley_coop.interfaces.game import Game
from shapley_coop.records import (
    TOLERANCE,
    Accept,
    Beliefs,
    Counter,
    Intend,
    Move,
    Propose,
    Reject,
    Seat,
    Terms,
    Wait,
)
from shapley_coop.records.words import number


class Draft(NamedTuple):
    """What a seat would offer."""

    terms: Terms | None
    reason: str = ""
    """Why it offers nothing, where that is worth a word."""


class RuleAgent:
    """Common to all rules: the economy of the game, honest beliefs, best responses."""

    needs_model: ClassVar[bool] = False
    keeps_word: ClassVar[bool] = True
    """Whether it pays what it owes where nobody enforces that."""

    def __init__(self, place: Place) -> None:
        self.seat = place.seat
        self.rng = place.rng
        self.economy = Economy.of(place)
        self.holdouts: frozenset[Seat] = frozenset()
        """Seats that are known to refuse what all could sign."""

    @classmethod
    def check_game(cls, game: Game, protocol: NegotiationProtocol) -> None:
        """Raise ConfigError if beliefs are asked for and the game has no oracle of them."""
        before_play = protocol.task_table is not None and protocol.short_term
        states_beliefs = before_play or protocol.long_term
        # A seat that is alone has no table, so nobody asks it anything.
        if states_beliefs and len(game.seats) > 1:
            own_worth(game)

    async def believe(self, view: View) -> Beliefs | None:
        """State the oracle's coalition values or, of many seats, its Shapley values."""
        return self.economy.beliefs(self.seat)

    async def negotiate(self, view: View) -> Move | None:
        """Answer a standing offer, or make one."""
        self._catch_up(view)
        table = view.table
        if table is None or table.legal == ("wait",):
            return Wait()
        if not table.binds:
            return self._tell(view, table)
        if table.standing is not None and "accept" in table.legal:
            objection = self.objection(view, table.standing.terms)
            if not objection:
                return Accept(offer=table.standing.id)
            terms, _ = self._next_draft(view, table)
            if terms:
                return Counter(terms=terms, say=objection)
            return Reject(say=objection)
        if "propose" in table.legal:
            terms, reason = self._next_draft(view, table)
            return Propose(terms=terms) if terms else Wait(say=reason)
        return Wait()

    def _tell(self, view: View, table: TableView) -> Move:
        """Say once, truly, what this seat will do. Where nobody is bound, that is all it can do."""
        spoke = any(spoken.seat == self.seat for spoken in table.history)
        if spoke or "intend" not in table.legal:
            return Wait()
        return Intend(action=self.economy.security(self.seat).action)

    async def act(self, view: View) -> Act | None:
        """Best respond to the contracts in force. Without any, secure the outside option."""
        self._catch_up(view)
        # Where nobody is bound any longer, others may do anything.
        if not self._bound(view):
            return self.economy.security(self.seat).action
        # What others announced and nobody enforces is no reason to be exposed to them.
        floor = self._floor()
        return self._response(view, in_force(view.contracts), floor=floor).action

    async def honours(self, view: View) -> bool | None:
        """Pay what was promised though nobody enforces it, if this seat keeps its word."""
        return self.keeps_word

    def agrees(self, view: View, terms: Terms) -> bool:
        """Whether this seat signs the standing terms."""
        return not self.objection(view, terms)

    def objection(self, view: View, terms: Terms) -> str:
        """Return why this seat does not sign the standing terms. Empty means that it does."""
        if terms.shares is not None:
            return self._objection_to_division(view, terms)
        before = self._without_deal(view)
        signed = in_force(view.contracts, terms, view.step)
        response = self._response(view, signed, before.worst)
        if response.expected <= before.expected + TOLERANCE:
            return (
                f"it nets me {number(response.expected)}, "
                f"and without it I have {number(before.expected)}"
            )
        return self._exposure(response, before)

    def _exposure(self, response: Prospect, before: Prospect) -> str:
        """Return how terms could leave this seat worse off, or nothing if they cannot."""
        if response.worst >= before.worst - TOLERANCE:
            return ""
        return (
            f"it could leave me {number(response.worst)}, "
            f"and without it I am sure of {number(before.worst)}"
        )

    def draft(self, view: View) -> Draft:
        """Return the terms this seat asks for, or why it asks for none."""
        return Draft(None)

    def _catch_up(self, view: View) -> None:
        """Bring the economy to the moment of a view, under the rules that were announced."""
        self.economy.announce(view.protocol.split)
        self.economy.catch_up(view.steps, view.lookahead)

    def _without_deal(self, view: View) -> Prospect:
        """Return what this seat has if nothing more is signed."""
        if not self._bound(view):
            sure = self.economy.sure_of(self.seat)
            return Prospect(self.economy.security(self.seat).action, sure, sure)
        signed = self._response(view, in_force(view.contracts))
        # What was signed before may expose it already. More need not mend that.
        return signed._replace(worst=min(self._floor(), signed.worst))

    def _floor(self) -> float:
        """Return what this seat never risks: what it is sure of now, and was at the opening."""
        # What was lost may be made good by what is signed, which is then not to be risked.
        opening = self.economy.outside[self.seat]
        return max(self.economy.sure_of(self.seat), opening)

    def _bound(self, view: View) -> bool:
        """Return whether some contract still says something of what is to come."""
        so_far = self.economy.so_far
        for commitment in in_force(view.contracts):
            breakers = self.economy.breakers(commitment, so_far)
            if not breakers or open_beside_plan(commitment, so_far):
                return True
        return False

    def _response(
        self,
        view: View,
        commitments: tuple[Commitment, ...],
        floor: float = float("-inf"),
    ) -> Prospect:
        """Return this seat's best response to what is signed, or would be."""
        return self._response_of(self.seat, view, commitments, floor)

    def _response_of(
        self,
        seat: Seat,
        view: View,
        commitments: tuple[Commitment, ...],
        floor: float = float("-inf"),
    ) -> Prospect:
        """Return a seat's best response to what is signed, or would be."""
        enforcement = self._enforcement(view)
        return prospect(self.economy, seat, commitments, enforcement, floor=floor)

    def _enforcement(self, view: View) -> Enforcement:
        """Return how far this seat can count on what is signed."""
        mode = settlement_mode(view.protocol.settlement)
        return Enforcement(
            others_pay=mode.enforced,
            pays=mode.enforced or (mode.asks and self.keeps_word),
            deposit=view.protocol.deposit if mode.forfeits else 0.0,
            limited=view.protocol.liability == "limited",
        )

    def _objection_to_division(self, view: View, terms: Terms) -> str:
        """Return why a division of the pot gives this seat too little. Empty if it does not."""
        shares = terms.shares or {}
        pot = sum(view.payoffs.values())
        part, holding = shares[self.seat] * pot, view.payoffs[self.seat]
        if part >= holding - TOLERANCE:
            return ""
        return f"it gives me {number(part)}, and I hold {number(holding)}"

    def _next_draft(self, view: View, table: TableView) -> Draft:
        """Return what this seat asks for now. It says nothing twice.

        An offer stands once, and another one may where a seat that it would have bound refused it.
        """
        own = [spoken for spoken in table.history if spoken.seat == self.seat]
        stood = [offer for offer in table.offers() if offer.author == self.seat]
        if stood and not stood[-1].terms.seats & self.holdouts:
            return Draft(None)
        draft = self.draft(view)
        told = any(s.move and s.move.kind == "wait" and s.move.say for s in own)
        return draft._replace(reason="") if told else draft
