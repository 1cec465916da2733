"""What coalitions could make by themselves, against what the games' own formulas say."""

from dataclasses import replace

import numpy as np
import pytest

from games.dilemmas.classic import PrisonersDilemma
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.interfaces.game import CountWorth
from shapley_coop.interfaces.plugins import load, names
from shapley_coop.negotiation.checks.conventions import others_continue, pessimistic
from shapley_coop.negotiation.checks.episode import check_episode
from shapley_coop.records import Step
from shapley_coop.shapley.coalitions import all_coalitions
from tests.fixtures.plays import configured, played

PROJECT = {
    "deadline": 3,
    "payoff": 12,
    "workers": [{"dig": 2}, {"dig": 3, "build": 1}],
    "tasks": [
        {"skill": "dig", "duration": 1},
        {"skill": "build", "duration": 2, "after": [0]},
    ],
}
SURE = [
    ("task-market", {"project": PROJECT}),
    ("prisoners-dilemma", {"rounds": 2}),
    ("stag-hunt", {"rounds": 2}),
    ("chicken", {}),
    ("travellers-dilemma", {}),
    ("escape-room", {"rounds": 2}),
    ("public-goods", {"seats": 3}),
    ("public-goods", {"seats": 2, "rate": 0.75, "rounds": 2}),
    ("trust", {"rounds": 2}),
    ("escape-room-n", {"seats": 3, "levers": 1, "horizon": 2}),
]
"""Games whose oracle assumes the worst of the others already."""
TABLES = {
    "gloves",
    "horse-market",
    "airport-runway",
    "bankruptcy",
    "unanimity",
    "weighted-voting",
}
"""Games that state v, in which a coalition leaves the table with what it has."""


def table_of(game, worth):
    if isinstance(worth, CountWorth):
        worth = expand_counts(worth, game.seats)
    return worth.values(all_coalitions(len(game.seats)))


@pytest.mark.parametrize(("name", "parameters"), SURE)
def test_what_coalitions_are_sure_of_is_what_the_oracle_says(name, parameters):
    game = load("games", name)(**parameters)
    assert not game.externalities
    worth = pessimistic(game, 0, 60_000)
    assert table_of(game, worth) == pytest.approx(table_of(game, game.oracle()))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("fishery", {"seats": 2, "seasons": 2}), ("raid", {"heroes": 2, "horizon": 2})],
)
def test_games_of_rivals_say_so_with_a_null_seat_too(name, parameters):
    game = load("games", name)(**parameters)
    assert game.externalities
    assert load("games", f"null:{name}")(**parameters).externalities


def test_rivals_who_stay_leave_a_coalition_less():
    game = load("games", "fishery")(seats=2, seasons=2)
    sure = table_of(game, pessimistic(game, 0))
    # Both ask for all of the pool at once, and then nothing is left to grow.
    assert sure.tolist() == [0, 4, 4, 12]
    assert table_of(game, game.oracle()).tolist() == [0, 8, 8, 12]


def test_every_registered_game_is_thought_through():
    # Nobody goes through all texts that a software team could write.
    known = {name for name, _ in SURE} | TABLES | {"fishery", "raid", "software-team"}
    assert set(names("games")) <= known


def test_others_who_continue_keep_to_the_record():
    game = load("games", "prisoners-dilemma")()
    a, b = game.seats
    step = Step(actions={a: "cooperate", b: "defect"}, rewards={a: 0, b: 5})
    worth = others_continue(game, 0, [step])
    # The first could have defected too, the second did best, and both together make six.
    assert table_of(game, worth).tolist() == [0, 1, 5, 6]


def test_too_many_histories_are_not_gone_through():
    game = load("games", "fishery")()
    assert pessimistic(game, 0, 1_000) is None
    crowd = load("games", "escape-room-n")(seats=14, horizon=1)
    assert pessimistic(crowd, 0) is None
    assert others_continue(game, 0, [], 1_000) is None


def test_a_convention_that_takes_too_long_is_left_out_with_its_name():
    config = configured("fishery", protocol="solo", worth={"core": "pessimistic"})
    episode, _ = played(config.model_copy(update={"agent": "selfish"}))
    assert episode.checks.core is None
    reason = "too many histories to go through for worth.core=pessimistic"
    assert episode.checks.skipped["core"] == reason


def test_conventions_differ_where_rivals_matter():
    found = {}
    for convention in ("oracle", "pessimistic", "others-continue"):
        config = configured(
            "fishery",
            agent="selfish",
            protocol="solo",
            parameters={"seats": 2, "seasons": 2},
            worth={"core": convention},
        )
        episode, _ = played(config)
        found[convention] = episode.checks.core
    assert found["oracle"] is None
    assert found["pessimistic"].convention == "pessimistic"
    assert found["pessimistic"].objector == episode.seats
    assert found["pessimistic"].excess == 4


def test_a_worth_that_gives_nobody_something_judges_no_division():
    config = configured("prisoners-dilemma", agent="selfish", protocol="solo")
    episode, _ = played(config)
    game = load("games", "prisoners-dilemma")()
    own = game.oracle()

    def shifted(rows):
        return own.values(rows) + 2.0

    checks = check_episode(
        game, episode, config, replace(own, values=shifted), lambda steps: None
    )
    assert checks.core is None
    assert checks.skipped["core"].startswith("v(nobody) is 2.00")


def test_the_empty_coalition_is_worth_nothing_by_any_convention():
    game = load("games", "trust")()
    nobody = np.zeros((1, 2), bool)
    assert pessimistic(game, 0).values(nobody).tolist() == [0]
    assert others_continue(game, 0, []).values(nobody).tolist() == [0]


class Fragile(PrisonersDilemma):
    """Breaks where both cooperate, which nobody did."""

    def advance(self, actions):
        if set(actions.values()) == {0}:
            raise ValueError("nobody thought of this")
        return super().advance(actions)


@pytest.mark.parametrize("convention", ["pessimistic", "others-continue"])
def test_a_game_that_breaks_where_nobody_went_loses_its_verdicts_alone(convention):
    config = configured(
        "prisoners-dilemma",
        agent="selfish",
        protocol="solo",
        worth={"core": convention},
    )
    episode, _ = played(config, game=Fragile())
    assert (episode.checks.core, episode.checks.equilibrium) == (None, None)
    assert "nobody thought of this" in episode.checks.skipped["core"]
    assert "nobody thought of this" in episode.checks.skipped["equilibrium"]
