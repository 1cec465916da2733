"""Runs of a thousand episodes that failed, met limits or could not differ: figures and codes."""

import json

import pytest

from shapley_coop.runs.intervals import clopper_pearson
from tests.fixtures.command_line import cli

__all__ = ["cli"]  # a fixture

MANY = 1000
GAME = "tests.fixtures.endings:ShutDoor"
VISITOR = "tests.fixtures.endings:Visitor"
DAWDLER = "tests.fixtures.endings:Dawdler"


@pytest.fixture
def door(cli):
    """Play the door: `luck` is how likely it opens. Return the exit code and the figures."""

    def play(*more, luck, agent=VISITOR, episodes=MANY):
        code, out, _ = cli("play", GAME, "--agent", agent, "--protocol", "solo", "-n", episodes,
                             "--worth", "replay", "--set", f"game.luck={luck}", "--json",
                             *more)  # fmt: skip
        return code, json.loads(out)

    return play


def test_a_run_in_which_every_episode_failed_has_failed(door, cli):
    code, figures = door(luck=0.0)
    assert code == 1
    assert figures["status"] == "failed"
    assert (figures["played"], figures["episodes"]) == (0, MANY)
    assert (figures["successes"], figures["success_rate"]) == (0, 0.0)
    assert figures["success_interval"] == list(clopper_pearson(0, MANY))
    assert len(figures["failed_episodes"]) == MANY
    assert figures["mean_payoffs"] == {"visitor": None}


def test_a_run_in_which_every_episode_met_a_limit_was_stopped_by_it(door):
    code, figures = door(luck=1.0, agent=DAWDLER)
    assert code == 3
    assert figures["status"] == "limit"
    assert (figures["played"], len(figures["limited_episodes"])) == (0, MANY)
    assert figures["success_rate"] == 0.0


def test_episodes_that_failed_stay_in_the_denominator(door, cli):
    code, figures = door(luck=0.6)
    assert code == 0
    assert figures["status"] == "done"
    failed = len(figures["failed_episodes"])
    assert 0 < failed < MANY
    assert figures["played"] == figures["successes"] == MANY - failed
    assert figures["success_rate"] == pytest.approx(1 - failed / MANY)
    low, high = figures["success_interval"]
    assert low < 0.6 < high
    _, report, _ = cli("report", figures["run"])
    text = " ".join(report.split())
    assert f"{MANY - failed} of 1,000 ({failed} failed), " in text
    assert f"({failed} episodes)" in text
    assert "seats)" not in text


def test_a_thousand_plays_without_chance_are_no_sample(door, cli):
    code, figures = door(luck=1.0)
    assert code == 0
    assert figures["chance"] is False
    assert figures["success_rate"] == 1
    assert figures["success_interval"] is None
    assert figures["payoff_intervals"] == {"visitor": None}
    _, report, _ = cli("report", figures["run"])
    text = " ".join(report.split())
    assert "1,000 of 1,000, 100 %: 1,000 identical plays, no chance in them" in text
    assert "95 %" not in text


@pytest.mark.parametrize(
    ("luck", "agent", "code"), [(0.0, VISITOR, 1), (1.0, DAWDLER, 3)]
)
def test_such_a_run_is_not_continued_for_ever(door, cli, luck, agent, code):
    _, first = door(luck=luck, agent=agent, episodes=3)
    # It is complete, so to resume it is to report it.
    again, out, _ = cli("resume", first["run"], "--json")
    assert again == code
    assert json.loads(out) == first
    # The same command begins anew, since what broke may have been mended.
    again, second = door(luck=luck, agent=agent, episodes=3)
    assert again == code
    assert second["run"] != first["run"]


def test_a_report_of_a_failed_run_succeeds_and_a_replay_ends_like_it(door, cli):
    _, figures = door(luck=0.0, episodes=2)
    code, out, _ = cli("report", figures["run"])
    assert code == 0
    assert "0 of 2 (2 failed), 0 %" in " ".join(out.split())
    _, out, _ = cli("replay", figures["run"], "--json")
    assert json.loads(out)["identical"] is True
