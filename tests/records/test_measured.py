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


def test_a_claim_is_held_against_the_potential():
    credit = SeatCredit(claimed=6.0, potential=4.5, measured=-1.0, zero_shift=9.0)
    assert credit.overclaim == 1.5
    assert SeatCredit(potential=4.5).overclaim is None


def test_without_a_potential_a_claim_meets_what_was_measured_on_one_zero_point():
    # Three heroes won 10, and nobody would have lost 100.
    credit = SeatCredit(claimed=10 / 3, measured=110 / 3, zero_shift=-100 / 3)
    assert credit.overclaim == pytest.approx(0)
    # Records of older versions know neither a potential nor a shift.
    assert SeatCredit(claimed=5.0, measured=4.0).overclaim == 1
    assert SeatCredit(claimed=5.0).overclaim is None
