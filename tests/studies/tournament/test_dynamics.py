"""Replicator dynamics of games whose rest points are known."""

import numpy as np
import pytest

from shapley_coop.studies.tournament.dynamics import replicate


def test_hawks_and_doves_settle_where_both_earn_the_same():
    # A prize of 4 and a fight that costs 6: two thirds of hawks.
    found = replicate(np.array([[-1.0, 4.0], [0.0, 2.0]]))
    assert found.settled
    assert found.shares == pytest.approx((2 / 3, 1 / 3), abs=1e-4)


def test_what_is_dominated_dies_out():
    found = replicate(np.array([[3.0, 0.0], [5.0, 1.0]]))
    assert found.settled
    assert found.shares == pytest.approx((0, 1), abs=1e-4)


def test_a_stag_hunt_goes_where_equal_shares_lean():
    assert replicate(np.array([[5.0, 0.0], [3.0, 3.0]])).shares[0] < 1e-3
    assert replicate(np.array([[9.0, 0.0], [3.0, 3.0]])).shares[0] > 0.999


def test_rock_paper_and_scissors_stay_and_never_settle_from_elsewhere():
    even = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    assert replicate(even).shares == pytest.approx((1 / 3,) * 3)
    # The third of a cycle earns a little of its own, so equal shares are no rest any more.
    uneven = np.array([[0.0, -2, 1], [1, 0, -2], [-2, 1, 0.1]])
    assert not replicate(uneven).settled


@pytest.mark.parametrize(("scale", "origin"), [(1, 0), (1e6, 0), (1e-6, -7), (3, 1e3)])
def test_neither_unit_nor_origin_of_payoffs_matter(scale, origin):
    game = np.array([[-1.0, 4.0], [0.0, 2.0]])
    shares = replicate(origin + scale * game).shares
    assert shares == pytest.approx((2 / 3, 1 / 3), abs=1e-3)


def test_payoffs_that_are_all_alike_leave_everybody_there():
    assert replicate(np.full((3, 3), 4.5)).shares == pytest.approx((1 / 3,) * 3)
