"""What fails on the way: endpoints, weights, limits, folders, people, and faults of ours."""

import json
import os
import sys
from pathlib import Path

import pytest

from shapley_coop.llm import weights
from shapley_coop.runs.store import RunFolder
from tests.cli.scripts import COUNT
from tests.fixtures.models import Server, completion, http

SCRIPTS = "tests.cli.scripts"
AGENT = "tests.fixtures.broken.agents"
GAME = "tests.fixtures.broken.games"


def test_debug_shows_the_traceback(cli):
    from shapley_coop.errors import PluginError

    with pytest.raises(PluginError):
        cli("--debug", "play", "escape-rom")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "cannot reach"),
        (http(b"<html>hello</html>", kind="text/html"), "HTML"),
        (http(completion()[:40]), "JSON"),
        (
            http(b'{"error": {"message": "no such model"}}', status="404 Not Found"),
            "no such model",
        ),
        (None, "did not answer within"),
    ],
)
def test_endpoints_that_misbehave(cli, answer, told):
    server = Server()
    try:
        server.answers = [answer]
        code, _, err = cli(
            *(
                "play",
                "escape-room",
                "--agent",
                "llm",
                "--model",
                f"{server.url}#m",
                "--json",
            ),
            *("--set", f"model.timeout={0.1 if answer is None else 20}"),
            # One that never answered counts as down after one call of 4 attempts.
            *("--set", "model.retry_seconds=0.01"),
        )
    finally:
        server.stop()
    assert code == 1
    assert told.lower() in err.lower()
    assert "127.0.0.1" in err
    assert len(err.strip().splitlines()) == 1
    (run,) = Path("runs").iterdir()
    assert RunFolder.open(run).manifest.status == "failed"


def test_an_endpoint_that_refuses(cli):
    code, _, err = cli(
        "play",
        "escape-room",
        "--agent",
        "llm",
        "--model",
        "http://127.0.0.1:9/v1#m",
        "--json",
        "--set",
        "model.retry_seconds=0.01",
    )
    assert code == 1
    assert "cannot reach http://127.0.0.1:9/v1" in err


def test_weights_with_a_wrong_checksum(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = weights.location()
    assert str(tmp_path) in str(path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not the weights")
    code, _, err = cli("play", "escape-room", "--agent", "llm", "--json")
    assert code in (1, 2)
    assert len(err.strip().splitlines()) == 1
    assert str(path) in err
    assert "internal" not in err


def test_a_limit_is_exit_code_three_and_the_run_goes_on(cli, tmp_path, monkeypatch):
    count = tmp_path / "calls.txt"
    count.touch()
    monkeypatch.setenv(COUNT, str(count))
    monkeypatch.setenv(COUNT + "_LIMIT", "3")
    command = [
        "play",
        "escape-room",
        "--agent",
        "llm",
        "--model",
        f"{SCRIPTS}:Counting",
        "--json",
    ]
    code, _, err = cli(*command)
    assert code == 3
    assert "budget" in err
    (run,) = Path("runs").iterdir()
    monkeypatch.delenv(COUNT + "_LIMIT")
    code, out, _ = cli("resume", run, "--json")
    assert code == 0
    assert json.loads(out)["status"] == "done"
    assert json.loads(out)["episodes"] == 1


def test_a_read_only_runs_folder(cli, tmp_path, monkeypatch):
    runs = tmp_path / "runs"
    runs.mkdir()
    if os.geteuid() == 0:
        monkeypatch.setattr(Path, "mkdir", refuse(Path.mkdir, runs))
    else:
        runs.chmod(0o500)
    code, _, err = cli("play", "escape-room", "--agent", "rational")
    assert code == 1
    assert "runs" in err
    assert "ermission denied" in err
    assert "Traceback" not in err


def refuse(mkdir, folder):
    """Return a mkdir that may not write in `folder`: root may write anywhere."""

    def refused(self, *arguments, **options):
        if self.parent == folder or self.parent.name == folder.name:
            raise PermissionError(13, "Permission denied", str(self))
        mkdir(self, *arguments, **options)

    return refused


def test_a_person_without_a_terminal_is_told(cli, monkeypatch):
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code, _, err = cli(
        "play", "escape-room", "--seat", "player_0=human", "--agent", "rational"
    )
    assert code == 2
    assert "input ended" in err


def test_an_internal_error_is_one_line(cli, monkeypatch):
    from shapley_coop.interfaces import plugins

    def broken(_group):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(plugins, "describe", broken)
    code, _, err = cli("games")
    assert code == 1
    assert (
        err == "error: internal error: ZeroDivisionError: oops; --debug shows where\n"
    )
    # Wherever it stands on the line.
    for line in (
        ("--debug", "games"),
        ("games", "--debug"),
        ("games", "--debug", "--json"),
    ):
        with pytest.raises(ZeroDivisionError):
            cli(*line)


def test_what_broke_in_an_episode_is_kept_and_shown(cli):
    command = ("play", f"{GAME}:AdvanceRaises", "--agent", f"{AGENT}:Rider", "-q")
    code, _, err = cli(*command)
    assert code == 1
    (run,) = Path("runs").iterdir()
    kept = (run / "tracebacks.txt").read_text()
    assert "the wheel came off" in kept
    assert "in advance" in kept
    assert f"{str(run / 'tracebacks.txt')!r}" in err
    assert "Traceback" not in err
    for line in ((*command, "--debug"), ("report", run, "--debug")):
        _, _, err = cli(*line)
        assert "== episode 0 ==" in err
        assert "in advance" in err


def test_no_key_in_what_a_plug_in_raised_is_kept_or_shown(cli, monkeypatch):
    key = "sk-canary-0123456789abcdefghij"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    command = ("play", f"{GAME}:Bus", "--agent", f"{AGENT}:Telltale", "--debug")
    _, out, err = cli(*command)
    assert "401 for key" in out
    (run,) = Path("runs").iterdir()
    files = [path.read_text() for path in run.iterdir()]
    assert any("401 for key" in text for text in files)
    assert not any(key in text for text in (out, err, *files))


@pytest.mark.parametrize("agent", ["Chatterbox", "Fumbler", "Excuse"])
def test_no_key_that_a_plug_in_says_is_kept_or_shown(cli, monkeypatch, agent):
    key = "canary/0123456789+abcdefghij"
    monkeypatch.setenv("A_KEY", key)
    command = ("play", "escape-room", "--protocol", "talk", "--debug")
    _, out, err = cli(*command, "--agent", f"{AGENT}:{agent}")
    (run,) = Path("runs").iterdir()
    _, report, _ = cli("report", str(run))
    files = [path.read_text() for path in run.iterdir()]
    assert "[key]" in "".join(files)
    assert not any(key in text for text in (out, err, report, *files))


def test_a_bug_of_ours_ends_the_run_and_not_its_folder(cli, monkeypatch):
    from shapley_coop.simulation.worker import Worker

    async def broken(*_):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(Worker, "episode", broken)
    code, _, err = cli("play", "escape-room", "--agent", "rational")
    assert code == 1
    assert "internal error: ZeroDivisionError: oops; --debug shows where" in err
    (run,) = Path("runs").iterdir()
    folder = RunFolder.open(run)
    assert folder.manifest.status == "failed"
    assert "ZeroDivisionError: oops" in folder.manifest.error
    assert "in broken" in folder.tracebacks()


def test_what_was_played_before_a_failure_is_named(cli):
    code, _, err = cli(*("play", "escape-room", "--agent", "http://127.0.0.1:9/v1#m"),
                       *("--set", "model.retry_seconds=0.01", "--json"))  # fmt: skip
    assert code == 1
    (run,) = Path("runs").iterdir()
    assert f"what was played is in {str(run)!r}" in err


def test_an_interrupted_command_says_how_to_go_on(cli, monkeypatch):
    from shapley_coop.interfaces import plugins

    def stop(_group):
        raise KeyboardInterrupt

    monkeypatch.setattr(plugins, "describe", stop)
    code, _, err = cli("games")
    assert code == 130
    assert "the same command begins anew" in err
