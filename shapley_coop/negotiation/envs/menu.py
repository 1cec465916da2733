"""A table for learners: a fixed menu of offers, so that every move is one number.

Action 0 waits, 1 accepts, 2 rejects, 3 leaves the table, and 4 + k offers item k of the menu: a
proposal on an empty table, a counter-offer otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations, product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.errors import ConfigError, IllegalMove
from shapley_coop.interfaces.deals.pricing import task_terms
from shapley_coop.interfaces.deals.schedule import steps_with
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.envs.sight import TableSight
from shapley_coop.negotiation.scope import check_names
from shapley_coop.records import (
    MOST_OWED,
    Accept,
    AtLeast,
    Clause,
    Counter,
    Does,
    Halt,
    Move,
    Propose,
    Reject,
    Seat,
    Terms,
    Wait,
)

WAIT, ACCEPT, REJECT, HALT, FIRST_OFFER = range(5)
PRICES = (0.25, 0.5, 0.75, 1.0)
"""Prices of offers, as parts of the greatest payoff of the plan."""
MOST_PAIR_OFFERS = 64
MenuKind = Literal["prices", "contracts"]
"""What a task table offers: prices between seats, or rules of payment that bind all alike."""


class Menu:
    """The offers that learners choose from, and how moves, masks and features map to numbers."""

    def __init__(self, seats: Sequence[Seat], offers: Sequence[Terms]) -> None:
        self.seats = tuple(seats)
        self.offers = tuple(offers)
        self.size = FIRST_OFFER + len(self.offers)
        # The table in three figures, then the offers, then who signed, who left and whose view.
        self.width = 3 + len(self.offers) + 3 * len(self.seats)

    def move(self, action: int | None, sight: TableSight) -> Move | None:
        """Return the move that an action means now, or None if it is none, or not legal."""
        # Python counts -1 from the end of an array, and learners mean no action by it.
        if action is None or not 0 <= action < self.size:
            return None
        if not self.mask(sight)[action]:
            return None
        if action >= FIRST_OFFER:
            terms = _at(self.offers[action - FIRST_OFFER], sight.scope.step)
            if sight.standing is None:
                return Propose(terms=terms)
            return Counter(terms=terms)
        if action == ACCEPT and sight.standing is not None:
            return Accept(offer=sight.standing.id)
        if action == REJECT:
            return Reject()
        return Halt() if action == HALT else Wait()

    def mask(self, sight: TableSight) -> NDArray[np.int8]:
        """Return which actions are legal for a seat now."""
        legal = sight.legal
        mask = np.zeros(self.size, np.int8)
        mask[WAIT] = "wait" in legal
        mask[ACCEPT] = "accept" in legal
        mask[REJECT] = "reject" in legal
        mask[HALT] = "halt" in legal
        if "propose" in legal or "counter" in legal:
            mask[FIRST_OFFER:] = [_can_be_made(offer, sight) for offer in self.offers]
        return mask

    def features(self, sight: TableSight | None, seat: Seat) -> NDArray[np.float32]:
        """Return the table as an array: turn, time left, what stands, who signed, own place."""
        features = np.zeros(self.width, np.float32)
        count = len(self.seats)
        features[-count + self.seats.index(seat)] = 1
        if sight is None:
            return features
        features[0] = sight.has_turn
        features[1] = 1 - (sight.round - 1) / sight.rounds
        features[2] = sight.standing is not None
        if sight.standing is not None:
            # The menu's offers are about step 0, a table's about the step at which it opened.
            standing = _at(sight.standing.terms, 0)
            if standing in self.offers:
                features[3 + self.offers.index(standing)] = 1
        start = 3 + len(self.offers)
        middle = start + count
        features[start:middle] = [s in sight.signed for s in self.seats]
        features[middle : middle + count] = [s in sight.halted for s in self.seats]
        return features


def task_menu(game: Game, rng: np.random.Generator, kind: MenuKind = "prices") -> Menu:
    """Return offers for a task table: prices between seats, or with `contracts` rules for all.

    Prices: where the game knows a plan and its worth, the plan, paid at growing shares of the way
    from the game's own payoffs to the Shapley values. For few seats also: one seat pays another
    for an action, at prices up to the greatest reward of the plan. `rng` draws coalitions where
    the seats are too many to value them all.

    Contracts: all others pay whoever takes a certain action, in equal parts, at the same prices. It
    is a finite form of the contracts of Haupt et al. (2022, arXiv 2208.10469), in which a learner
    proposes a rule of transfers, and all others take it or leave it.

    Raises:
        ConfigError: payoffs of the game are more than a seat can owe.
    """
    if kind == "contracts":
        return Menu(game.seats, _rules_for_all(game))
    offers: list[Terms] = []
    # Prices are parts of the greatest reward, so that the menu fits games of any scale.
    top = 1.0
    plan, worth = game.plan(), game.oracle()
    if plan is not None and worth is not None:
        payoffs = game.preview(plan).payoffs
        top = _greatest(game, payoffs)
        credit = measure(
            worth,
            game.seats,
            WorthSettings(),
            kind="oracle",
            absence=None,
            rng=rng,
        )
        phi = credit.values
        for share in PRICES:
            target = {}
            for seat in game.seats:
                way = phi[seat] - payoffs[seat]
                target[seat] = payoffs[seat] + share * way
            offers.append(task_terms(plan, payoffs, target))
    pairs = list(permutations(game.seats, 2))
    # An offer is an action of its own, so only few seats can have all of them.
    number = len(pairs) * len(game.actions) * len(PRICES)
    if number <= MOST_PAIR_OFFERS:
        for (payer, payee), action, price in product(pairs, game.actions, PRICES):
            offers.append(_pay_for(payer, payee, action, price * top))
    return Menu(game.seats, _distinct(offers))


def split_menu(seats: Sequence[Seat]) -> Menu:
    """Return divisions for a split table: equal, and each seat in turn favoured by half."""
    n = len(seats)
    offers = [Terms(shares=dict.fromkeys(seats, 1 / n))]
    rest = 0.5 / n
    for favourite in seats:
        shares = dict.fromkeys(seats, rest)
        shares[favourite] = 0.5 + rest
        offers.append(Terms(shares=shares))
    return Menu(seats, _distinct(offers))


def _rules_for_all(game: Game) -> list[Terms]:
    """Return rules by which all others pay whoever takes an action at least once."""
    plan = game.plan()
    top = 1.0 if plan is None else _greatest(game, game.preview(plan).payoffs)
    rules = []
    for action, share in product(game.actions, PRICES):
        price = share * top / (len(game.seats) - 1)
        clauses = []
        for payer, payee in permutations(game.seats, 2):
            # Nobody can be paid for what it is never offered.
            steps = range(game.horizon)
            if not steps_with(game.schedule, payee, action, steps):
                continue
            done = AtLeast(seat=payee, action=action, times=1)
            clause = Clause(payer=payer, payee=payee, price=price, condition=done)
            clauses.append(clause)
        if clauses:
            rules.append(Terms(clauses=tuple(clauses)))
    return rules


def _greatest(game: Game, payoffs: Mapping[Seat, float]) -> float:
    """Return the greatest size of a payoff, and at least 1.

    Raises:
        ConfigError: what all earn together is more than a seat can owe.
    """
    top = max(1.0, *(abs(value) for value in payoffs.values()))
    if not top * len(game.seats) <= MOST_OWED:
        raise ConfigError(
            f"payoffs of {game.name} reach {top:g}, and a seat can owe {MOST_OWED:g} at most, so "
            "that no menu of prices can be made; scale the payoffs of the game",
            field="game",
        )
    return top


def _pay_for(payer: Seat, payee: Seat, action: str, price: float) -> Terms:
    """Return terms by which one seat pays another for an action at step 0."""
    condition = Does(
        seat=payee,
        action=action,
        step=0,
    )
    clause = Clause(
        payer=payer,
        payee=payee,
        price=price,
        condition=condition,
    )
    return Terms(clauses=(clause,))


def _can_be_made(offer: Terms, sight: TableSight) -> bool:
    # A seat that left the table can be bound by no offer.
    if offer.seats & sight.halted:
        return False
    # Where all may be done at any time, there is nothing to look up.
    if not sight.scope.schedule or sight.scope.phase == "split":
        return True
    try:
        check_names(_at(offer, sight.scope.step), sight.scope)
    except IllegalMove:
        return False
    return True


def _at(terms: Terms, step: int) -> Terms:
    """Return terms whose conditions on actions are about `step`."""
    clauses = []
    for clause in terms.clauses:
        condition = clause.condition
        if isinstance(condition, Does) and condition.step != step:
            at_step = condition.model_copy(update={"step": step})
            clauses.append(clause.model_copy(update={"condition": at_step}))
        else:
            clauses.append(clause)
    return terms.model_copy(update={"clauses": tuple(clauses)})


def _distinct(offers: Sequence[Terms]) -> list[Terms]:
    # Equal offers would be two actions of one meaning, between which no learner can choose.
    kept: dict[str, Terms] = {}
    for offer in offers:
        if offer.clauses or offer.shares:
            kept.setdefault(offer.model_dump_json(), offer)
    return list(kept.values())
