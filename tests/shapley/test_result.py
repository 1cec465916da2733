"""Intervals and rankings of an estimate."""

from dataclasses import replace

import numpy as np
import pytest

from shapley_coop.shapley import Estimate
from shapley_coop.shapley.result import normal_width


def estimate(values, stderr):
    return Estimate(
        values=np.array(values),
        stderr=np.array(stderr),
        evaluations=10,
        method="test",
        reason="",
        empty=0.0,
        grand=float(sum(values)),
        noise_stderr=np.zeros(len(values)),
    )


def test_the_width_of_a_normal_interval():
    assert normal_width(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert normal_width(0.6827) == pytest.approx(1.0, abs=1e-3)
    # The level closest to 1 that a float can hold still has a finite width.
    assert 8 < normal_width(np.nextafter(1.0, 0.0)) < 9
    for level in (0.0, 1.0, -0.5, float("nan")):
        with pytest.raises(ValueError, match="between 0 and 1"):
            normal_width(level)


def test_intervals_lie_around_the_values():
    low, high = estimate([1.0, 3.0], [0.0, 1.0]).interval(0.95)
    assert low == pytest.approx([1.0, 1.040036], abs=1e-6)
    assert high == pytest.approx([1.0, 4.959964], abs=1e-6)


def test_a_ranking_is_as_sure_as_its_closest_neighbours():
    assert estimate([1.0, 3.0], [0.0, 0.0]).ranking_confidence() == 1.0
    assert estimate([2.0], [1.0]).ranking_confidence() == 1.0
    # A gap of 1 under a standard deviation of 1, and one so wide that it does not count.
    one = estimate([9.0, 0.0, 1.0], [0.6, 0.8, 0.6]).ranking_confidence()
    assert one == pytest.approx(0.8413447, abs=1e-6)


def test_equal_values_have_no_order():
    tied = estimate([1.0, 3.0, 3.0 + 1e-15], [0.0, 0.0, 0.0])
    assert tied.ranking_confidence() == 0.5
    assert tied.ties() == [(2, 1)]
    # What is known up to an error is not known to be equal.
    assert estimate([3.0, 3.0], [0.0, 1.0]).ties() == []


def test_few_degrees_of_freedom_widen_intervals_and_lower_confidence():
    few = replace(estimate([0.0, 2.0], [1.0, 1.0]), freedom=np.array([3.0, np.inf]))
    assert few.half_widths(0.95) == pytest.approx([3.182446, 1.959964], abs=1e-6)
    # Student's t of three degrees of freedom is below the square root of 2 so often.
    assert few.ranking_confidence() == pytest.approx(0.873893, abs=1e-4)
