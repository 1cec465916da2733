"""The command `sweep`, by itself and when it is killed again and again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shapley_coop.runs.store import RunFolder
from shapley_coop.runs.store.places import run_paths
from shapley_coop.studies.cells import key_of
from shapley_coop.studies.stock import stock_of

SWEEP = """
seeds = {seeds}
[base]
game = "escape-room"
agent = "rational"
[grid]
protocol = ["solo", "neg"]
"""


@pytest.fixture
def file(cli):
    path = Path("rooms.toml")
    path.write_text(SWEEP.format(seeds=2))
    return path


def test_a_sweep_ends_in_one_table_with_counts(cli, file):
    code, out, err = cli("sweep", file)
    flat = " ".join(out.split())
    assert code == 0
    assert "protocol n success welfare" in flat
    assert "4 of 4 cells played to the end" in flat
    assert "4 of 4 cells, 4 of 4 episodes" in err
    assert (
        json.loads(Path("runs/sweep-rooms/study.json").read_text())["study"] == "rooms"
    )
    code, out, _ = cli("runs", "--runs-dir", "runs/sweep-rooms", "--json")
    assert {row["status"] for row in json.loads(out)} == {"done"}


def test_scripts_get_every_cell_and_every_group(cli, file):
    code, out, err = cli("sweep", file, "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert [cell["status"] for cell in found["cells"]] == ["done"] * 4
    assert len(found["groups"]) == 2
    assert found["groups"][0]["settings"] == {"protocol": "solo"}
    assert found["groups"][0]["measures"]["welfare"]["n"] == 2


def test_a_dry_run_lists_the_cells_and_plays_nothing(cli, file):
    code, out, err = cli("sweep", file, "--dry-run")
    assert code == 0
    # Where rules sit nothing is played, and none of it is told.
    assert err.splitlines() == [f"{ended} of 4 cells" for ended in range(5)]
    assert "4 cells, 4 episodes" in out
    assert "protocol = neg, run.seed = 1" in out
    assert not Path("runs").exists()
    file.write_text(SWEEP.format(seeds=1).replace("rational", "scripted"))
    code, _, err = cli("sweep", file, "--dry-run")
    assert err.startswith("0 of 2 cells, 0 of 2 made-up plays\n")
    assert "2 of 2 cells, 2 of 2 made-up plays" in err
    code, out, err = cli("sweep", file, "--dry-run", "--json")
    assert err == ""
    models = json.loads(out)["models"]
    assert models["scripted"]["calls"] > 2


def test_worker_processes_play_the_same(cli, file):
    _, out, _ = cli("sweep", file, "--json")
    here = json.loads(out)["groups"]
    code, out, _ = cli("sweep", file, "--json", "--runs-dir", "other", "--workers", 2)
    assert code == 0
    for one, other in zip(here, json.loads(out)["groups"], strict=True):
        for name in ("success", "welfare", "rounds"):
            assert one["measures"][name] == other["measures"][name]


def test_a_cell_that_fails_is_told_and_costs_the_code(cli, file):
    file.write_text(file.read_text() + 'agent = ["rational", "nobody"]\n')
    code, out, _ = cli("sweep", file)
    flat = " ".join(out.split())
    assert code == 1
    assert "Cells that did not end well" in flat
    assert "4 of 8 cells played to the end" in flat


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("escape-room", "escape-rom", "did you mean 'escape-room'?"),
        ("rational", "ratonal", "did you mean 'rational'?"),
        ("seeds = 2", "seeds = 0", "at least one is needed"),
        ("seeds", "seedz", "did you mean 'seeds'?"),
    ],
)
def test_what_all_cells_share_is_refused_before_any_is_played(
    cli, file, before, after, words
):
    file.write_text(file.read_text().replace(before, after))
    for option in ([], ["--dry-run"]):
        code, _, said = cli("sweep", file, *option)
        assert code == 2
        assert words in said
    assert not Path("runs").exists()


@pytest.mark.parametrize("amount", ["0", "-1", "nan"])
def test_a_limit_that_cannot_be_one_is_told_by_its_option(cli, file, amount):
    code, _, said = cli("sweep", file, "--max-cost", amount)
    assert code == 2
    assert "limits.cost" in said
    assert "(--max-cost)" in said
    assert amount in said


def test_two_hundred_cells_killed_ten_times_are_played_once_each(tmp_path):
    (tmp_path / "rooms.toml").write_text(SWEEP.format(seeds=100))
    found = killed_again_and_again(tmp_path, step=18)
    each_cell_once(tmp_path, found, 200)


@pytest.mark.slow
def test_cells_side_by_side_killed_ten_times_are_played_once_each_within_one_budget(
    tmp_path,
):
    one = 'agent = "scripted"\nworth.kind = "rollout"\nprotocol = "short-term"'
    sweep = SWEEP.format(seeds=20).replace('agent = "rational"', one)
    limits = "[limits]\ncalls = 2000\n"
    (tmp_path / "rooms.toml").write_text(sweep.replace("[grid]", limits + "[grid]"))
    found = killed_again_and_again(tmp_path, "--workers", "2", step=4, pause=0.07)
    runs = each_cell_once(tmp_path, found, 40)
    # What a kill left without an answer is asked again, and counts.
    sent = sum(stock_of(run).spent.calls for run in runs)
    assert 0 < sent == found["spent"]["calls"] <= 2000


def killed_again_and_again(folder, *options, step, pause=0.0):
    """Kill a sweep ten times, each time further on, and return what its last start prints."""
    command = [sys.executable, "-m", "tests.cli.main", "sweep", "rooms.toml", "--json"]
    root = Path(__file__).parents[2]
    surroundings = {**os.environ, "PYTHONPATH": str(root)}
    for kill in range(1, 11):
        process = subprocess.Popen(
            [*command, *options],
            cwd=folder,
            env=surroundings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # Killed in the middle of some cell, each time at another moment of it.
        while len(run_paths(folder / "runs" / "sweep-rooms")) < step * kill:
            assert process.poll() is None
            time.sleep(0.005)
        time.sleep(pause * kill)
        process.send_signal(signal.SIGKILL)
        process.wait()
    ended = subprocess.run(
        [*command, *options],
        cwd=folder,
        env=surroundings,
        capture_output=True,
        check=True,
    )
    return json.loads(ended.stdout)


def each_cell_once(folder, found, cells):
    """Return the runs of a sweep, each of which is a cell of its own and done."""
    assert [cell["status"] for cell in found["cells"]] == ["done"] * cells
    paths = run_paths(folder / "runs" / "sweep-rooms")
    runs = [RunFolder.open(path) for path in paths]
    assert len({key_of(run.config) for run in runs}) == len(runs) == cells
    for run in runs:
        assert run.manifest.status == "done"
        assert len(list(run.episodes())) == 1
    return runs
