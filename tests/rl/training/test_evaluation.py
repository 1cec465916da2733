"""How a policy plays: counts, means and intervals of a seat's episodes."""

import pytest
from scipy import stats

from shapley_coop.config.game_choice import GameChoice
from shapley_coop.errors import ConfigError
from shapley_coop.llm.backends.policy import card_of
from shapley_coop.rl.training import listeners
from shapley_coop.rl.training.evaluation import (
    HELD_OUT,
    ITSELF,
    evaluate,
    evaluate_policy,
    match_configs,
)
from shapley_coop.rl.training.reinforcement.course import reinforce
from shapley_coop.runs.store import RunFolder
from tests.rl.training.recurrent import order, silent


def test_rational_seats_escape_together(tmp_path):
    found = evaluate("rational", "escape-room", ITSELF, episodes=4, runs_dir=tmp_path)
    assert found["episodes"] == 4
    assert found["success"] == 1
    # Nothing is drawn, so four episodes are one play.
    assert found["success_interval"] is None
    assert found["mean_payoffs"] == {"player_0": 4.5, "player_1": 4.5}
    assert found["mean_total"] == 9
    assert found["forfeits"] == 0
    assert found["at_or_above_outside"] == 1


def test_a_policy_that_takes_the_likeliest_action_plays_one_play(tmp_path):
    folder = reinforce(order(16), tmp_path, silent)
    asked = {"episodes": 4, "runs_dir": tmp_path}
    found = evaluate_policy(folder, card_of(folder), **asked)
    assert found["temperature"] == 0
    # However often it was made, so nothing follows for other plays.
    assert found["success_interval"] is None
    assert found["outside_interval"] is None
    game = card_of(folder)["games"][0]
    drawn = evaluate(
        f"policy:{folder}", game, ITSELF, tables={"protocol": "solo"}, **asked
    )
    assert drawn["temperature"] > 0
    assert drawn["success_interval"] is not None


def test_how_far_an_evaluation_is_is_told(tmp_path, monkeypatch):
    folder = reinforce(order(16), tmp_path, silent)
    told = []
    # However fast they are played, the first and the last are told.
    for pace, middle in ((1e9, []), (0.0, ["played 2 of 3"])):
        monkeypatch.setattr(listeners, "PACE", pace)
        told.clear()
        evaluate_policy(
            folder,
            card_of(folder),
            episodes=3,
            runs_dir=tmp_path / str(pace),
            tell=told.append,
        )
        assert told == [
            "playing 3 episodes of escape-room-n,seats=2,levers=1 to see how it plays",
            *("played 1 of 3", *middle, "played 3 of 3"),
        ]


def test_one_seat_is_looked_at_beside_an_opponent(tmp_path):
    found = evaluate(
        "rational", "escape-room", "breaker", episodes=3, runs_dir=tmp_path
    )
    assert found["success"] == 0
    assert found["opponent"] == "breaker"
    assert list(found["mean_payoffs"]) == ["player_0"]
    config = RunFolder.open(tmp_path / found["run"]).config
    assert (config.agent, config.seats) == ("breaker", {"player_0": "rational"})
    assert config.run.seed >= HELD_OUT


def test_parameters_of_games_and_other_fields_are_kept(tmp_path):
    found = evaluate(
        "rational",
        "escape-room-n,seats=3,levers=1",
        ITSELF,
        episodes=1,
        runs_dir=tmp_path,
        overrides=("protocol=short-term",),
    )
    config = RunFolder.open(tmp_path / found["run"]).config
    assert config.game_parameters == {"seats": 3, "levers": 1}
    assert config.protocol.name == "short-term"
    assert len(found["mean_payoffs"]) == 3


def test_a_game_that_is_misspelt_is_told(tmp_path):
    with pytest.raises(ConfigError, match="parameter=value"):
        evaluate("rational", "escape-room,x", ITSELF, episodes=1, runs_dir=tmp_path)


def test_draws_have_exact_intervals_over_episodes(tmp_path):
    found = evaluate("random", "escape-room", ITSELF, episodes=6, runs_dir=tmp_path)
    successes = round(6 * found["success"])
    low, high = stats.binomtest(successes, 6).proportion_ci(method="exact")
    assert found["success_interval"] == pytest.approx((low, high))
    assert found["episodes"] == 6


def test_tables_and_drawn_parameters_come_to_the_runs(tmp_path):
    configs = match_configs(
        "rational",
        GameChoice.read("games.dilemmas.drawn:DrawnMatrix,table=*"),
        "breaker",
        episodes=3,
        tables={"protocol": {"name": "talk"}},
    )
    assert len({config.game_parameters["table"] for config in configs}) == 3
    assert {config.protocol.name for config in configs} == {"talk"}
    assert [config.run.seed for config in configs] == [
        HELD_OUT,
        HELD_OUT + 1,
        HELD_OUT + 2,
    ]
