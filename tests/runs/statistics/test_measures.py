"""What a study measures of an episode."""

import pytest

from shapley_coop.records import (
    Attainable,
    Checks,
    Core,
    Episode,
    SeatCredit,
    Spend,
)
from shapley_coop.runs.statistics.measures import MEASURE_BY_NAME, MEASURES
from shapley_coop.runs.statistics.readings import gini


def episode(**fields):
    base = {"index": 0, "seed": 7, "seats": ("a", "b"), "payoffs": {"a": 6, "b": 2}}
    return Episode(**base | fields)


def value(name, **fields):
    return MEASURE_BY_NAME[name].value(episode(**fields))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, 3, 3], 0),
        ([0, 0, 9], 2 / 3),
        ([1, 2, 3, 4], 0.25),
        ([-1, 10], None),
        ([0, 0], None),
        ([], None),
    ],
)
def test_gini_is_half_the_mean_difference_over_the_mean(values, expected):
    assert gini(values) == (None if expected is None else pytest.approx(expected))
    if expected is not None:
        count, mean = len(values), sum(values) / len(values)
        gaps = sum(abs(one - other) for one in values for other in values)
        assert gini(values) == pytest.approx(gaps / (2 * count**2 * mean))


def test_welfare_is_held_against_what_was_attainable():
    best = Attainable(total=10, payoffs={"a": 5, "b": 5}, by="contract")
    columns = {"a": SeatCredit(outside=1), "b": SeatCredit(outside=3)}
    assert value("welfare") == 8
    assert value("payoff_gap") == 4
    assert value("efficiency", attainable=best) == pytest.approx(0.8)
    reached = value("surplus_share", attainable=best, columns=columns)
    assert reached == pytest.approx((8 - 4) / (10 - 4))
    assert value("efficiency") is None
    assert value("efficiency", attainable=Attainable(total=-2)) is None


def test_the_rules_worth_stands_in_where_no_agreement_is_known():
    columns = {"a": SeatCredit(potential=12), "b": SeatCredit(potential=4)}
    assert value("efficiency", columns=columns) == pytest.approx(0.5)
    columns["b"] = SeatCredit()
    assert value("efficiency", columns=columns) is None


def test_claims_and_agreements_are_held_against_measured_credit():
    columns = {
        "a": SeatCredit(claimed=5, agreed=4, potential=4, measured=2),
        "b": SeatCredit(claimed=1, potential=4, measured=2, zero_shift=1),
    }
    assert value("overclaim", columns=columns) == pytest.approx((1 - 3) / 2)
    assert value("claimed_distance", columns=columns) == pytest.approx((3 + 2) / 2)
    assert value("agreed_distance", columns=columns) == 2


def test_a_price_that_is_not_known_leaves_the_cost_open():
    known = Spend(seat="a", purpose="act", model="m", cost=0.5)
    unknown = Spend(seat="b", purpose="act", model="m")
    assert value("cost", spend=(known, known)) == 1
    assert value("cost", spend=(known, unknown)) is None
    assert value("cost") == 0


def test_the_core_excess_is_that_of_the_check():
    core = Core(holds=False, objector=("a",), excess=1.5)
    assert value("core_excess", checks=Checks(core=core)) == 1.5
    assert value("core_excess") is None


def test_cut_episodes_count_where_nothing_else_would_be_honest():
    episodes = [episode(success=True), episode(seed=8, status="failed", payoffs={})]
    success = MEASURE_BY_NAME["success"].values(episodes)
    assert success == {7: 1, 8: 0}
    assert MEASURE_BY_NAME["welfare"].values(episodes) == {7: 8}


def test_plays_of_one_seed_are_one_draw():
    episodes = [episode(), episode(payoffs={"a": 0, "b": 0})]
    assert MEASURE_BY_NAME["welfare"].values(episodes) == {7: 4}


def test_every_measure_has_a_name_and_a_sentence_of_its_own():
    names = [measure.name for measure in MEASURES]
    assert len(set(names)) == len(names) == 17
    assert all(measure.meaning.endswith(".") for measure in MEASURES)
