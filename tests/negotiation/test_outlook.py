"""What seats are told that actions bring: held against plays that are carried out and settled."""

import numpy as np
import pytest

from games.dilemmas.classic import PrisonersDilemma, TravellersDilemma
from games.raid.game import Raid
from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.interfaces.deals.outlook import MOST_ACTIONS
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.ledger import plan_breakers
from shapley_coop.negotiation.outlook import outlook
from shapley_coop.negotiation.procedure import settle
from shapley_coop.records import (
    Always,
    AtLeast,
    Clause,
    Contract,
    Does,
    Keeps,
    Offer,
    Outcome,
    Terms,
)
from tests.credit.random_games import MAKERS

GAMES = 300
MODES = ("binding", "escrow", "cheap-talk")


def a_condition(rng, game, seats, now, plan):
    """Return a condition of some type about some seat."""
    seat = str(rng.choice(seats))
    action = str(rng.choice(game.actions))
    unless = bool(rng.integers(2))
    kind = int(rng.integers(5))
    if kind == 0:
        return Always()
    if kind == 1:
        step = int(rng.integers(now, game.horizon))
        return Does(seat=seat, action=action, step=step, unless=unless)
    if kind == 2:
        times = int(rng.integers(1, game.horizon + 1))
        return AtLeast(seat=seat, action=action, times=times, unless=unless)
    if kind == 3 or not plan:
        outcome = str(rng.choice(game.possible_outcomes()))
        return Outcome(outcome=outcome, unless=unless)
    about = None if rng.random() < 0.3 else str(rng.choice(sorted(plan)))
    return Keeps(seat=about, unless=unless)


def a_contract(rng, game, step):
    """Return a contract of one to four clauses, half of them with a plan."""
    seats = list(game.seats)
    plan = {}
    if rng.random() < 0.5:
        for seat in seats:
            length = int(rng.integers(1, game.horizon - step + 1))
            plan[seat] = tuple(str(a) for a in rng.choice(game.actions, length))
    clauses = []
    for _ in range(int(rng.integers(1, 5))):
        payer, payee = (str(seat) for seat in rng.choice(seats, 2, replace=False))
        by_share = bool(rng.random() < 0.3)
        clauses.append(
            Clause(
                payer=payer,
                payee=payee,
                price=round(float(rng.uniform(0, 1 if by_share else 6)), 2),
                unit="share" if by_share else "reward",
                condition=a_condition(rng, game, seats, step, plan),
            )
        )
    terms = Terms(clauses=tuple(clauses), plan=plan)
    offer = Offer(id=1, author=seats[0], round=1, terms=terms)
    return Contract(offer=offer, signatures=tuple(seats), step=step)


def bound_to(contract, seat, steps):
    """Return what a seat signed to do next by one contract, or None."""
    now, terms = len(steps), contract.offer.terms
    wanted = None
    line = terms.plan.get(seat, ())
    intact = not plan_breakers(terms, contract.step, steps)
    if intact and now - contract.step < len(line):
        wanted = line[now - contract.step]
    exact = None
    for clause in terms.clauses:
        about = clause.condition
        if not isinstance(about, Does | AtLeast) or about.seat != seat:
            continue
        if seat != (clause.payer if about.unless else clause.payee):
            continue
        if isinstance(about, Does):
            exact = about.action if about.step == now else exact
        else:
            done = [step.actions[seat] for step in steps[contract.step :]]
            if done.count(about.action) < about.times:
                wanted = about.action
    return exact or wanted


def carried_out(game, seed, past, contracts, seat, action, protocol):
    """Return what a seat holds once everybody has acted and the ledger was settled."""
    game.start(seed)
    steps = [game.apply(step.actions) for step in past]
    while game.agents:
        joint = {}
        for other in game.agents:
            choice = None
            for contract in contracts:
                choice = bound_to(contract, other, steps) or choice
            if other == seat and len(steps) == len(past):
                choice = action
            if choice not in game.legal(other):
                choice = game.fallback(other)
            joint[other] = choice
        steps.append(game.apply(joint))
    settled = settle(
        game, protocol, contracts, steps, division=None, credit=None, deadlock=False
    )
    return settled.payoffs[seat]


@pytest.mark.parametrize("maker", range(len(MAKERS)))
def test_figures_are_those_of_plays_that_are_carried_out(maker):
    seen = set()
    compared = 0
    for number in range(GAMES // len(MAKERS)):
        rng = np.random.default_rng([maker, number])
        game: Game = MAKERS[maker](rng)
        game.start(number)
        past = []
        for _ in range(int(rng.integers(game.horizon))):
            joint = {seat: str(rng.choice(game.legal(seat))) for seat in game.agents}
            past.append(game.apply(joint))
            if not game.agents:
                break
        if not game.agents:
            game.start(number)
            past = []
        contracts = []
        for _ in range(int(rng.integers(1, 3))):
            step = int(rng.integers(len(past) + 1))
            contracts.append(a_contract(rng, game, step))
        for contract in contracts:
            for clause in contract.offer.terms.clauses:
                seen.add(clause.condition.when)
        offered = a_contract(rng, game, len(past))
        protocol = PROTOCOLS["short-term"].model_copy(
            update={"settlement": str(rng.choice(MODES))}
        )
        for seat in game.agents:
            told = outlook(game, number, protocol, contracts, past, seat, offered.offer)
            assert told is not None
            assert tuple(told.signed) == tuple(game.legal(seat))
            twin = game.fresh()
            for action in game.legal(seat):
                for row, force in (
                    (told.signed, contracts),
                    (told.offered, [*contracts, offered]),
                ):
                    expected = carried_out(
                        twin, number, past, force, seat, action, protocol
                    )
                    assert row[action] == pytest.approx(expected, abs=1e-9)
                    compared += 1
            assert game.clock == len(past)
    assert seen == {"always", "does", "at-least", "outcome", "keeps"}
    assert compared > GAMES


def price(amount, action, seat="player_1", **changes):
    condition = Does(seat=seat, action=action, **changes)
    clause = Clause(
        payer="player_0", payee="player_1", price=amount, condition=condition
    )
    terms = Terms(clauses=(clause,))
    return Offer(id=1, author="player_0", round=1, terms=terms)


def test_without_a_contract_and_an_offer_there_is_nothing_to_tell():
    assert outlook(PrisonersDilemma(), 0, PROTOCOLS["talk"], (), (), "player_0") is None


def test_the_plan_is_told_only_where_the_protocol_prices_by_it():
    game, talk = PrisonersDilemma(), PROTOCOLS["talk"]
    plan = game.plan()
    cooperate = plan["player_0"][0]
    standing = price(0, cooperate)
    told = outlook(game, 0, talk, (), (), "player_0", standing)
    by_plan = talk.model_copy(update={"price_bound": "plan"})
    knowing = outlook(game, 0, by_plan, (), (), "player_0", standing)
    assert (told.habit, knowing.habit) == ("safe", "plan")
    # Nobody has signed anything, so the other seat defects, or plays the plan.
    assert told.signed[cooperate] < knowing.signed[cooperate]
    assert told.offered == knowing.signed


def test_of_many_actions_some_are_listed_and_the_best_among_them():
    game = TravellersDilemma()
    told = outlook(
        game, 0, PROTOCOLS["talk"], (), (), "player_0", price(3, game.actions[5])
    )
    assert len(told.signed) > MOST_ACTIONS
    listed = told.shown_actions()
    assert len(listed) <= MOST_ACTIONS
    assert {game.actions[0], game.actions[-1]} <= set(listed)
    for row in (told.signed, told.offered):
        assert max(row[action] for action in listed) == max(row.values())


def test_a_game_of_chance_tells_nothing_of_the_dice_to_come():
    game = Raid()
    seat, other = game.seats[:2]
    clause = Clause(payer=other, payee=seat, price=1)
    offer = Offer(id=1, author=seat, round=1, terms=Terms(clauses=(clause,)))
    assert outlook(game, 3, PROTOCOLS["talk"], (), (), seat, offer) is None

    class Dicing(PrisonersDilemma):
        def advance(self, actions):
            luck = float(self.rng.random())
            return {seat: pay + luck for seat, pay in super().advance(actions).items()}

    standing = price(1, game.actions[0]).model_copy(update={"terms": Terms()})
    assert outlook(Dicing(), 3, PROTOCOLS["talk"], (), (), "player_0", standing) is None


def test_a_game_that_does_not_know_what_is_safe_tells_nothing():
    class Unsafe(PrisonersDilemma):
        def security(self, seat):
            return None

    standing = price(1, PrisonersDilemma().actions[0])
    assert outlook(Unsafe(), 0, PROTOCOLS["talk"], (), (), "player_0", standing) is None
