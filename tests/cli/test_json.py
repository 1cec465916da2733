"""`--json`: one line of JSON on standard output and nothing else, whatever plug-ins print."""

import json
import os
import re
import subprocess
import sys

import click
import pytest

from shapley_coop.cli.main import app
from tests.architecture.source import ROOT

TALKERS = """
import sys
from games.escape_room.paper import EscapeRoom

print("module")
kept = sys.stdout


class Room(EscapeRoom):
    def begin(self):
        print("begin")
        return super().begin()

    def advance(self, actions):
        sys.stdout.write("advance\\n")
        return super().advance(actions)


class Agent:
    needs_model = False

    def __init__(self, place):
        print("made")

    @staticmethod
    def check_game(game, protocol):
        print("check")

    async def believe(self, view):
        print("believe")

    async def negotiate(self, view):
        print("negotiate", file=kept)

    async def act(self, view):
        print("act")
        return view.actions[0]
"""


@pytest.mark.parametrize(
    "command",
    [
        ("play", "talkers:Room", "--agent", "talkers:Agent", "-n", "2"),
        ("play", "talkers:Room", "--agent", "talkers:Agent", "--dry-run"),
        ("check", "talkers:Room"),
        ("check", "talkers:Agent", "--game", "escape-room"),
        ("config", "talkers:Room"),
    ],
)
def test_what_plug_ins_print_goes_to_standard_error(tmp_path, command):
    (tmp_path / "talkers.py").write_text(TALKERS)
    done = subprocess.run(
        [sys.executable, "-m", "shapley_coop", *command, "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)
    assert len(done.stdout.splitlines()) == 1
    assert "module" in done.stderr


def test_a_run_whose_agents_print_can_be_resumed_replayed_and_reported(tmp_path):
    (tmp_path / "talkers.py").write_text(TALKERS)

    def call(*command):
        done = subprocess.run(
            [sys.executable, "-m", "shapley_coop", *command, "--json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    run = call("play", "talkers:Room", "--agent", "talkers:Agent")["run"]
    assert call("resume", run)["status"] == "done"
    assert call("replay", run)["identical"] is True
    assert call("report", run)["episodes"] == 1
    assert len(call("runs")) == 1


def test_without_json_what_agents_print_is_left_where_they_print_it(
    cli, tmp_path, monkeypatch
):
    (tmp_path / "talkers.py").write_text(TALKERS)
    monkeypatch.syspath_prepend(tmp_path)
    _, out, _ = cli("play", "talkers:Room", "--agent", "talkers:Agent", "-q")
    assert "believe" in out


def leaves(group, name=()):
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, (*name, word))
        else:
            yield (*name, word), command


def test_every_command_prints_json_where_asked():
    without = [
        " ".join(name)
        for name, command in leaves(app)
        if "as_json" not in {parameter.name for parameter in command.params}
    ]
    # A server of MCP speaks nothing but JSON anyway.
    assert without == ["mcp"]


def test_where_a_page_was_written_is_told(cli, done_run, tmp_path):
    code, out, _ = cli("report", done_run, "--html", "page.html", "--json")
    assert (code, json.loads(out)) == (0, {"html": "page.html"})
    assert (tmp_path / "page.html").is_file()


def test_no_command_prints_json_past_the_one_way():
    """What is echoed goes where prints go while `--json` holds: to standard error."""
    echo = re.compile(r"echo\(\s*json\.dumps\((?!.*indent)")
    sources = sorted((ROOT / "shapley_coop" / "cli").rglob("*.py"))
    past = [path.name for path in sources if echo.search(path.read_text())]
    assert past == []


def test_answers_that_are_forgotten_are_counted(cli, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for command in (("cache", "clear"), ("cache", "prune", "--days", "3")):
        code, out, _ = cli(*command, "--json")
        assert (code, json.loads(out)) == (0, {"forgotten": 0})


def test_where_weights_were_pulled_to_is_told(cli, monkeypatch, tmp_path):
    path = tmp_path / "weights.gguf"
    monkeypatch.setattr(
        "shapley_coop.cli.view.progress.pull_weights", lambda name: path
    )
    code, out, _ = cli("models", "pull", "smollm2", "--json")
    assert (code, json.loads(out)) == (0, {"model": "smollm2", "path": str(path)})
