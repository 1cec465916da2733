"""Keys in what commands tell of other people's code, of studies, and in tracebacks."""

import os
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT

KEY = "canary-ten-5f0a9c7e21"
TELLTALE = f"""
from games.escape_room.paper import EscapeRoom


class Room(EscapeRoom):
    def advance(self, actions):
        raise RuntimeError("{KEY}")
"""
SWEEP = f"""
[base]
game = "escape-room"
agent = "{KEY}"
[grid]
"run.seed" = [1, 2]
"""


@pytest.mark.parametrize(
    "command",
    [
        ("check", "telltale:Room"),
        ("check", "telltale:Room", "--debug"),
        ("lint", "telltale:Room", "--debug"),
        ("report", KEY, "--debug"),
    ],
)
def test_what_code_of_others_says_is_told_without_its_keys(tmp_path, command):
    (tmp_path / "telltale.py").write_text(TELLTALE)
    done = subprocess.run(
        [sys.executable, "-m", "shapley_coop", *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MY_SECRET": KEY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    told = done.stdout + done.stderr
    assert "[key]" in told
    assert KEY not in told
    assert ("Traceback" in told) == ("--debug" in command)


@pytest.mark.parametrize(
    "command",
    [
        ("sweep", "s.toml"),
        ("sweep", "s.toml", "--dry-run"),
        ("tournament", "escape-room", "rational", KEY),
        ("tournament", "escape-room", "rational", KEY, "--dry-run"),
    ],
)
def test_a_study_that_holds_a_key_is_refused_before_it_is_played(
    command, cli, tmp_path, monkeypatch
):
    monkeypatch.setenv("MY_SECRET", KEY)
    (tmp_path / "s.toml").write_text(SWEEP)
    code, out, err = cli(*command)
    assert code == 2
    assert "holds a key" in err
    assert KEY not in out + err
    assert not list(tmp_path.rglob("run.json"))
