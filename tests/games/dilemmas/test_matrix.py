"""Normal-form games: the paper's table, maximin worth, security, and what a wrong table says."""

import itertools
from typing import ClassVar

import numpy as np
import pytest

from games.dilemmas.matrix import MatrixGame
from games.escape_room.paper import EscapeRoom
from shapley_coop.errors import ConfigError, GameError


class Dilemma(MatrixGame):
    """The prisoner's dilemma."""

    name = "dilemma"
    actions = ("cooperate", "defect")
    payoffs = (((3, 3), (0, 5)), ((5, 0), (1, 1)))


class Majority(MatrixGame):
    """Three seats share 6 between those who say what most say."""

    name = "majority"
    actions = ("left", "right", "pass")
    idle = "pass"
    goal = "agreed"
    outcome_profiles: ClassVar = {"agreed": [("left",) * 3, ("right",) * 3]}

    def __init__(self, *, render_mode=None):
        self.payoffs = np.zeros((3, 3, 3, 3))
        for profile in itertools.product(range(3), repeat=3):
            for said in (0, 1):
                if profile.count(said) >= 2:
                    self.payoffs[profile] = [
                        6 / profile.count(said) * (a == said) for a in profile
                    ]
        super().__init__(render_mode=render_mode)


def shapley(game):
    """Average marginal contributions over every order of the seats."""
    oracle = game.oracle()
    total = dict.fromkeys(game.seats, 0.0)
    orders = list(itertools.permutations(game.seats))
    for order in orders:
        members = [
            [s in order[:size] for s in game.seats] for size in range(len(order) + 1)
        ]
        values = oracle.values(np.array(members))
        for seat, gain in zip(order, np.diff(values), strict=True):
            total[seat] += gain
    return {seat: value / len(orders) for seat, value in total.items()}


@pytest.mark.parametrize(
    ("first", "second", "paid"),
    [
        ("door", "door", (-1, -1)),
        ("door", "lever", (10, -1)),
        ("lever", "door", (-1, 10)),
        ("lever", "lever", (-1, -1)),
    ],
)
def test_escape_room_pays_table_1(first, second, paid):
    game = EscapeRoom()
    step = game.apply({"player_0": first, "player_1": second})
    assert tuple(step.rewards.values()) == paid
    assert (game.outcomes() == {"door-open"}) == (first != second)
    assert not game.agents
    with pytest.raises(GameError, match="is over"):
        game.apply({"player_0": first, "player_1": second})


def test_escape_room_credit_is_the_papers():
    assert shapley(EscapeRoom()) == {"player_0": 4.5, "player_1": 4.5}
    assert EscapeRoom().plan() == {"player_0": ("door",), "player_1": ("lever",)}
    assert EscapeRoom().security("player_1") == (-1, "door")


def test_rounds_multiply_worth_and_security():
    game = Dilemma(rounds=3)
    members = np.array([[False, False], [True, False], [True, True]])
    assert game.oracle().values(members).tolist() == [0, 3, 18]
    assert game.security("player_0") == (3, "defect")
    game.apply({"player_0": "cooperate", "player_1": "defect"})
    assert game.security("player_0") == (2, "defect")
    assert game.outcomes() == frozenset()
    game.apply({"player_0": "cooperate", "player_1": "cooperate"})
    assert game.outcomes() == {"efficient"}


def test_three_seats_and_an_idle_action():
    game = Majority()
    assert game.absences == ("idle", "baseline", "swap")
    members = np.array([[True, False, False], [True, False, True], [True, True, True]])
    assert game.oracle().values(members).tolist() == [0, 4, 6]
    assert shapley(game) == pytest.approx(dict.fromkeys(game.seats, 2))
    assert "and 11 more" in game.picture()
    game.apply(dict.fromkeys(game.seats, "right"))
    assert game.outcomes() == {"agreed"}


@pytest.mark.parametrize(
    ("payoffs", "said"),
    [
        ((((1, 1), (0, 5)), ((5, 0),)), "not rectangular"),
        ((((1, 1), (0, 5, 2)), ((5, 0), (1, 1))), "not rectangular"),
        ((((1, 1), (0, 5), (2, 2)), ((5, 0), (1, 1), (2, 2))), r"expected \(2, 2, 2\)"),
        ((((1,), (0,)), ((5,), (1,))), r"shape \(2, 2, 1\), expected \(2, 2, 2\)"),
        ((((1, 1), (0, "x")), ((5, 0), (1, 1))), "not numbers"),
        ((((1, 1), (0, float("inf"))), ((5, 0), (1, 1))), "finite"),
        (3, "expected"),
    ],
)
def test_a_wrong_table_is_explained(payoffs, said):
    wrong = type("Wrong", (Dilemma,), {"payoffs": payoffs})
    with pytest.raises(ConfigError, match=f"dilemma.*{said}"):
        wrong()


@pytest.mark.parametrize("rounds", [0, -1, 1.5, "2", True])
def test_wrong_rounds_are_explained(rounds):
    with pytest.raises(ConfigError, match=r"rounds=.* whole number of at least 1"):
        Dilemma(rounds=rounds)


def test_wrong_render_mode_is_explained():
    with pytest.raises(ConfigError, match="'human'; known: ansi, rgb_array"):
        Dilemma(render_mode="human")


class OneWay(MatrixGame):
    """Nobody has a choice."""

    name = "one-way"
    actions = ("give",)
    payoffs = (((1.0, 2.0),),)
    cooperative = "give"


def test_a_seat_that_forfeits_takes_the_only_action_there_is():
    game = OneWay()
    game.reset(0)
    assert [game.fallback(seat) for seat in game.seats] == ["give", "give"]
