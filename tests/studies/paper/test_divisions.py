"""Shares of a whole, and how far two divisions of it lie apart."""

import pytest

from shapley_coop.studies.paper.divisions import (
    distance_by_seat,
    even_shares,
    mean_distance,
    shares_of,
)


def test_shares_are_percent_of_a_whole():
    assert shares_of({"a": 1.0, "b": 3.0}) == {"a": 25.0, "b": 75.0}
    # Who paid more than it got has a share below nothing.
    assert shares_of({"a": -1.0, "b": 3.0}) == {"a": -50.0, "b": 150.0}


@pytest.mark.parametrize(
    "amounts", [{}, {"a": 0.0}, {"a": 2.0, "b": -3.0}, {"a": 1.0, "b": None}]
)
def test_nothing_and_the_unknown_have_no_shares(amounts):
    assert shares_of(amounts) is None


def test_divisions_are_compared_seat_by_seat_whatever_their_order():
    shares = {"a": 10.0, "b": 90.0}
    assert distance_by_seat(shares, {"b": 90.0, "a": 10.0}) == 0
    assert distance_by_seat(shares, even_shares(["b", "a"])) == 40


def test_an_interval_of_distances_does_not_reach_below_nothing():
    figure = mean_distance("test", [0.0, 0.0, 3.0])
    assert figure.value == 1
    assert figure.interval[0] == 0
