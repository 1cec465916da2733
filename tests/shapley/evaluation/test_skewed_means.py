"""Intervals of means whose draws are skewed hold the truth nearly as often as they say."""

import numpy as np
import pytest

from shapley_coop.shapley.evaluation.skewed_means import (
    freedom_of_means,
)
from shapley_coop.shapley.result import student_width


def held(samples, truth):
    """Return how often intervals hold the truth, with freedom for skewness and without."""
    m = samples.shape[1]
    error = samples.std(axis=1, ddof=1) / np.sqrt(m)
    off = np.abs(samples.mean(axis=1) - truth)
    usual = student_width(np.array([m - 1.0]), 0.95) * error
    wide = student_width(freedom_of_means(samples), 0.95) * error
    return np.mean(off <= wide), np.mean(off <= usual)


@pytest.mark.parametrize("m", [16, 24, 48])
def test_what_happens_in_one_draw_of_seven(m):
    rng = np.random.default_rng(m)
    # A continuous part, so that no two draws are alike.
    samples = (rng.random((4000, m)) < 1 / 7) * (1 + rng.random((4000, m)))
    wide, usual = held(samples, 1.5 / 7)
    assert usual < 0.94
    assert 0.9 < wide < 0.99
    assert wide > usual + 0.01


def test_draws_without_skewness_are_hardly_touched():
    rng = np.random.default_rng(0)
    wide, usual = held(rng.normal(size=(4000, 16)), 0.0)
    assert usual == pytest.approx(0.95, abs=0.012)
    assert usual <= wide < 0.975


def test_the_width_is_that_of_the_formula():
    samples = np.array([[0.0] * 15 + [1.0], [1.0, -1.0] * 8, [2.0] * 16])
    freedom = freedom_of_means(samples)
    # Of a share of 1/16 the skewness is (1 - 2/16) / sqrt(15)/16.
    skewness = (1 - 2 / 16) / np.sqrt(1 / 16 * 15 / 16)
    t = 2.13145
    wide = t + skewness * (1 + 2 * t**2) / (6 * 4)
    assert student_width(freedom, 0.95)[0] == pytest.approx(wide, rel=1e-4)
    assert freedom[1:].tolist() == [15.0, 15.0]


def test_freedom_is_at_least_one_and_at_most_what_draws_give():
    samples = np.array([[0.0, 0.0, 1000.0], [1.0, 2.0, 3.0]])
    freedom = freedom_of_means(samples)
    assert 1 <= freedom[0] < 2
    assert freedom[1] == pytest.approx(2)


def test_known_values_are_as_wide_as_normal_ones():
    assert student_width(np.array([np.inf]), 0.95)[0] == pytest.approx(1.959964)
