"""Errors of means: what episodes share stays, what differs between them shrinks."""

import math

import numpy as np
import pytest
from scipy.stats import t

from shapley_coop.runs.intervals import (
    EXACT,
    Precision,
    error_of_mean,
    mean_interval,
    t_quantile,
)

SHARED = Precision(0.47, draws=16, shared=True)


@pytest.mark.parametrize("episodes", [1, 4, 16, 1000])
def test_an_error_that_all_episodes_share_does_not_shrink(episodes):
    error = error_of_mean([12.03] * episodes, [SHARED] * episodes)
    assert error.stderr == pytest.approx(0.47)
    assert error.freedom == pytest.approx(15)
    low, high = error.interval(12.03)
    assert high - low == pytest.approx(2 * t.ppf(0.975, 15) * 0.47)


@pytest.mark.parametrize("episodes", [1, 4, 16])
def test_errors_of_their_own_shrink_even_where_values_come_out_alike(episodes):
    own = Precision(0.4, draws=16)
    error = error_of_mean([3.0] * episodes, [own] * episodes)
    assert error.stderr == pytest.approx(0.4 / math.sqrt(episodes))
    assert error.freedom == pytest.approx(15 * episodes)


def test_how_far_episodes_differ_holds_their_own_errors_already():
    values = np.random.default_rng(1).normal(2, 1, 50).tolist()
    error = error_of_mean(values, [Precision(0.01, draws=16)] * 50)
    assert error.stderr == pytest.approx(np.std(values, ddof=1) / math.sqrt(50))
    assert error.freedom == pytest.approx(49)


def test_shared_and_own_errors_add_up():
    values = [1.0, 3.0]
    error = error_of_mean(values, [Precision(0.5, draws=4, shared=True)] * 2)
    assert error.stderr == pytest.approx(math.hypot(0.5, 1.0))
    variances = np.array([0.25, 1.0])
    by_welch = variances.sum() ** 2 / (variances**2 / np.array([3, 1])).sum()
    assert error.freedom == pytest.approx(by_welch)


def test_one_draw_of_chance_in_one_episode_tells_no_error():
    unknown = Precision(None, draws=1)
    assert error_of_mean([3.0], [unknown]) is None
    assert error_of_mean([3.0, 5.0], [unknown] * 2).stderr == pytest.approx(1.0)
    assert error_of_mean([3.0, 3.0], [unknown] * 2) is None, "that is luck"


def test_what_is_exact_has_no_error_and_no_interval():
    assert error_of_mean([4.5], [EXACT]).stderr == 0
    assert error_of_mean([0.1 + 0.2, 0.3], [EXACT] * 2).stderr == 0
    assert mean_interval([4.5, 4.5, 4.5]) is None


def test_an_interval_ends_where_nothing_is_possible():
    low, high = mean_interval([1.0, 1.0, 2.0], least=0)
    assert low == 0
    assert high > 2
    assert mean_interval([1.0, 1.0, 2.0]).low < 0


def test_an_interval_ends_at_the_most_that_is_possible_too():
    assert mean_interval([3.0, 3.0, 2.0], most=3).high == 3
    assert mean_interval([3.0, 3.0, 2.0]).high > 3


def test_an_error_of_nothing_but_rounding_is_none():
    drawn = Precision(2e-16, draws=16)
    assert error_of_mean([0.0, 0.0], [drawn] * 2) == (0, math.inf)
    assert mean_interval([-1e-17, 2e-16]) is None


def test_quantiles_of_known_errors_are_normal():
    assert t_quantile(math.inf) == pytest.approx(1.959964, abs=1e-6)
    assert t_quantile(2.5) == pytest.approx(t.ppf(0.975, 2.5))
