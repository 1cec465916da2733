"""What would have followed: recorded episodes played on with one change."""

import json
import shutil
import socket

import pytest

import shapley_coop as sc
from shapley_coop.errors import ConfigError, RunFolderError
from shapley_coop.runs.store import RunFolder
from shapley_coop.simulation.forks.changes import parse_point
from shapley_coop.simulation.forks.fork import fork
from tests.fixtures.clocks import effort_below


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return sc.play("escape-room", agent="rational", protocol="talk", runs_dir=folder)


@pytest.fixture(scope="module")
def raid(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return sc.play("raid", agent="random", runs_dir=folder, seed=3)


def test_another_action_changes_what_all_hold(room):
    what_if = fork(room.folder, "e0.s0", ["player_1=door"])
    assert what_if.before.payoffs == room.episodes[0].payoffs
    assert what_if.before.outcomes == room.episodes[0].outcomes
    assert what_if.after.payoffs == {"player_0": -1.0, "player_1": -1.0}
    assert what_if.after.outcomes == ()
    assert what_if.pairs == 1
    change = what_if.difference["player_0"]
    assert change.mean == -1.0 - what_if.before.payoffs["player_0"]
    assert change.interval == (change.mean, change.mean)


def test_who_does_not_sign_is_not_paid(room):
    what_if = fork(room.folder, "e0.s0", ["player_1=unsigned"])
    assert what_if.after.payoffs == {"player_0": 10.0, "player_1": -1.0}
    assert what_if.after.steps == what_if.before.steps


def test_another_agent_plays_from_the_step_on(room):
    what_if = fork(room.folder, "e0.s0", ["player_1=breaker"])
    assert what_if.after.steps[0].actions["player_1"] == "door"


def test_the_prefix_is_held_and_dice_are_shared(raid):
    episode = raid.episodes[0]
    what_if = fork(raid.folder, "e0.s2", ["hero_0=raid-planner"], replicates=5)
    assert what_if.before.steps == episode.steps
    assert what_if.before.payoffs == pytest.approx(episode.payoffs)
    assert what_if.after.steps[:2] == episode.steps[:2]
    assert what_if.pairs == 5


def test_no_change_makes_no_difference_under_any_dice(raid):
    action = raid.episodes[0].steps[1].actions["hero_2"]
    what_if = fork(raid.folder, "e0.s1", [f"hero_2={action}"], replicates=6)
    assert what_if.pairs == 6
    assert all(change.mean == 0 for change in what_if.difference.values())


def test_rules_can_play_on_for_all(raid):
    what_if = fork(
        raid.folder, "e0.s1", ["hero_0=fireball"], then="raid-planner", replicates=3
    )
    assert what_if.after.steps[1].actions["hero_0"] == "fireball"
    assert len(what_if.difference) == 4


def test_a_fork_is_quick_and_phones_nobody(room, monkeypatch):
    def refuse(*_arguments):
        raise AssertionError("a fork opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    fork(room.folder, "e0.s0", ["player_1=door"])
    # The bar is 0.1 s on an idle machine; this only catches a model or a whole run.
    with effort_below(2):
        fork(room.folder, "e0.s0", ["player_1=door"])


@pytest.mark.parametrize(
    ("at", "changes", "words"),
    [
        ("e0", ["player_1=door"], "names no step"),
        ("e0.s9", ["player_1=door"], "has no step 9"),
        ("e7.s0", ["player_1=door"], "has no episode 7"),
        ("e0.s0", [], "nothing is changed"),
        ("e0.s0", ["player_1"], "changes nothing"),
        ("e0.s0", ["player_9=door"], "did you mean"),
        ("e0.s0", ["player_1=door", "player_1=lever"], "set twice"),
        ("e0.s0", ["player_1=fly"], "unknown action or agent"),
        ("e0.s0", ["player_1=llm"], "needs a model"),
    ],
)
def test_what_cannot_be_forked_is_refused(room, at, changes, words):
    with pytest.raises(ConfigError, match=words):
        fork(room.folder, at, changes)


def test_places_are_written_as_they_are_read():
    assert str(parse_point("e3.s7")) == "e3.s7"


@pytest.mark.parametrize(
    "name", ["human", "shapley_coop.agents.human:Human", "llm", "policy:runs/x"]
)
@pytest.mark.parametrize("field", ["set", "then"])
def test_nobody_is_asked_in_a_fork(room, name, field):
    change = f"player_1={name}" if field == "set" else "player_1=door"
    then = name if field == "then" else None
    with pytest.raises(ConfigError, match="name a rule, such as selfish") as refusal:
        fork(room.folder, "e0.s0", [change], then=then)
    assert refusal.value.field == field


def copied(run, folder, change):
    """Return a copy of a run whose lines of episodes were changed."""
    path = folder / "copy"
    shutil.copytree(run.path, path)
    episodes = path / "episodes.jsonl"
    episodes.write_text(change(episodes.read_text()))
    return RunFolder.open(path)


def test_a_run_without_episodes_says_so(room, tmp_path):
    empty = copied(room, tmp_path, lambda _text: "")
    with pytest.raises(RunFolderError, match="no episode is recorded"):
        fork(empty, "e0.s0", ["player_1=door"])


def test_an_episode_that_ended_before_its_first_step_says_why(room, tmp_path):
    def ended(text):
        episode = json.loads(text)
        return json.dumps(episode | {"steps": [], "error": "the lever came off"}) + "\n"

    with pytest.raises(ConfigError, match="before its first step: the lever came off"):
        fork(copied(room, tmp_path, ended), "e0.s0", ["player_1=door"])


@pytest.mark.parametrize(("old", "new"), [('"lever"', '"fly"'), ("10.0", "11.0")])
def test_the_step_of_the_fork_itself_must_go_as_it_was_recorded(
    room, tmp_path, old, new
):
    def changed(text):
        episode = json.loads(text)
        steps = json.dumps(episode["steps"])
        assert old in steps
        episode["steps"] = json.loads(steps.replace(old, new))
        return json.dumps(episode) + "\n"

    with pytest.raises(RunFolderError, match="does not go as it was recorded"):
        fork(copied(room, tmp_path, changed), "e0.s0", ["player_1=door"])


@pytest.mark.parametrize(
    ("change", "then"), [("player_1=x", None), ("player_1=door", "x")]
)
def test_only_rules_are_named_where_an_agent_is_unknown(room, change, then):
    with pytest.raises(ConfigError, match="rational, ") as refusal:
        fork(room.folder, "e0.s0", [change], then=then)
    assert "human" not in str(refusal.value)
    assert "llm" not in str(refusal.value)
