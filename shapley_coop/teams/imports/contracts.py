"""Contracts of one-shot games that a log states: typed clauses, judged, and paid after a play."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from shapley_coop.negotiation.ledger import pay_contracts
from shapley_coop.negotiation.lint.holdings import Holdings, holdings_under
from shapley_coop.negotiation.lint.normal_form import NormalForm, profile_of
from shapley_coop.negotiation.lint.verdict import DealVerdict, judge
from shapley_coop.negotiation.settlement import BINDING
from shapley_coop.records import Clause, Contract, Does, Offer, Seat, Terms
from shapley_coop.records.base import MAX_PRICE
from shapley_coop.teams.imports.bounds import number_at, refuse


def amount_at(value: Any, place: str) -> float:
    """Return an amount that a contract pays.

    Raises:
        InputError: it is no number, or more than clauses can pay.
    """
    amount = number_at(value, place)
    if abs(amount) > MAX_PRICE:
        raise refuse(f"{place} pays {amount:g}; at most {MAX_PRICE:g} is read")
    return amount


class ContractGame(NamedTuple):
    """A game of one step whose payoffs a log states."""

    name: str
    form: NormalForm
    """The game, whose goal is that everybody cooperates."""

    @property
    def cooperation(self) -> dict[Seat, str]:
        """What each seat does who cooperates."""
        seats = enumerate(self.form.seats)
        return {seat: self.form.plans[i][self.form.goal[i]][0] for i, seat in seats}


@dataclass(frozen=True)
class Design:
    """A contract as somebody wrote it: what each action brings whoever takes it."""

    game: ContractGame
    author: str
    amounts: Mapping[str, float]
    """By action, what the others pay a seat for it in equal parts. Of less than 0, it pays them."""

    @cached_property
    def terms(self) -> Terms:
        """The contract as typed clauses."""
        clauses: list[Clause] = []
        for seat in self.game.form.seats:
            for action, amount in self.amounts.items():
                clauses += self._clauses(Does(seat=seat, action=action), amount)
        return Terms(clauses=tuple(clauses))

    def _clauses(self, deed: Does, amount: float) -> Iterator[Clause]:
        """Yield what every other seat pays a seat for an action, or is paid."""
        others = [seat for seat in self.game.form.seats if seat != deed.seat]
        price = abs(amount) / len(others)
        for other in others:
            if amount > 0:
                yield Clause(payer=other, payee=deed.seat, price=price, condition=deed)
            elif amount < 0:
                yield Clause(payer=deed.seat, payee=other, price=price, condition=deed)

    @cached_property
    def _holdings(self) -> Holdings:
        return holdings_under(self.game.form, self.terms)

    @cached_property
    def verdict(self) -> DealVerdict:
        """What cooperation stands up to under this contract."""
        return judge(self.game.form, self._holdings)

    @property
    def stable(self) -> bool:
        """Whether nobody gains by leaving mutual cooperation alone (a Nash equilibrium)."""
        return self.verdict.equilibrium

    @cached_property
    def weakly_dominant(self) -> bool:
        """Whether cooperating is never worse than another action, and once better than each."""
        form, holdings = self.game.form, self._holdings
        for player, goal in enumerate(form.goal):
            slack = holdings.slack[player]
            held = holdings.units[:, player].reshape(form.shape)
            own_first = np.moveaxis(held, player, 0)
            others = np.delete(own_first, goal, axis=0).reshape(len(own_first) - 1, -1)
            advantage = own_first[goal].reshape(1, -1) - others
            if advantage.min() < -slack or advantage.max(axis=1).min() <= slack:
                return False
        return True

    def as_json(self) -> dict[str, Any]:
        """Return the contract with its clauses, and what it stands up to."""
        verdict = self.verdict
        deviations = [one.model_dump(mode="json") for one in verdict.deviations]
        return {
            "game": self.game.name,
            "author": self.author,
            "clauses": [one.model_dump(mode="json") for one in self.terms.clauses],
            "stable": self.stable,
            "weakly_dominant": self.weakly_dominant,
            "rational": verdict.rational,
            "deviations": deviations,
        }

    @property
    def most_clauses(self) -> int:
        """How many clauses the contract has at most, told without making them."""
        seats = len(self.game.form.seats)
        return seats * (seats - 1) * len(self.amounts)

    @property
    def promises(self) -> frozenset[str]:
        """The actions that it pays best, which whoever signs promises. None if all pay alike."""
        best = max(self.amounts.values())
        if best == min(self.amounts.values()):
            return frozenset()
        return frozenset(name for name, paid in self.amounts.items() if paid == best)


@dataclass(frozen=True)
class ContractPlay:
    """One play of a game after its seats signed a contract, or refused to."""

    place: str
    """Where it is recorded."""
    design: Design
    signed: bool
    """Whether all of them signed."""
    players: Mapping[Seat, str]
    """Who sat at each seat."""
    actions: Mapping[Seat, str]
    payoffs: Mapping[Seat, float]
    """What the log says that each seat got."""

    def settle(self) -> dict[Seat, float]:
        """Return what each seat gets by the rules of the game and the contract."""
        form = self.design.game.form
        lines = {seat: (self.actions[seat],) for seat in form.seats}
        profile = profile_of(form.seats, form.plans, lines)
        play = form.play(int(np.ravel_multi_index(profile, form.shape)))
        contracts = []
        if self.signed:
            terms = self.design.terms
            offer = Offer(id=0, author=form.seats[0], round=0, terms=terms)
            contracts.append(Contract(offer=offer, signatures=form.seats))
        settlement = pay_contracts(
            play.raw, contracts, play.steps, play.outcomes, mode=BINDING
        )
        return settlement.payoffs
