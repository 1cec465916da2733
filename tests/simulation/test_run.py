"""Runs: cut and continued, replayed without a model, and what a failure leaves behind."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shapley_coop.errors import (
    ConfigError,
    LimitReached,
    ModelError,
    RunFolderError,
    StorageError,
)
from shapley_coop.llm.backends.scripted import ScriptedBackend
from shapley_coop.runs.store import RunFolder, RunWriter, first_difference, strip_time
from shapley_coop.simulation.run import replay, run
from shapley_coop.simulation.worker import make_game
from tests.cli.scripts import COUNT
from tests.fixtures.plays import configured

SCRIPTS = "tests.cli.scripts"


class CutError(Exception):
    """The test pulls the plug."""


def models(episodes=4, **tables):
    return configured(
        agent="llm",
        model={"name": f"{SCRIPTS}:Counting"},
        run={"episodes": episodes, "concurrency": 2},
        **tables,
    )


@pytest.fixture
def calls(tmp_path, monkeypatch):
    path = tmp_path / "calls.txt"
    path.touch()
    monkeypatch.setenv(COUNT, str(path))
    return lambda: path.read_text().splitlines()


def go(config, runs, **more):
    return asyncio.run(run(config, runs, **more))


def content(folder):
    """Return the files that must not depend on how often a run was cut."""
    events = [strip_time(line) for line in folder.events_file.read_bytes().splitlines()]
    episodes = [e.model_copy(update={"seconds": 0.0}) for e in folder.episodes()]
    return (
        events,
        episodes,
        json.loads((folder.path / "credit.json").read_text())["credits"],
    )


def test_a_run_leaves_the_whole_folder(tmp_path):
    folder = go(configured(run={"episodes": 3}), tmp_path)
    assert {path.name for path in folder.path.iterdir()} >= {
        "run.json",
        "config.toml",
        "events.jsonl",
        "episodes.jsonl",
        "credit.json",
        "report.md",
    }
    assert folder.manifest.status == "done"
    assert folder.manifest.totals["episodes"] == 3
    assert [e["seq"] for e in folder.events()] == list(
        range(len(list(folder.events())))
    )
    assert RunFolder.open(folder.path).config == folder.config


def test_a_done_run_is_not_continued_but_begun_anew(tmp_path):
    first = go(configured(), tmp_path)
    assert go(configured(), tmp_path).path != first.path


@pytest.mark.parametrize("at", [1, 7, 20, 45, 60])
def test_a_run_cut_anywhere_and_continued_is_the_run_uncut(tmp_path, calls, at):
    whole = go(models(), tmp_path / "whole")
    paid = sorted(calls())
    seen = 0

    def plug(_event):
        nonlocal seen
        seen += 1
        if seen == at:
            raise CutError

    Path(os.environ[COUNT]).write_text("")
    with pytest.raises(CutError):
        go(models(), tmp_path / "cut", listen=plug)
    (path,) = (tmp_path / "cut").iterdir()
    assert RunFolder.open(path).manifest.status != "done"
    again = go(models(), tmp_path / "cut")
    assert again.path == path
    assert again.manifest.status == "done"
    assert again.manifest.sessions == 2
    assert content(again) == content(whole)
    assert sorted(calls()) == paid, "an answered call was asked again"


def test_a_killed_process_is_continued_by_the_same_command(tmp_path, calls):
    whole = go(models(3), tmp_path / "whole")
    paid = sorted(calls())
    Path(os.environ[COUNT]).write_text("")
    command = [sys.executable, "-m", "tests.cli.main", "play", "escape-room", "--json"]
    command += ["--agent", "llm", "--model", f"{SCRIPTS}:Counting", "--episodes", "3"]
    command += ["--concurrency", "2", "--runs-dir", str(tmp_path / "cut")]
    root = Path(__file__).parents[2]
    dead = subprocess.run(
        command,
        cwd=root,
        env=os.environ | {COUNT + "_KILL": "9"},
        capture_output=True,
        check=False,
    )
    assert dead.returncode == -9
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["episodes"] == 3
    folder = RunFolder.open(Path(figures["run"]))
    assert content(folder) == content(whole)
    again = calls()
    assert set(again) == set(paid)
    # What was under way when the process died was never answered; it may be asked again.
    assert len(again) - len(set(again)) <= 2


def test_replay_needs_no_model_and_is_the_same_apart_from_time(
    tmp_path, calls, monkeypatch
):
    source = go(models(), tmp_path)
    asked = len(calls())

    def absent(*_):
        raise AssertionError("a replay must open no model")

    monkeypatch.setattr(ScriptedBackend, "__init__", absent)
    again, difference = asyncio.run(replay(source, tmp_path / "replays"))
    assert difference is None
    assert content(again)[0] == content(source)[0]
    assert len(calls()) == asked
    assert again.manifest.totals["tokens"] == source.manifest.totals["tokens"] > 0


@pytest.mark.usefixtures("calls")
def test_a_replay_whose_cassette_lacks_a_call_says_which(tmp_path):
    source = go(models(1), tmp_path)
    lines = source.calls.read_bytes().splitlines(keepends=True)
    source.calls.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(ModelError, match=r"act|negotiate|believe|record"):
        asyncio.run(replay(source, tmp_path / "replays"))


@pytest.mark.parametrize("how", ["_LIMIT", "_FAIL", "_KILL"])
def test_a_cut_run_is_replayed_as_far_as_it_is_whole(tmp_path, calls, monkeypatch, how):
    # One at a time, so that it is cut in the third episode however fast this machine is.
    command = [sys.executable, "-m", "tests.cli.main", "play", "escape-room", "--json"]
    command += ["--agent", "llm", "--model", f"{SCRIPTS}:Counting", "--episodes", "4"]
    command += ["--concurrency", "1", "--runs-dir", str(tmp_path / "runs")]
    env = os.environ | {COUNT + how: "30"}
    root = Path(__file__).parents[2]
    subprocess.run(command, cwd=root, env=env, capture_output=True, check=False)
    (path,) = (tmp_path / "runs").iterdir()
    source = RunFolder.open(path)
    whole = len(list(source.episodes()))
    assert 0 < whole < 4
    before = {file.name: file.read_bytes() for file in path.iterdir()}
    again, difference = asyncio.run(replay(source, tmp_path / "replays"))
    assert difference is None
    assert len(list(again.episodes())) == whole
    assert {file.name: file.read_bytes() for file in path.iterdir()} == before
    # Continued to its end, it is replayed whole.
    monkeypatch.delenv(COUNT + how, raising=False)
    done = go(source.config, path.parent, resume=path)
    assert done.manifest.status == "done"
    again, difference = asyncio.run(replay(done, tmp_path / "replays"))
    assert difference is None
    assert len(list(again.episodes())) == 4


def test_a_recording_of_before_deposits_were_written_down_is_no_other_play(tmp_path):
    config = configured(protocol={"name": "shapley-coop", "settlement": "escrow"})
    source = go(config, tmp_path)
    events = [json.loads(line) for line in source.events_file.read_text().splitlines()]
    older = [event for event in events if event["kind"] != "deposit"]
    assert len(older) < len(events)
    lines = [json.dumps(event | {"seq": seq}) for seq, event in enumerate(older)]
    source.events_file.write_text("\n".join(lines) + "\n")
    (episode,) = source.episodes()
    line = episode.model_copy(update={"events": len(older)}).model_dump_json()
    (source.path / "episodes.jsonl").write_text(line + "\n")
    manifest = json.loads((source.path / "run.json").read_text())
    del manifest["kinds"]
    (source.path / "run.json").write_text(json.dumps(manifest))
    old = RunFolder.open(source.path)
    _, difference = asyncio.run(replay(old, tmp_path / "replays"))
    assert difference is None
    # Of a version that knew deposits, one that is missing is a difference.
    (source.path / "run.json").write_text(source.manifest.text())
    new = RunFolder.open(source.path)
    _, difference = asyncio.run(replay(new, tmp_path / "replays"))
    assert difference is not None
    assert b"deposit" in (difference.right or b"")


def test_a_replay_that_differs_says_where(tmp_path):
    source = go(configured(run={"episodes": 2}), tmp_path)
    text = source.events_file.read_text()
    source.events_file.write_text(text.replace("lever", "lover", 1))
    again, difference = asyncio.run(replay(source, tmp_path / "replays"))
    assert difference is not None
    assert b"lover" in difference.left
    assert b"lever" in difference.right
    assert first_difference(again.events_file, again.events_file) is None


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize(
    ("how", "error", "status"),
    [("_FAIL", ModelError, "failed"), ("_LIMIT", LimitReached, "limit")],
)
def test_a_model_that_fails_or_a_limit_leaves_a_run_to_continue(
    tmp_path, monkeypatch, how, error, status
):
    monkeypatch.setenv(COUNT + how, "12")
    with pytest.raises(error):
        go(models(), tmp_path)
    (path,) = (p for p in tmp_path.iterdir() if p.is_dir())
    cut = RunFolder.open(path)
    assert cut.manifest.status == status
    assert cut.manifest.error
    assert (path / "report.md").is_file()
    monkeypatch.delenv(COUNT + how)
    done = go(models(), tmp_path)
    assert done.path == path
    assert done.manifest.status == "done"
    assert done.manifest.error == ""
    assert [e.index for e in done.episodes()] == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["Breaks", "BreaksOddly"])
def test_a_game_that_breaks_ends_its_episode_and_not_the_run(tmp_path, name):
    config = configured(
        f"{SCRIPTS}:{name}", agent="random", protocol="solo", run={"episodes": 8}
    )
    folder = go(config, tmp_path)
    episodes = list(folder.episodes())
    failed = [e for e in episodes if e.status == "failed"]
    assert 0 < len(failed) < 8
    for episode in failed:
        assert "the lever came off" in episode.error
        (told,) = (e for e in folder.events(episode.index) if e["kind"] == "error")
        assert "the lever came off" in json.dumps(told)
    assert folder.manifest.status == "done"
    assert set(folder.manifest.totals["failed_episodes"]) == {
        str(e.index) for e in failed
    }


@pytest.mark.usefixtures("calls")
def test_concurrency_does_not_change_the_events(tmp_path):
    one, four = (
        go(
            configured(
                agent="llm",
                model={"name": f"{SCRIPTS}:Counting"},
                run={"episodes": 6, "concurrency": n},
            ),
            tmp_path / str(n),
        )
        for n in (1, 4)
    )
    assert content(one)[0] == content(four)[0]


def test_a_busy_run_is_not_written_twice(tmp_path):
    heard = []

    def listen(event):
        heard.append(event)
        (path,) = (p for p in tmp_path.iterdir() if p.is_dir())
        with pytest.raises(RunFolderError):
            RunWriter.resume(path, clock=lambda: 0.0)

    assert go(configured(), tmp_path, listen=listen).manifest.status == "done"
    assert heard


@pytest.mark.parametrize(
    ("game", "parameters", "told"),
    [
        ("escape-room-n", {"seats": 2, "levers": 2}, "seats=2 and levers=2"),
        ("escape-room-n", {"seats": "many"}, "seats='many'"),
        (
            "escape-room-n",
            {"doors": 2},
            "unknown parameter .* known: horizon, levers, seats",
        ),
        (f"{SCRIPTS}:no_game", {}, "is no game"),
    ],
)
def test_games_that_cannot_be_made(game, parameters, told):
    with pytest.raises(ConfigError, match=told):
        make_game(configured(game, parameters=parameters))


def test_nothing_is_written_where_the_input_is_wrong(tmp_path):
    for config in (
        configured(seats={"player_7": "rational"}),
        configured(worth={"kind": "rollout", "absence": "idle"}),
        configured(
            "escape-room-n",
            parameters={"seats": 20},
            worth={"kind": "rollout", "evaluations": 10},
        ),
        configured(agent="llm", model={"name": f"{SCRIPTS}:nothing"}),
        configured(agent="llm", model={"name": f"{SCRIPTS}:no_game"}),
    ):
        with pytest.raises(Exception, match=r".+"):
            go(config, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_runs_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "runs").write_text("not a folder")
    with pytest.raises(StorageError, match="runs"):
        go(configured(), tmp_path / "runs")
