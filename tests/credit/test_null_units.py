"""A seat is null by what it changes, whatever the unit and the origin of the game."""

import numpy as np
import pytest

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.interfaces.worth import CoalitionWorth, CountWorth

SEATS = ("a", "b", "c")


def credit(worth):
    return measure(worth, SEATS, WorthSettings(), kind="oracle", absence="removed")


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e100])
@pytest.mark.parametrize("origin", [0.0, 1e6])
def test_only_seats_that_change_nothing_are_null(unit, origin):
    weights = np.array([1.0, 0.0, 2.0])

    def by_coalition(members):
        return unit * (members @ weights + origin)

    def by_count(counts):
        return unit * (counts @ weights + origin)

    assert credit(CoalitionWorth(SEATS, by_coalition)).null_seats == ("b",)
    kinds = tuple((seat,) for seat in SEATS)
    assert credit(CountWorth(kinds, by_count)).null_seats == ("b",)
