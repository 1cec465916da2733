"""Rule agents that price their work by Shapley values, honestly or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from shapley_coop.agents.rules.base import Draft, RuleAgent
from shapley_coop.agents.rules.commitments import Commitment, in_force, promisers
from shapley_coop.agents.rules.holdouts import Remainder, refusers, remainder
from shapley_coop.agents.rules.knowledge import joint_plan, own_worth
from shapley_coop.agents.rules.offers import Aim, kept_plan, priced_work
from shapley_coop.agents.rules.prospects import cannot_keep, temptation
from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.interfaces.agent import Act, Agent, Place, View
from shapley_coop.interfaces.deals.money import shift_to_sum
from shapley_coop.interfaces.deals.pricing import share_terms
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import load
from shapley_coop.records import TOLERANCE, Beliefs, Move, Seat, Terms
from shapley_coop.records.words import number


class Rational(RuleAgent):
    """Prices by exact Shapley value: signs what nets it at least φ and cannot leave it worse off.

    Where a table re-opens and a forecast of the final credit is shown, φ is that forecast, shifted
    alike for all seats so that it sums to what the plan from there pays.

    The payer offers at most R_i - φ_i, the payee asks at least φ_j - R_j (Shapley-Coop 2025,
    Fig. 2). It holds to that to the end: no deal beats a deal below φ.

    In a game that no plan fits from its opening on it does what the game's own planner does.
    """

    heeds_planner: ClassVar[bool] = True
    """Whether its claims are those of a game's planner, so that this can bargain for it."""

    @classmethod
    def check_game(cls, game: Game, protocol: NegotiationProtocol) -> None:
        """Raise ConfigError where there is a table and no oracle or plan to bargain from."""
        super().check_game(game, protocol)
        if cls.heeds_planner and game.planner is not None:
            return
        table = protocol.task_table
        if table is not None and table.binds and len(game.seats) > 1:
            own_worth(game)
            joint_plan(game)

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._forecast: Mapping[Seat, float] | None = None
        self._remainder: Remainder | None = None
        self._planner: Agent | None = None
        if self.heeds_planner and place.game.planner is not None:
            self._planner = load("agents", place.game.planner)(place)

    async def believe(self, view: View) -> Beliefs | None:
        """State what is known of the game, or what its planner knows."""
        if self._planner is not None:
            return await self._planner.believe(view)
        return await super().believe(view)

    async def act(self, view: View) -> Act | None:
        """Best respond to the contracts in force, or do the planner's part."""
        if self._planner is not None:
            return await self._planner.act(view)
        return await super().act(view)

    @property
    def phi(self) -> Mapping[Seat, float]:
        """The credit that prices follow from.

        It is the forecast at a re-opened table, and that of the willing where others refused what
        all could sign. Else it is the oracle's.
        """
        if self._remainder is not None:
            return self._remainder.credit
        return self.economy.phi if self._forecast is None else self._forecast

    async def negotiate(self, view: View) -> Move | None:
        """Answer a standing offer, or make one, by the credit that is known now."""
        if self._planner is not None:
            return await self._planner.negotiate(view)
        self._catch_up(view)
        table, forecast = view.table, view.measured
        self._forecast = None
        # At a split table, the credit is measured and belongs to the division, not to prices.
        if table is not None and table.phase == "task" and forecast is not None:
            self._forecast = self.economy.efficient(forecast.values)
        self._leave_out_refusers(view)
        return await super().negotiate(view)

    def _leave_out_refusers(self, view: View) -> None:
        """Count on the willing alone at the opening table, once somebody is not."""
        self._remainder, self.holdouts = None, frozenset()
        table = view.table
        if table is None or table.phase != "task" or view.step or view.promises:
            return
        out = refusers(table, lambda seat, terms: self._owed_by(view, seat, terms))
        out -= {self.seat}
        willing = [seat for seat in view.seats if seat not in out]
        # Nobody can sign with itself.
        if out and len(willing) > 1:
            self.holdouts = out
            self._remainder = remainder(self.economy, willing)

    def _owed_by(self, view: View, seat: Seat, terms: Terms) -> bool:
        """Return whether a seat could as well have signed terms that this one would sign."""
        if not self.agrees(view, terms):
            return False
        sure = self.economy.sure_of(seat)
        response = self._response_of(seat, view, in_force((), terms), sure)
        least = max(sure, self.economy.phi[seat])
        safe = response.worst >= sure - TOLERANCE
        return safe and response.expected >= least - TOLERANCE

    def claim(self, seat: Seat) -> float:
        """Return what this agent holds `seat` should net."""
        return self.phi[seat]

    def objection(self, view: View, terms: Terms) -> str:
        """Return by how much the terms miss the claim, or how they could leave it worse off."""
        if terms.shares is not None:
            return self._objection_to_division(view, terms)
        before = self._without_deal(view)
        signed = in_force(view.contracts, terms, view.step)
        response = self._response(view, signed, before.worst)
        # Later on, some of φ may be lost for good, and some of it may be held already.
        due = max(self._due(view)[self.seat], before.expected)
        if response.expected < due - TOLERANCE:
            return f"it nets me {number(response.expected)}, and I am due {number(due)}"
        exposure = self._exposure(response, before)
        return exposure or self._word(view, terms, signed)

    def _word(self, view: View, terms: Terms, signed: Sequence[Commitment]) -> str:
        """Return why this seat could not or would not keep its word by terms."""
        if self.seat not in promisers(terms):
            return ""
        if cannot_keep(self.economy, self.seat, terms, signed):
            return "I could not do what it asks of me"
        enforcement = self._enforcement(view)
        if enforcement.others_pay:
            return ""
        offered = in_force((), terms, view.step)
        tempted = temptation(self.economy, self.seat, offered, enforcement)
        if tempted is None:
            return ""
        return (
            f"to break it would pay me {number(tempted.broken)}, "
            f"and to keep it {number(tempted.kept)}"
        )

    def draft(self, view: View) -> Draft:
        """Offer the plan at the claimed prices or, after play, the measured division.

        Where the best plan of the present seats is not known, no offer is made.
        A plan of one step is priced alone where nobody then gains by leaving it. Where somebody
        would, and for plans of several steps, who breaks the plan owes the others damages.
        """
        if view.table is not None and view.table.phase == "split":
            return Draft(self._split(view))
        if view.promises:
            return Draft(None)
        if not self.economy.has_own_plan:
            return Draft(None, "I know no plan for those of us who are here")
        aim = self._aim(view)
        reason = "my best plan needs no contract"
        for make in (priced_work, kept_plan):
            terms = make(self.economy, aim)
            if not terms.clauses:
                continue
            reason = self._flaw(view, aim, terms)
            if not reason:
                return Draft(terms)
        return Draft(None, reason)

    def _aim(self, view: View) -> Aim:
        """Return the plan and the claims of those who are not known to refuse."""
        due = self._due(view)
        if self._remainder is not None:
            return Aim(self._remainder.plan, due)
        return Aim(self.economy.ahead(), {seat: due[seat] for seat in view.seats})

    def _flaw(self, view: View, aim: Aim, terms: Terms) -> str:
        """Return why the author would not sign its own terms, or who would not keep them safely."""
        objection = self.objection(view, terms)
        if objection:
            return f"my best offer is none: {objection}"
        commitments = in_force((), terms, view.step)
        for seat in aim.target:
            sure = self.economy.sure_of(seat)
            response = self._response_of(seat, view, commitments, sure)
            if response.worst < sure - TOLERANCE:
                worst = number(response.worst)
                return (
                    f"my best offer could leave {seat} {worst}, "
                    f"and without it {seat} is sure of {number(sure)}"
                )
            if response.action != aim.plan[seat][0]:
                return (
                    f"my best offer needs {aim.plan[seat][0]} of {seat}, "
                    f"which gains by {response.action}"
                )
        return ""

    def _due(self, view: View) -> dict[Seat, float]:
        """Return what seats claim of the whole play, as far as the plan can still pay it."""
        claims = {seat: self.claim(seat) for seat in self.phi}
        return self.economy.efficient(claims) if view.step else claims

    def _split(self, view: View) -> Terms | None:
        if view.measured is None:
            return None
        pot = sum(view.payoffs.values())
        target = shift_to_sum(view.measured.values, pot)
        # Who is measured below what it holds has no reason to have the pot divided.
        holding = view.payoffs[self.seat]
        if target[self.seat] < holding - TOLERANCE:
            return None
        return share_terms(target, pot)


class OverClaimer(Rational):
    """Claims its φ plus |φ| at the others' expense, and settles half-way."""

    EXCESS: ClassVar[float] = 1.0
    heeds_planner = False

    def claim(self, seat: Seat) -> float:
        """Return inflated claims for itself, deflated alike for the others."""
        phi = self.phi
        extra = self.EXCESS * abs(phi[self.seat])
        if seat == self.seat:
            return phi[seat] + extra
        # What it claims too much must come from the others, or the claims could not all be paid.
        return phi[seat] - extra / (len(phi) - 1)

    async def believe(self, view: View) -> Beliefs | None:
        """State beliefs in which its own presence is worth more than it is."""
        honest = await super().believe(view)
        if honest is None:
            return None
        extra = self.EXCESS * abs(self.economy.phi[self.seat])
        if honest.shares is not None:
            inflated = {self.seat: honest.shares[self.seat] + extra}
            changes = {
                "shares": {**honest.shares, **inflated},
                "pot": honest.pot + extra,
            }
            return honest.model_copy(update=changes)
        coalitions = self.economy.coalitions()
        values = dict(honest.values)
        for name in values:
            if self.seat in coalitions[name]:
                values[name] += extra
        return honest.model_copy(update={"values": values, "pot": values["everyone"]})

    def objection(self, view: View, terms: Terms) -> str:
        """Return by how much the terms miss half the way from φ to the claim."""
        if terms.shares is not None:
            return super().objection(view, terms)
        signed = in_force(view.contracts, terms, view.step)
        response = self._response(view, signed)
        half_way = (self.claim(self.seat) + self.phi[self.seat]) / 2
        if response.expected >= half_way - TOLERANCE:
            return ""
        return f"it nets me {number(response.expected)}, and I want {number(half_way)}"


class Stubborn(Rational):
    """Demands nine tenths of the surplus over outside options and never moves."""

    DEMAND: ClassVar[float] = 0.9
    heeds_planner = False

    def claim(self, seat: Seat) -> float:
        """Return a division that leaves the others a tenth of the surplus."""
        outside = {name: self.economy.security(name).value for name in self.phi}
        total = sum(self.phi.values())
        surplus = total - sum(outside.values())
        # The others share alike what the demand leaves over.
        rest = (1 - self.DEMAND) / (len(outside) - 1)
        part = self.DEMAND if seat == self.seat else rest
        return outside[seat] + surplus * part
