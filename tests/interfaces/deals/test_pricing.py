"""Prices from stated coalition values: labels, Shapley values, transfers and shares."""

import numpy as np
import pytest

from shapley_coop.credit.beliefs import coalitions_to_value, stated_credit
from shapley_coop.credit.labels import label
from shapley_coop.interfaces.deals.pricing import share_terms, task_terms, transfers_to
from shapley_coop.records import Beliefs
from tests.fixtures.plays import brute_force

SEATS = ("a", "b", "c")


def test_coalitions_have_one_label():
    assert list(coalitions_to_value(SEATS)) == [
        "nobody",
        "a",
        "b",
        "everyone but c",
        "c",
        "everyone but b",
        "everyone but a",
        "everyone",
    ]
    assert label({"b", "a"}, ("a", "b", "c", "d")) == "a+b"
    assert not coalitions_to_value([f"s{i}" for i in range(5)])


def beliefs(values):
    return Beliefs(pot=values["everyone"], externality="none", values=values)


def test_stated_values_give_exact_shapley_values_up_to_four_seats():
    rng = np.random.default_rng(1)
    seats = ("a", "b", "c", "d")
    coalitions = coalitions_to_value(seats)
    values = dict(zip(coalitions, rng.normal(size=16).tolist(), strict=True))
    table = {coalition: values[name] for name, coalition in coalitions.items()}
    assert stated_credit(beliefs(values), seats) == pytest.approx(
        brute_force(seats, lambda s: table[frozenset(s)])
    )
    with pytest.raises(KeyError):
        stated_credit(beliefs({"everyone": 1.0}), seats)


def test_prices_meet_the_papers_bounds():
    payoffs = {"a": 10.0, "b": -1.0}
    assert transfers_to(payoffs, {"a": 4.5, "b": 4.5}) == [("a", "b", 5.5)]
    assert transfers_to(payoffs, payoffs) == []
    (clause,) = task_terms(
        {"a": ("door",), "b": ("lever",)}, payoffs, {"a": 4.5, "b": 4.5}
    ).clauses
    assert (clause.payer, clause.payee, clause.price) == ("a", "b", 5.5)
    assert clause.condition.action == "lever"
    harmed = task_terms(
        {"a": ("door",), "b": ("lever",)},
        payoffs,
        {"a": 4.5, "b": 4.5},
        harm={"b": {"a": 2.0}},
    ).clauses
    assert (harmed[1].payer, harmed[1].price, harmed[1].condition.unless) == (
        "b",
        2.0,
        True,
    )


def test_targets_that_do_not_sum_to_the_plan_share_the_gap():
    payments = transfers_to({"a": 10.0, "b": -1.0}, {"a": 5.0, "b": 5.0})
    assert payments == [("a", "b", 5.5)]


def test_a_division_of_nothing_or_with_a_debtor_is_no_division():
    assert share_terms({"a": 1.0, "b": -1.0}, 0.0) is None
    assert share_terms({"a": 3.0, "b": -1.0}, 2.0) is None
    assert share_terms({"a": 3.0, "b": 1.0}, 9.0) is None
    assert share_terms({"a": 3.0, "b": 1.0}, 4.0).shares == {"a": 0.75, "b": 0.25}
    assert share_terms({"a": -3.0, "b": -1.0}, -4.0).shares == {"a": 0.75, "b": 0.25}
