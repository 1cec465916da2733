"""Run folders that were cut, damaged or written by somebody else: read, played on, or refused.

Whatever stands in a file of a run, a command ends with one of its codes and one sentence, and
never with an error that is ours.
"""

import json
import random
import shutil
from pathlib import Path

import pytest

from shapley_coop.runs.store import RunFolder
from tests.cli.scripts import COUNT
from tests.fixtures.command_line import cli

__all__ = ["cli"]  # a fixture

ODD = (None, True, 0, -1, 1e308, 10**400, "", "x" * 50, "\ud800", [], {}, [[]], {"a": 1},
       "player_0", float("nan"))  # fmt: skip
LARGE = (1e308, -1e308, 1e200, 1e155)
FILES = ("run.json", "config.toml", "events.jsonl", "calls.jsonl", "episodes.jsonl",
         "credit.json")  # fmt: skip


@pytest.fixture
def whole(cli, tmp_path, monkeypatch):
    """A finished run of three episodes with a model at one seat."""
    (tmp_path / "calls").touch()
    monkeypatch.setenv(COUNT, str(tmp_path / "calls"))
    code, out, _ = cli("play", "escape-room", "--seat", "player_0=llm", "--agent", "random",
                       "--model", "tests.cli.scripts:Counting", "-n", 3, "--json")  # fmt: skip
    assert code == 0
    return Path(json.loads(out)["run"])


def with_odd_values(value, rng, chance):
    if rng.random() < chance:
        return rng.choice(ODD)
    if isinstance(value, dict):
        return {
            key: with_odd_values(part, rng, chance / 2) for key, part in value.items()
        }
    if isinstance(value, list):
        return [with_odd_values(part, rng, chance / 2) for part in value]
    return value


def with_large_numbers(value, rng):
    if isinstance(value, float) and rng.random() < 0.5:
        return rng.choice(LARGE)
    if isinstance(value, dict):
        return {key: with_large_numbers(part, rng) for key, part in value.items()}
    if isinstance(value, list):
        return [with_large_numbers(part, rng) for part in value]
    return value


def damage(run, rng):
    """Damage one file of a run, and half the time forget that it was finished."""
    file = run / rng.choice(FILES)
    data = file.read_bytes()
    lines = data.splitlines(keepends=True)
    how = rng.choice(("cut", "delete", "flip", "odd", "large", "double", "swap"))
    if how == "cut":
        file.write_bytes(data[: rng.randrange(len(data) + 1)])
    elif how == "delete":
        file.unlink()
    elif how == "flip":
        letters = bytearray(data)
        letters[rng.randrange(len(letters))] = rng.randrange(256)
        file.write_bytes(bytes(letters))
    elif how == "double":
        lines.insert(rng.randrange(len(lines)), rng.choice(lines))
        file.write_bytes(b"".join(lines))
    elif how == "swap":
        rng.shuffle(lines)
        file.write_bytes(b"".join(lines))
    elif how == "odd" and file.suffix == ".jsonl":
        place = rng.randrange(len(lines))
        odd = with_odd_values(json.loads(lines[place]), rng, 0.15)
        lines[place] = json.dumps(odd).encode() + b"\n"
        file.write_bytes(b"".join(lines))
    elif how == "odd" and file.suffix == ".json":
        file.write_text(json.dumps(with_odd_values(json.loads(data), rng, 0.05)))
    elif how == "large":
        file = run / "episodes.jsonl"
        rows = [json.loads(line) for line in file.read_bytes().splitlines()]
        large = [json.dumps(with_large_numbers(row, rng)) for row in rows]
        file.write_text("\n".join(large) + "\n")
    if rng.random() < 0.5:
        forget_the_end(run)


def forget_the_end(run):
    try:
        manifest = json.loads((run / "run.json").read_text())
        manifest.update(status="started", totals={}, ended=None)
    except (OSError, ValueError, AttributeError):
        return
    (run / "run.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("seed", range(4))
def test_no_damage_is_an_error_of_ours(cli, whole, tmp_path, seed):
    rng = random.Random(seed)
    for case in range(8):
        run = Path(shutil.copytree(whole, tmp_path / f"damaged-{case}" / whole.name))
        damage(run, rng)
        for command in (
            ("report", run),
            ("runs", "--runs-dir", run.parent),
            ("compare", run, whole),
            ("replay", run, "--json"),
            ("resume", run, "--anyway", "--json"),
            ("report", run, "--json"),
        ):
            code, _, err = cli(*command)
            told = f"seed {seed}, case {case}: {command[0]} {code} {err}"
            assert code in (0, 1, 2, 3), told
            assert "internal error" not in err, told


@pytest.mark.parametrize("name", ["events.jsonl", "episodes.jsonl"])
@pytest.mark.parametrize("part", [0.0, 0.2, 0.5, 0.9, 0.999])
def test_a_run_that_was_cut_in_a_line_is_replayed_and_resumed(cli, whole, name, part):
    whole_events = [event["data"] for event in RunFolder.open(whole).events()]
    data = (whole / name).read_bytes()
    (whole / name).write_bytes(data[: int(part * len(data))])
    forget_the_end(whole)
    code, out, err = cli("replay", whole, "--json")
    assert code == 0, err
    assert json.loads(out)["identical"] is True
    code, out, err = cli("resume", whole, "--json")
    assert code == 0, err
    assert json.loads(out)["episodes"] == 3
    assert [event["data"] for event in RunFolder.open(whole).events()] == whole_events
    assert json.loads(cli("replay", whole, "--json")[1])["identical"] is True
