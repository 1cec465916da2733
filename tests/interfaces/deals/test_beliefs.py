"""What a knowing seat believes: the sign of its effect on others, of two seats and of more."""

import pytest

from shapley_coop.interfaces.deals.beliefs import beliefs_from, beliefs_in_shares


@pytest.mark.parametrize(
    ("alone", "sign"), [(3.0, "positive"), (9.0, "none"), (12.0, "negative")]
)
def test_of_two_seats_the_other_is_everyone_but_oneself(alone, sign):
    values = {"nobody": 0.0, "a": 1.0, "b": alone, "everyone": 9.0}
    assert beliefs_from(values, "a", "known").externality == sign


def test_of_three_seats_the_others_go_by_the_exception():
    names = ("nobody", "a", "b", "everyone but c", "c", "everyone but b")
    values = {**dict.fromkeys(names, 0.0), "everyone but a": 5.0, "everyone": 5.0}
    assert beliefs_from(values, "a", "known").externality == "none"
    assert beliefs_from(values, "b", "known", own=2.0).externality == "positive"
    assert beliefs_from(values, "b", "known", own=2.0).own == 2


def test_rounding_is_no_effect_on_others():
    values = {"nobody": 0.0, "a": 0.0, "b": 0.1 + 0.2, "everyone": 0.3}
    assert beliefs_from(values, "a", "known").externality == "none"


def test_the_pot_of_stated_shares_is_their_sum():
    stated = beliefs_in_shares({"a": 2.0, "b": 1.0}, "known", externality="none")
    assert (stated.pot, stated.values) == (3, {})
