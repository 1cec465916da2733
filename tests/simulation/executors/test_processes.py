"""Worker processes: the same run as in one process, whatever happens to them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shapley_coop.errors import AgentError, ConfigError, LimitReached
from shapley_coop.runs.store import RunFolder, strip_time
from shapley_coop.simulation.executors.processes import processes
from shapley_coop.simulation.run import replay, run
from tests.cli.scripts import COUNT
from tests.fixtures.plays import configured
from tests.simulation.executors.agents import MARK

AGENTS = "tests.simulation.executors.agents"
SCRIPTS = "tests.cli.scripts"


def go(config, runs, workers):
    executor = processes(workers) if workers else None
    return asyncio.run(run(config, runs, executor=executor))


def content(folder):
    """Return what must not depend on where a run was played."""
    events = [strip_time(line) for line in folder.events_file.read_bytes().splitlines()]
    lines = (folder.path / "episodes.jsonl").read_text().splitlines()
    episodes = [json.loads(line) | {"seconds": 0.0} for line in lines]
    return events, episodes, (folder.path / "credit.json").read_text().split(",", 1)[1]


@pytest.fixture
def mark(tmp_path, monkeypatch):
    path = tmp_path / "mark.txt"
    monkeypatch.setenv(MARK, str(path))
    return path


@pytest.fixture
def calls(tmp_path, monkeypatch):
    path = tmp_path / "calls.txt"
    path.touch()
    monkeypatch.setenv(COUNT, str(path))
    return lambda: path.read_text().splitlines()


@pytest.mark.parametrize(
    "tables",
    [
        {"agent": f"{AGENTS}:Talkative"},
        {"agent": "random", "protocol": "talk"},
        {"game": f"{SCRIPTS}:Breaks"},
    ],
    ids=["an agent that prints", "chance", "a game that breaks"],
)
def test_it_is_the_run_of_one_process(tmp_path, tables):
    config = configured(
        tables.pop("game", "escape-room"), run={"episodes": 7}, **tables
    )
    alone = go(config, tmp_path / "alone", 0)
    shared = go(config, tmp_path / "shared", 2)
    assert content(shared) == content(alone)
    assert shared.tracebacks().count("== episode") == alone.tracebacks().count(
        "== episode"
    )


def models(**tables):
    return configured(
        agent="llm",
        model={"name": f"{SCRIPTS}:Counting"},
        run={"episodes": 4, "concurrency": 4},
        **tables,
    )


def test_models_are_asked_by_the_run_alone_and_recorded_once(tmp_path, calls):
    alone = go(models(), tmp_path / "alone", 0)
    asked = sorted(calls())
    (tmp_path / "calls.txt").write_text("")
    shared = go(models(), tmp_path / "shared", 2)
    assert content(shared) == content(alone)
    assert sorted(calls()) == asked
    again, difference = asyncio.run(replay(shared, tmp_path / "again"))
    assert difference is None
    assert content(again) == content(shared)


def test_one_budget_counts_for_all_workers(tmp_path, calls):
    with pytest.raises(LimitReached, match=r"limits.calls = 5 is reached") as caught:
        go(models(limits={"calls": 5}), tmp_path / "runs", 2)
    assert len(calls()) <= 5
    assert caught.value.folder
    assert RunFolder.open(caught.value.folder).manifest.status == "limit"


@pytest.mark.parametrize("workers", [1, 2])
def test_the_episode_of_a_killed_worker_is_played_again(tmp_path, mark, workers):
    config = configured(agent=f"{AGENTS}:KillsOnce", run={"episodes": 6})
    killed = go(config, tmp_path / "killed", workers)
    assert mark.exists()
    # The mark is there now, so that nobody is killed.
    assert content(killed) == content(go(config, tmp_path / "alone", 0))


def test_an_episode_that_kills_every_worker_ends_the_run_and_is_named(tmp_path):
    config = configured(agent=f"{AGENTS}:KillsAlways", run={"episodes": 6})
    with pytest.raises(AgentError, match=r"episode 0, the last with the code -9"):
        go(config, tmp_path, 1)


def test_the_failure_of_a_model_ends_the_run_as_in_one_process(
    tmp_path, calls, monkeypatch
):
    monkeypatch.setenv(COUNT + "_FAIL", "3")
    with pytest.raises(Exception, match="the model fell over") as caught:
        go(models(), tmp_path / "runs", 2)
    monkeypatch.delenv(COUNT + "_FAIL")
    folder = asyncio.run(run(models(), tmp_path / "runs", executor=processes(2)))
    assert str(folder.path) == caught.value.folder
    assert folder.manifest.status == "done"
    alone = go(models(), tmp_path / "alone", 0)
    assert content(folder) == content(alone)


def test_people_are_not_asked_by_workers(tmp_path):
    with pytest.raises(ConfigError, match="a person sits at 'player_0'"):
        go(configured(agent="human", run={"episodes": 2}), tmp_path, 2)
    assert not list(tmp_path.iterdir())


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_interrupt_leaves_no_process_behind_and_a_run_to_continue(tmp_path, mark):
    command = [
        *(sys.executable, "-m", "shapley_coop", "play", "escape-room", "--quiet"),
        *("--agent", f"{AGENTS}:Slow", "--episodes", "8", "--workers", "2"),
        *("--runs-dir", str(tmp_path / "runs")),
    ]
    root = Path(__file__).parents[3]
    playing = subprocess.Popen(
        command, cwd=root, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    until = time.monotonic() + 240
    while not mark.exists() or len(set(mark.read_text().split())) < 2:
        assert time.monotonic() < until
        time.sleep(0.05)
    os.killpg(playing.pid, signal.SIGINT)
    _, said = playing.communicate(timeout=120)
    assert playing.returncode == 130, said
    assert "Traceback" not in said
    workers = {int(line) for line in mark.read_text().split()}
    assert not [pid for pid in workers if is_alive(pid)]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, timeout=60, check=True
    )
    assert "continuing run" in done.stderr
    (folder,) = (tmp_path / "runs").iterdir()
    episodes = list(RunFolder.open(folder).episodes())
    assert [episode.index for episode in episodes] == list(range(8))


def test_the_command_line_names_where_a_run_is_played(cli, tmp_path):
    play = ("play", "escape-room", "--agent", "rational", "--episodes", "3")
    code, out, _ = cli(*play, "--workers", "2", "--json")
    assert code == 0
    assert json.loads(out)["episodes"] == 3
    code, _, said = cli(*play, "--address", "127.0.0.1:1")
    assert code == 2
    assert "name the executor ray (--executor)" in said
