"""Intervals against scipy, against numbers worked out by hand, and by how often they hold."""

import math

import numpy as np
import pytest
from scipy import stats

from shapley_coop.runs.intervals import clopper_pearson
from shapley_coop.runs.statistics.estimates import (
    bootstrap_interval,
    estimate,
    interquartile_mean,
)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize(("successes", "n"), [(0, 7), (3, 20), (19, 20), (20, 20)])
def test_exact_intervals_of_shares_are_scipys(successes, n):
    expected = stats.binomtest(successes, n).proportion_ci(0.95, method="exact")
    assert clopper_pearson(successes, n) == pytest.approx(tuple(expected))


def test_no_failure_in_twenty_is_the_rule_of_three():
    assert clopper_pearson(20, 20).low == pytest.approx(0.025 ** (1 / 20))


@pytest.mark.parametrize("share", [0.03, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("n", [5, 20])
def test_exact_intervals_hold_every_share_often_enough(share, n):
    coverage = 0.0
    for successes in range(n + 1):
        low, high = clopper_pearson(successes, n)
        if low <= share <= high:
            ways = math.comb(n, successes)
            coverage += ways * share**successes * (1 - share) ** (n - successes)
    assert coverage >= 0.95


def test_bootstrap_intervals_are_scipys_bca():
    values = stats.expon.rvs(size=30, random_state=np.random.default_rng(1))
    found = bootstrap_interval(values, np.random.default_rng(2))
    expected = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=4999,
        method="BCa",
        rng=np.random.default_rng(2),
    ).confidence_interval
    assert found == pytest.approx(tuple(expected))
    # Skewed values have a longer end where their tail is.
    assert found.high - np.mean(values) > np.mean(values) - found.low


@pytest.mark.parametrize(
    ("draw", "truth", "size"),
    [
        (lambda rng, n: rng.normal(3, 2, n), 3, 10),
        (lambda rng, n: rng.normal(3, 2, n), 3, 30),
        (lambda rng, n: rng.exponential(1, n), 1, 30),
        (lambda rng, n: rng.normal(3, 2, n), 3, 4),
    ],
    ids=["normal-10", "normal-30", "skewed-30", "normal-4"],
)
def test_intervals_of_means_hold_nearly_as_often_as_they_say(rng, draw, truth, size):
    trials = 150
    held = 0
    for _ in range(trials):
        found = estimate(list(draw(rng, size)), "mean", rng)
        held += found.interval.low <= truth <= found.interval.high
    # Resamples of few values are a little too sure: 0.90 of 0.95 is what ten give.
    assert held / trials >= 0.86


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1, 2, 3, 100], 2.5), ([5], 5), ([9, 1, 5], 5), (list(range(8)), 3.5)],
)
def test_the_interquartile_mean_leaves_a_quarter_out_at_either_end(values, expected):
    assert interquartile_mean(values) == expected
    assert interquartile_mean(values) == stats.trim_mean(values, 0.25)


def test_few_values_get_students_interval_and_many_resamples(rng):
    few = [1.0, 2.0, 4.0]
    found = estimate(few, "mean", rng)
    expected = stats.t.interval(0.95, 2, np.mean(few), stats.sem(few))
    assert (found.method, found.n) == ("t", 3)
    assert found.interval == pytest.approx(expected)
    assert estimate(few * 4, "mean", rng).method == "bca"


def test_what_tells_no_spread_has_no_interval_but_its_count(rng):
    for values, sample in (([4.5] * 20, True), ([1.0], True), ([1.0, 2.0], False)):
        found = estimate(values, "mean", rng, sample=sample)
        assert (found.interval, found.method) == (None, "none")
        assert found.n == len(values)
    nothing = estimate([], "mean", rng)
    assert (nothing.value, nothing.n) == (None, 0)


def test_shares_are_counted_exactly(rng):
    found = estimate([1.0] * 5 + [0.0] * 15, "share", rng)
    assert (found.value, found.n, found.method) == (0.25, 20, "clopper-pearson")
    assert found.interval == clopper_pearson(5, 20)
    assert found.as_json()["interval"] == clopper_pearson(5, 20)


def test_no_interval_goes_where_no_value_can(rng):
    found = estimate([2.0, 3.0], "mean", rng, least=0, most=5)
    assert found.interval == (0, 5)
    loose = estimate([2.0, 3.0], "mean", rng)
    assert loose.interval.low < 0
