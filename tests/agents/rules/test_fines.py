"""What fines for breaking a plan come to, told at once and clause by clause."""

import itertools

import pytest

from shapley_coop.agents.rules.commitments import (
    Play,
    least_net,
    stakes_of,
    verdict,
)
from shapley_coop.records import Clause, Keeps, Step, Terms

SEATS = ("a", "b", "c")
PLAN = dict.fromkeys(SEATS, ("work",))


def clause(payer, payee, price, keeper, *, unless=True, unit="reward"):
    condition = Keeps(seat=keeper, unless=unless)
    return Clause(payer=payer, payee=payee, price=price, unit=unit, condition=condition)


CLAUSES = (
    clause("a", "b", 3, "a"),
    clause("a", "c", 4, "a"),
    clause("b", "a", 5, "b"),
    # A fine that somebody else pays, and one that hangs on everybody.
    clause("c", "a", 2, "b"),
    clause("a", "b", 1, None),
    clause("b", "a", 7, "c", unless=False),
    clause("a", "c", 0.5, "b", unit="share"),
)


def one_by_one(seat, play, breakers, raw, rewards):
    """Return the least net of a seat, from what every clause comes to."""
    net = 0.0
    for part in CLAUSES:
        happens = verdict(part.condition, 0, play, breakers)
        price = part.price
        if part.unit == "share":
            earned = raw if part.payer == seat else rewards[part.payer]
            price *= max(0.0, earned)
        known = part.unit == "reward" or play.over
        if part.payee == seat and happens and known:
            net += price
        if part.payer == seat and happens is not False:
            net -= price
    return net


@pytest.mark.parametrize("seat", SEATS)
@pytest.mark.parametrize("over", [True, False])
def test_fines_come_to_what_each_clause_comes_to(seat, over):
    terms = Terms(plan=PLAN, clauses=CLAUSES)
    rewards = {"a": 10.0, "b": 6.0, "c": -2.0}
    for count in range(len(SEATS) + 1):
        for broke in itertools.combinations(SEATS, count):
            actions = {name: "rest" if name in broke else "work" for name in SEATS}
            steps = (Step(actions=actions, rewards=rewards),)
            play = Play(steps, frozenset(), over=over, left=1 - over)
            raw = rewards[seat]
            stakes = stakes_of(seat, terms)
            net = least_net(stakes, 0, play, frozenset(broke), seat, rewards)
            expected = one_by_one(seat, play, frozenset(broke), raw, rewards)
            assert net == pytest.approx(expected)
