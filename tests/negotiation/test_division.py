"""Divisions of a pot: six rules, arbiters, and what never changes the sum."""

import pytest

from shapley_coop.interfaces.deals.money import MICRO
from shapley_coop.negotiation.division import division_rule
from shapley_coop.records import Credit
from tests.fixtures.plays import configured, played

DRILLED = "tests.fixtures.plays:Drilled"
SEATS = ("a", "b", "c")
CREDIT = Credit(
    values={"a": 5.0, "b": 3.0, "c": -1.0},
    stderr=dict.fromkeys(SEATS, 0.0),
    method="shapley",
    worth="oracle",
    absence=None,
    empty=0,
    grand=7,
    evaluations=8,
)
HELD = {"a": 10 * MICRO, "b": 0, "c": -1 * MICRO}


@pytest.mark.parametrize(
    ("rule", "agreed", "expected"),
    [
        ("none", None, None),
        ("negotiated", None, None),
        ("negotiated", {"a": 0.5, "b": 0.25, "c": 0.25}, (4.5, 2.25, 2.25)),
        ("equal", None, (3, 3, 3)),
        ("shapley", None, (5 + 2 / 3, 3 + 2 / 3, -1 + 2 / 3)),
        ("banzhaf", None, (5 + 2 / 3, 3 + 2 / 3, -1 + 2 / 3)),
        ("proportional", None, (9, 0, 0)),
    ],
)
def test_divisions_of_a_pot(rule, agreed, expected):
    divide = division_rule(rule, agreed, CREDIT, {"a": 10, "b": 0, "c": -1})
    if expected is None:
        assert divide is None
        return
    final = divide(HELD)
    assert sum(final.values()) == sum(HELD.values())
    for seat, value in zip(SEATS, expected, strict=True):
        assert final[seat] == pytest.approx(value * MICRO, abs=1)


def test_a_division_by_a_credit_that_nobody_measured_is_none():
    assert division_rule("shapley", None, None, dict.fromkeys(SEATS, 1.0)) is None


def test_divisions_of_a_loss():
    held = {"a": -4 * MICRO - 1, "b": -2 * MICRO, "c": 0}
    for rule in ("equal", "shapley", "proportional"):
        final = division_rule(rule, None, CREDIT, dict.fromkeys(SEATS, -1.0))(held)
        assert sum(final.values()) == -6 * MICRO - 1


@pytest.mark.parametrize(
    "rule", ["none", "equal", "proportional", "shapley", "banzhaf"]
)
def test_a_protocol_divides_an_episode(rule):
    config = configured(
        "escape-room-n",
        parameters={"seats": 4, "levers": 1},
        protocol={"name": "talk", "split": rule},
    )
    episode, _ = played(config)
    assert episode.ledger_residual == 0
    assert sum(episode.payoffs.values()) == pytest.approx(29, abs=1e-5)
    shares = [29 / 3] * 3 + [0] if rule == "proportional" else [7.25] * 4
    assert list(episode.payoffs.values()) == pytest.approx(shares, abs=1e-5)


def test_a_dead_table_with_an_arbiter_is_settled_by_measured_shapley():
    seats = {"player_0": "stubborn", "player_1": "stubborn"}
    protocol = {"name": "talk", "task_table": {"deadlock": "arbiter"}}
    episode, _ = played(configured(seats=seats, protocol=protocol))
    assert not episode.contracts
    assert episode.payoffs == pytest.approx({"player_0": -1.0, "player_1": -1.0})
    room_, _ = played(
        configured(
            "escape-room-n",
            parameters={"seats": 3, "levers": 1},
            agent=DRILLED,
            protocol=protocol,
        )
    )
    assert room_.raw == {"player_0": -1.0, "player_1": 10.0, "player_2": 10.0}
    assert room_.payoffs == pytest.approx(dict.fromkeys(room_.seats, 19 / 3), abs=1e-5)
    without = {"name": "talk", "task_table": {"deadlock": "none"}}
    plain, _ = played(
        configured(
            "escape-room-n",
            parameters={"seats": 3, "levers": 1},
            agent=DRILLED,
            protocol=without,
        )
    )
    assert plain.payoffs == plain.raw
