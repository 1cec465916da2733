"""The market of work items: prices by hand, and what they pay on the average over plays."""

from dataclasses import replace
from statistics import fmean, stdev

import pytest

from shapley_coop.records import Always, Clause, Outcome, Terms
from swe_sim.team.game import VALUE, SoftwareTeam
from swe_sim.workers.closed_form import ClosedForm
from swe_sim.workers.market import Market
from swe_sim.workers.skills import FAULT_KINDS
from swe_sim.workers.team import USUAL, Workers
from tests.swe_sim.workers.plays import play

NEVER = dict.fromkeys(FAULT_KINDS, 0.0)
SURE = replace(USUAL, solves=0.0, lifts={"cpo": 1.0})
"""Programmers who make no fault if there is a brief, and always one if there is none."""


def market_of(skills, **parameters):
    team = SoftwareTeam(**parameters)
    return Market(ClosedForm(team, skills), team.acceptance), team


def paid(terms, outcomes):
    """Return what clauses in amounts pay each seat, worked out here once more."""
    sums = {}
    for clause in terms.clauses:
        condition = clause.condition
        due = isinstance(condition, Always) or condition.outcome in outcomes
        amount = clause.price * (VALUE if clause.unit == "share" else 1.0)
        sums[clause.payee] = sums.get(clause.payee, 0.0) + due * amount
    return sums


def test_prices_by_hand():
    # With the brief all tests pass, so every item is delivered for sure and costs its part.
    market, _ = market_of(SURE, roles=("ceo", "cpo", "programmer_0"))
    form = market.form
    alone = form.value(["programmer_0"])
    # A programmer without a brief brings `alone`, and a brief the rest: Shapley halves the rest.
    cpo, programmer = (VALUE - alone) / 2, (VALUE + alone) / 2
    prices = {f"{p.item.name} {p.seat}": p.amount for p in market.prices}
    assert prices == pytest.approx(
        {
            "plan cpo": cpo / 2,
            "document cpo": cpo / 2,
            "write bmi.py programmer_0": programmer,
        }
    )
    clauses = market.terms().clauses
    assert {clause.payer for clause in clauses} == {"ceo"}
    assert [clause.condition.outcome for clause in clauses] == [
        "item:plan:cpo",
        "item:document:cpo",
        "item:bmi.py:programmer_0",
    ]


def test_the_risk_of_an_item_is_in_its_price_and_the_rest_is_a_share():
    skills = replace(
        USUAL, solves=0.25, lifts={}, reviewer_catches=NEVER, tester_finds=NEVER
    )
    market, _ = market_of(skills, roles=("ceo", "programmer_0"))
    (price,) = market.prices
    # It is delivered once in four times or, if some fault passes unseen, more often.
    assert 0.25 <= price.chance < 0.5
    ask = market.asks["programmer_0"]
    assert price.amount == pytest.approx(2 * ask)
    amount, share = market.terms().clauses
    assert amount.price == price.amount
    assert share.unit == "share"
    mean = price.chance * amount.price + share.price * market.income
    assert mean == pytest.approx(ask)


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("broken-ledger-0", ("ceo", "cpo", "programmer_0", "reviewer", "tester")),
        ("letter-cipher-1", ("programmer_0", "reviewer_0", "reviewer_1", "tester")),
    ],
)
def test_what_items_pay_is_on_the_average_what_was_asked(name, roles):
    market, team = market_of(USUAL, task=name, roles=roles)
    terms = market.terms()
    plays = []
    for seed in range(100):
        done = play(team, Workers(USUAL), seed)
        plays.append(paid(terms, done.outcomes()))
    for seat, ask in market.asks.items():
        sums = [one[seat] for one in plays]
        error = stdev(sums) / len(sums) ** 0.5
        # The share of the reward is taken here of a whole one, which is a little more.
        slack = 0.02 * ask
        assert abs(fmean(sums) - ask) < 3.5 * error + slack, seat


def test_a_price_below_the_ask_is_not_signed():
    market, _ = market_of(SURE, roles=("ceo", "cpo", "programmer_0"))
    terms = market.terms()
    seats = market.form.seats
    assert all(market.is_fair(terms, seat) for seat in seats)
    first, *others = terms.clauses
    less = first.model_copy(update={"price": first.price - 1.0})
    lower = Terms(clauses=(less, *others))
    assert [market.is_fair(lower, seat) for seat in seats] == [True, False, True]
    more = first.model_copy(update={"price": first.price + 1.0})
    higher = Terms(clauses=(more, *others))
    assert [market.is_fair(higher, seat) for seat in seats] == [False, True, True]
    # What hangs on something that no rule worker can tell counts as if it never came.
    vague = first.model_copy(update={"condition": Outcome(outcome="approved")})
    assert not market.is_fair(Terms(clauses=(vague, *others)), "cpo")


def test_what_turns_cost_is_asked_for_too():
    market, _ = market_of(SURE, roles=("cpo", "programmer_0"), cost=1.0)
    # The programmer takes one turn.
    value = market.form.shapley()
    assert market.asks == pytest.approx({"programmer_0": value["programmer_0"] + 1})


def test_nobody_sells_what_the_reward_cannot_pay():
    # The CEO is worth less than its turn costs, so that all asks together exceed the reward.
    market, _ = market_of(SURE, roles=("ceo", "cpo", "programmer_0"), cost=1.0)
    assert sum(market.asks.values()) == pytest.approx(market.income)


def test_an_impossible_task_pays_by_shares_since_nothing_of_it_is_ever_accepted():
    market, _ = market_of(
        SURE, task="impossible-value-0", roles=("ceo", "programmer_0")
    )
    (price,) = market.prices
    assert price.chance == 0.0
    share = market.terms().clauses[-1]
    assert isinstance(share, Clause)
    assert share.unit == "share"
    assert share.price * market.income == pytest.approx(market.asks["programmer_0"])
