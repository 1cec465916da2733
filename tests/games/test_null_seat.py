"""A planted null seat: the game is the same without it, and its credit is 0 by every worth."""

import functools

import numpy as np
import pytest

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.replay import replay
from shapley_coop.errors import PluginError
from shapley_coop.interfaces import contract
from shapley_coop.interfaces.contract.plays import play
from shapley_coop.interfaces.plugins import load, names

SOME = [
    "escape-room",
    "escape-room-n",
    "raid",
    "trust",
    "gloves",
    "task-market",
    "horse-market",
]


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", SOME)
def test_a_game_with_a_null_seat_keeps_the_contract(name, check):
    check(functools.partial(load("games", f"null:{name}")))


@pytest.mark.parametrize("name", names("games"))
def test_credit_of_the_null_seat_is_zero_by_oracle_and_by_replay(name):
    game = load("games", f"null:{name}")()
    null = game.seats[-1]
    assert null.startswith("null_")
    rules = WorthSettings(exact_seats=13)
    oracle = game.oracle()
    if oracle is not None:
        credit = measure(oracle, game.seats, rules, kind="oracle", absence=None)
        assert abs(credit.values[null]) <= 3 * credit.stderr[null] + 1e-9
        plain = load("games", name)()
        alone = measure(plain.oracle(), plain.seats, rules, kind="oracle", absence=None)
        assert [credit.values[seat] for seat in plain.seats] == pytest.approx(
            list(alone.values.values())
        )
    for rule in {"idle", "removed"} & set(game.absences):
        steps = play(game, 4)
        values = replay(game, 4, steps, rule=rule)
        credit = measure(values, game.seats, rules, kind="replay", absence=rule)
        assert credit.values[null] == pytest.approx(0, abs=1e-9)
        assert credit.grand == pytest.approx(
            sum(sum(s.rewards.values()) for s in steps)
        )


def test_a_wrapped_raid_has_the_error_of_the_raid():
    game = load("games", "null:raid")(level=2, draws=30)
    credit = measure(
        game.oracle(), game.seats, WorthSettings(), kind="oracle", absence=None
    )
    assert credit.stderr["null_4"] == pytest.approx(0, abs=1e-12)
    assert credit.stderr["hero_0"] > 0
    assert np.isfinite(credit.values["hero_0"])


def test_an_unknown_game_is_explained():
    with pytest.raises(PluginError, match="unknown game 'raids'; did you mean 'raid'"):
        load("games", "null:raids")


def test_a_formula_for_shapley_values_knows_the_null_seat_too():
    costs = list(range(1, 31))
    alone = load("games", "airport-runway")(costs=costs).oracle()
    null = load("games", "null:airport-runway")(costs=costs).oracle()
    assert null.shapley == (*alone.shapley, 0.0)
    assert null.formula == alone.formula
