"""Games with a known formula against their tables."""

import numpy as np
import pytest

from shapley_coop.shapley import exact
from shapley_coop.shapley.exact_values.structured import (
    airport,
    weighted_sum,
    weighted_voting,
)
from tests.rounding import rounding


def sums_of(weights):
    masks = np.arange(2 ** len(weights))
    return sum(w * (masks >> i & 1) for i, w in enumerate(weights))


@pytest.mark.parametrize(
    "weights", [[3], [1, 1], [5, 0, 2, 7, 1], [4, 3, 2, 1, 1, 6, 9, 2]]
)
def test_weighted_sums_equal_the_table(weights):
    sums = sums_of(weights)
    truth = exact(np.sqrt(sums.astype(float))).values
    assert weighted_sum(weights, np.sqrt).values == pytest.approx(
        truth, abs=rounding(6, 2**8)
    )
    quota = sum(weights) / 2
    votes = exact((sums >= quota).astype(float)).values
    assert weighted_voting(weights, quota).values == pytest.approx(
        votes, abs=rounding(1, 2**8)
    )


def test_the_united_nations_security_council():
    # 5 permanent members weigh 7, 10 others 1, quota 39 (Shapley & Shubik, 1954: 0.1963, 0.00186)
    power = weighted_voting([7] * 5 + [1] * 10, 39).values
    assert power[0] == pytest.approx(421 / 2145, abs=rounding(1, 2**8))
    assert power[-1] == pytest.approx(4 / 2145, abs=rounding(1, 2**8))


def test_airport_equals_the_table():
    costs = np.array([3.0, 1.0, 1.0, 0.0, 2.5, 8.0])
    masks = np.arange(2**6)
    table = np.max([(masks >> i & 1) * c for i, c in enumerate(costs)], axis=0)
    assert airport(costs).values == pytest.approx(exact(table).values)
    assert airport([]).values.shape == (0,)


def test_bad_structured_games_are_named():
    for weights in ([1.5, 2], [-1, 2], [[1], [2]]):
        with pytest.raises(ValueError, match="whole numbers"):
            weighted_sum(weights, np.sqrt)
    with pytest.raises(ValueError, match="too much memory"):
        weighted_voting([10**9, 1], 5)
    with pytest.raises(ValueError, match="finite values"):
        weighted_sum([1, 2], lambda s: s[:1])
    with pytest.raises(ValueError, match="airport costs"):
        airport([1.0, -2.0])


def test_a_vote_of_nobody():
    assert weighted_voting([], 1).values.size == 0
    assert weighted_voting([], 0).grand == 1.0


@pytest.mark.parametrize("quota", [np.nan, np.inf, -np.inf])
def test_a_quota_is_a_finite_number(quota):
    with pytest.raises(ValueError, match="a quota is a finite number of votes"):
        weighted_voting([2, 1], quota)


@pytest.mark.parametrize("weight", [np.nan, np.inf, -1, 0.5])
def test_a_weight_is_a_whole_number(weight):
    with pytest.raises(ValueError, match="weights are whole numbers"):
        weighted_voting([weight, 1], 1)
