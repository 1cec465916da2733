"""Differences of two sets of plays against hand-made numbers and textbook tests."""

import numpy as np
import pytest
from scipy import stats

from shapley_coop.runs.statistics.differences import (
    Contrast,
    correct,
    difference,
    holm,
    newcombe,
    sign_flip_p,
)


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def test_holm_corrects_the_smallest_by_all_and_the_largest_by_none():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_what_was_not_tested_is_not_counted_among_the_tests():
    tested = Contrast(1.0, None, 9, paired=True, p=0.02)
    left_open = Contrast(None, None, 0, paired=False)
    rows = correct([left_open, tested, tested])
    assert [row.p_holm for row in rows] == [None, 0.04, 0.04]
    assert [row.is_significant for row in rows] == [False, True, True]


def test_sign_flips_of_yes_and_no_are_mcnemars_exact_test(rng):
    gaps = [1] * 7 + [-1] * 1 + [0] * 4
    assert sign_flip_p(gaps, rng) == pytest.approx(stats.binomtest(1, 8).pvalue)


def test_shared_seeds_are_compared_with_their_own_counterparts(rng):
    luck = dict(enumerate(np.random.default_rng(0).normal(0, 50, 20)))
    first = luck | {99: 1000.0}
    # The second set is better by about one, which the luck of seeds would hide.
    second = {seed: value + 1 + 0.01 * seed for seed, value in luck.items()}
    found = difference(first, second, "mean", rng)
    assert (found.paired, found.n, found.method) == (True, 20, "bca")
    assert found.value == pytest.approx(1 + 0.01 * 9.5)
    assert 1 < found.interval.low < found.value < found.interval.high < 1.2
    assert found.p < 0.001
    apart = {seed + 1000: value for seed, value in second.items()}
    hidden = difference(luck, apart, "mean", rng)
    assert (hidden.paired, hidden.n, hidden.method) == (False, 20, "welch")
    assert hidden.interval.low < 0 < hidden.interval.high
    assert hidden.p > 0.5


def test_welch_intervals_are_scipys(rng):
    first = {0: 1.0, 1: 2.0, 2: 4.0}
    second = {10: 5.0, 11: 9.0}
    found = difference(first, second, "mean", rng)
    expected = stats.ttest_ind([5, 9], [1, 2, 4], equal_var=False)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval()))


def test_a_set_that_is_alike_but_for_rounding_has_no_spread(rng):
    first = {0: 0.1 + 0.2, 1: 0.3, 2: 0.3}
    second = {10: 1.0, 11: 2.0}
    found = difference(first, second, "mean", rng)
    low, high = stats.t(1, loc=1.2, scale=0.5).interval(0.95)
    assert found.interval == pytest.approx((low, high))
    assert (found.first, found.second) == pytest.approx((0.3, 1.5))
    assert found.counts == (3, 2)


def test_differences_of_shares_are_newcombes(rng):
    # Newcombe (1998), method 10: 56 of 70 less 48 of 80.
    left = [1.0] * 48 + [0.0] * 32
    right = [1.0] * 56 + [0.0] * 14
    assert newcombe(left, right) == pytest.approx((0.0524, 0.3339), abs=5e-4)
    first = dict(enumerate(left))
    second = {1000 + place: value for place, value in enumerate(right)}
    assert difference(first, second, "share", rng).method == "newcombe"


def test_plays_without_chance_differ_by_what_they_differ(rng):
    same = dict.fromkeys(range(20), 4.5)
    other = dict.fromkeys(range(20), -1.0)
    found = difference(same, other, "mean", rng, sample=False)
    assert (found.value, found.interval, found.p) == (-5.5, None, None)


def test_a_set_without_values_leaves_the_difference_open(rng):
    found = difference({}, {1: 2.0}, "mean", rng)
    assert (found.value, found.n) == (None, 0)


def test_chances_are_rarely_small_where_sets_are_alike(rng):
    trials = 200
    wrong = 0
    for _ in range(trials):
        gaps = rng.normal(0, 1, 8)
        wrong += sign_flip_p(gaps, rng) < 0.05
    assert wrong / trials < 0.1


@pytest.mark.parametrize("pair", [True, False])
def test_no_interval_passes_what_values_can_differ_by(rng, pair):
    shares = ({0: 0.0, 1: 1.0}, {0: 0.9, 1: 0.1})
    low, high = difference(*shares, "mean", rng, pair=pair).interval
    assert low < -1
    assert high > 1
    bounded = difference(*shares, "mean", rng, pair=pair, widest=1).interval
    assert bounded == (-1, 1)
