"""Verdicts on what a seat ended with: one tolerance decides them all."""

import pytest

from shapley_coop.records import TOLERANCE, Rationality, SeatCredit


@pytest.mark.parametrize("margin", [-5e-6, -0.9 * TOLERANCE, 0.0, 1.0])
def test_a_seat_within_the_tolerance_counts_as_no_worse_off(margin):
    assert SeatCredit(final=margin, outside=0.0).rational is True
    assert Rationality(margins={"a": margin}).holds


@pytest.mark.parametrize("margin", [-1.1 * TOLERANCE, -1.0])
def test_a_seat_beyond_the_tolerance_counts_as_worse_off(margin):
    assert SeatCredit(final=margin, outside=0.0).rational is False
    assert not Rationality(margins={"a": margin}).holds


def test_without_an_outside_option_nothing_is_said():
    assert SeatCredit(final=-1.0).rational is None
