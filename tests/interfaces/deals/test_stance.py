"""Who offers and who asks: the paper's short chain from pot, sign and the seat's own view."""

import pytest

from shapley_coop.interfaces.deals.stance import Stance, stance, stance_by_price
from shapley_coop.records import Beliefs

SEATS = ("a", "b")
ROOM = {"nobody": 0.0, "a": -1.0, "b": -1.0, "everyone": 9.0}


def of(externality, pay, *, pot=9.0, values=ROOM):
    beliefs = Beliefs(pot=pot, externality=externality, values=values)
    return stance(beliefs, SEATS, 4.5, pay)


@pytest.mark.parametrize(
    ("externality", "pay", "side"),
    [
        ("positive", -1.0, "ask"),
        ("none", -1.0, "neither"),
        ("negative", -1.0, "neither"),
        ("positive", 10.0, "offer"),
        ("none", 10.0, "offer"),
        ("negative", 10.0, "offer"),
        ("positive", 4.5, "neither"),
        ("positive", None, "ask"),
        ("negative", None, "offer"),
        ("none", None, "neither"),
    ],
)
def test_sign_and_own_pay_decide_the_side(externality, pay, side):
    made = of(externality, pay)
    assert made.side == side
    assert made.pay == pay
    assert made.bound == (None if pay is None else pay - 4.5)


def test_a_pot_that_is_no_more_than_each_gets_alone_leaves_nothing_to_pay_for():
    assert of("positive", -1.0, pot=-77.0).side == "neither"
    assert of("positive", -1.0, pot=-2.0).side == "neither"
    assert of("positive", -1.0, pot=-1.9).side == "ask"
    # Of many seats nothing is stated of each alone, so the pot cannot be compared.
    assert of("positive", -1.0, pot=-77.0, values={}).side == "ask"


def test_after_play_the_price_alone_decides():
    assert stance_by_price(10.0, 4.5) == Stance("offer", 10.0, 5.5)
    assert stance_by_price(-1.0, 4.5) == Stance("ask", -1.0, -5.5)
    assert stance_by_price(4.5, 4.5).side == "neither"
