"""What people answered stays: replays ask nobody, and continued runs ask only what is new."""

import io
import json
import sys
from pathlib import Path

import pytest

from shapley_coop.runs.store import RunFolder
from tests.fixtures.command_line import cli

__all__ = ["cli"]  # a fixture

BELIEFS = ["0", "-1", "-1", "9", "positive"]
PERSON = ("--seat", "player_0=rational", "--seat", "player_1=human")


@pytest.fixture
def typed(monkeypatch):
    def feed(*answers):
        text = "".join(f"{answer}\n" for answer in answers)
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return feed


def the_run():
    (run,) = (path for path in Path("runs").iterdir() if path.name != "replays")
    return run


def test_a_replay_asks_nobody(cli, typed):
    typed(*BELIEFS, "-1", "accept", "fine", "lever", *BELIEFS, "accept", "")
    code, _, err = cli("play", "escape-room", *PERSON, "--json")
    assert code == 0, err
    typed()
    code, out, err = cli("replay", the_run(), "--json")
    assert code == 0, err
    assert json.loads(out)["identical"] is True
    assert "Your" not in err


def test_a_continued_run_asks_a_person_only_what_is_new(cli, typed):
    command = ("play", "escape-room", "--protocol", "solo", *PERSON, "-n", 2)
    multi = (*command, "--set", "game.rounds=2")
    typed("lever", "door", "lever")
    code, _, err = cli(*multi)
    assert code == 2
    assert "the input ended" in err
    run = the_run()
    assert len(list(RunFolder.open(run).episodes())) == 1
    # The first round of the second episode was answered.
    typed("door")
    code, _, err = cli(*multi, "--json")
    assert code == 0, err
    assert "continuing run" in err
    assert err.count("Your action") == 1
    actions = []
    for episode in RunFolder.open(run).episodes():
        actions += [step.actions["player_1"] for step in episode.steps]
    assert actions == ["lever", "door", "lever", "door"]
    typed()
    assert json.loads(cli("replay", run, "--json")[1])["identical"] is True


def test_a_torn_answer_is_asked_again(cli, typed):
    command = ("play", "escape-room", "--protocol", "solo", *PERSON)
    rounds = (*command, "--set", "game.rounds=2")
    typed("lever")
    assert cli(*rounds)[0] == 2
    answers = the_run() / "people.jsonl"
    answers.write_bytes(answers.read_bytes()[:-5])
    typed("door", "door")
    assert cli(*rounds, "--json")[0] == 0
    (episode,) = RunFolder.open(the_run()).episodes()
    assert [step.actions["player_1"] for step in episode.steps] == ["door", "door"]


def test_a_replay_without_answers_says_whose_are_missing(cli, typed):
    typed("lever")
    assert cli("play", "escape-room", "--protocol", "solo", *PERSON)[0] == 0
    (the_run() / "people.jsonl").unlink()
    typed("lever")
    code, _, err = cli("replay", the_run())
    assert code == 2
    assert "holds no answer of player_1 to act in episode 0" in err


def test_a_spoiled_answer_is_named(cli, typed):
    typed("lever")
    assert cli("play", "escape-room", "--protocol", "solo", *PERSON)[0] == 0
    (the_run() / "people.jsonl").write_text('{"episode": []}\n')
    code, _, err = cli("replay", the_run())
    assert code == 2
    assert "line 1 of" in err
    assert "people.jsonl' is no answer of a person" in err
