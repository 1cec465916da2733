"""What a coalition can do without the absent seats, in games that cannot remove any."""

import numpy as np
import pytest

from shapley_coop.agents.rules.coalition import CoalitionGame
from shapley_coop.agents.rules.economy import Economy
from shapley_coop.interfaces.plugins import load
from shapley_coop.records import Credit
from shapley_coop.shapley.coalitions import all_coalitions
from tests.fixtures.plays import configured, played


def game_of(name, **parameters):
    return load("games", name)(**parameters)


def credit_of(game, *overrides, agent="rational") -> Credit:
    config = configured(game, *overrides, agent=agent, worth={"kind": "rollout"})
    episode, _ = played(config)
    assert episode.credit is not None
    return episode.credit


def test_a_coalition_works_its_best_plan_out_while_absent_seats_fall_back():
    whole = game_of("escape-room")
    alone = CoalitionGame(whole, ("player_1",))
    # The absent seat waits at the door, so the lever costs as much as the door.
    assert alone.seats == ("player_1",)
    assert alone.best.total == -1
    both = CoalitionGame(whole, whole.seats)
    assert both.best.total == 9
    assert sorted(actions[0] for actions in both.plan().values()) == ["door", "lever"]
    values = both.oracle().values(all_coalitions(2))
    assert values.tolist() == [0, -1, -1, 9]


def test_a_plan_of_several_steps_is_looked_for_over_all_of_them():
    trust = CoalitionGame(game_of("trust"), ("investor_0", "trustee_1"))
    assert trust.best.total == 40
    assert trust.plan()["investor_0"][0] == "send-10"
    # Who trusts a stranger that returns nothing is left with what it kept.
    investor = CoalitionGame(game_of("trust"), ("investor_0",))
    assert investor.best.total == 10


def test_a_coalition_with_too_many_plans_has_the_plan_of_the_whole_game():
    whole = game_of("raid")
    heroes = whole.seats[:2]
    assert CoalitionGame(whole, heroes).best is None
    rng = np.random.default_rng(0)
    economy = Economy(game_of("prisoners-dilemma", rounds=6), rng, ("player_0",))
    assert economy.has_own_plan
    many = Economy(game_of("escape-room", rounds=10), rng, ("player_0",))
    assert many.game.best is None
    assert not many.has_own_plan
    assert many.plan["player_0"] == whole_plan("escape-room", rounds=10)["player_0"]
    assert many.values["player_0"] == -10


def whole_plan(name, **parameters):
    return game_of(name, **parameters).plan()


def test_the_null_seat_of_a_game_that_cannot_remove_seats_can_be_left_out():
    null = game_of("null:escape-room")
    inner = null.restrict(("player_0", "player_1"))
    assert inner.seats == ("player_0", "player_1")
    assert null.restrict(("player_0", "null_2")) is None


@pytest.mark.parametrize("game", ["null:escape-room", "null:prisoners-dilemma"])
@pytest.mark.parametrize("agent", ["rational", "selfish"])
def test_a_null_seat_has_no_part_in_what_a_rollout_measures(game, agent):
    values = credit_of(game, agent=agent).values
    assert values["null_2"] == pytest.approx(0, abs=1e-9)


def test_seats_of_the_escape_room_deal_without_the_null_seat():
    values = credit_of("null:escape-room").values
    assert values["player_0"] == values["player_1"] > 0
