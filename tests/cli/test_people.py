"""People at a real terminal: Ctrl-C once, pasted lines, odd numbers, two of them, no more input."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shapley_coop.runs.store import RunFolder

ROOT = Path(__file__).parents[2]
SOLO = ("play", "escape-room", "--protocol", "solo")
SECONDS = 120


class Terminal:
    """A command at a terminal of its own: what it shows, and what is typed there."""

    def __init__(self, folder, *arguments):
        self.folder = folder
        self.hand, tail = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.main", *arguments, "--runs-dir", "runs"],
            cwd=folder,
            env=os.environ
            | {"PYTHONPATH": str(ROOT), "COLUMNS": "100", "TERM": "dumb"},
            stdin=tail,
            stdout=tail,
            stderr=tail,
            start_new_session=True,
        )
        os.close(tail)

    def wait_for(self, text, times=1):
        """Read until a text was shown so often."""
        end = time.monotonic() + SECONDS
        while self.shown.count(text) < times:
            assert time.monotonic() < end, self.shown
            if not self._read():
                raise AssertionError(f"{text!r} was not shown:\n{self.shown}")

    def type(self, text):
        os.write(self.hand, text.encode())

    def interrupt(self):
        os.kill(self.process.pid, signal.SIGINT)

    def end(self):
        """Read to the end. Return the exit code."""
        end = time.monotonic() + SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < end, self.shown
            self._read()
        while self._read():
            pass
        return self.process.returncode

    @property
    def run(self):
        (path,) = (self.folder / "runs").iterdir()
        return RunFolder.open(path)

    def actions(self):
        (episode,) = self.run.episodes()
        return episode.steps[0].actions

    def _read(self):
        ready, _, _ = select.select([self.hand], [], [], 0.2)
        if not ready:
            return self.process.poll() is None
        try:
            chunk = os.read(self.hand, 65536)
        except OSError:  # the other end is closed
            return False
        self.shown += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", chunk.decode())
        return bool(chunk)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.hand)


@pytest.fixture
def at_terminal(tmp_path):
    terminals = []

    def begin(*arguments):
        terminals.append(Terminal(tmp_path, *arguments))
        return terminals[-1]

    yield begin
    for terminal in terminals:
        terminal.close()


PERSON = ("--seat", "player_0=rational", "--seat", "player_1=human")


def test_one_ctrl_c_at_a_question_ends_the_run_at_once(at_terminal):
    terminal = at_terminal(*SOLO, *PERSON)
    terminal.wait_for("Your action")
    began = time.monotonic()
    terminal.interrupt()
    assert terminal.end() == 130
    assert time.monotonic() - began < 60
    assert terminal.run.manifest.status == "cancelled"
    assert "Traceback" not in terminal.shown
    assert "stopping" in terminal.shown
    assert "the same command continues the run" in terminal.shown


def test_a_run_that_was_stopped_at_a_question_goes_on(at_terminal):
    first = at_terminal(*SOLO, *PERSON)
    first.wait_for("Your action")
    first.interrupt()
    first.end()
    second = at_terminal(*SOLO, *PERSON)
    second.wait_for("Your action")
    second.type("lever\n")
    assert second.end() == 0
    assert "continuing run" in second.shown
    assert second.actions()["player_1"] == "lever"


def test_pasted_lines_answer_nothing_and_are_asked_again(at_terminal):
    terminal = at_terminal(*SOLO, *PERSON)
    terminal.wait_for("Your action")
    terminal.type("door\nlever\n")
    terminal.wait_for("Your action", times=2)
    assert "Several lines came at once" in terminal.shown
    terminal.type("lever\n")
    assert terminal.end() == 0
    assert terminal.actions()["player_1"] == "lever"


def test_what_is_typed_before_a_question_is_no_answer_to_it(at_terminal):
    terminal = at_terminal(*SOLO, *PERSON)
    terminal.type("door\n")
    terminal.wait_for("Your action")
    time.sleep(0.3)
    terminal.type("lever\n")
    assert terminal.end() == 0
    assert terminal.actions()["player_1"] == "lever"


def test_two_people_are_asked_one_after_the_other(at_terminal):
    terminal = at_terminal(*SOLO, "--agent", "human")
    terminal.wait_for("Your action")
    time.sleep(0.5)
    terminal.wait_for("Your action")
    assert terminal.shown.count("Your action") == 1
    asked = "player_0" if "─ player_0 ─" in terminal.shown else "player_1"
    other = {"player_0": "player_1", "player_1": "player_0"}[asked]
    terminal.type("lever\n")
    terminal.wait_for("Your action", times=2)
    terminal.type("door\n")
    assert terminal.end() == 0
    assert terminal.actions() == {asked: "lever", other: "door"}


def test_ctrl_c_while_two_people_wait_ends_both(at_terminal):
    terminal = at_terminal(*SOLO, "--agent", "human")
    terminal.wait_for("Your action")
    terminal.interrupt()
    assert terminal.end() == 130
    assert "Traceback" not in terminal.shown


def test_the_end_of_input_is_told_on_a_line_of_its_own(at_terminal):
    terminal = at_terminal(*SOLO, *PERSON)
    terminal.wait_for("Your action")
    terminal.type("\x04")
    assert terminal.end() == 2
    lines = [line.strip() for line in terminal.shown.splitlines()]
    assert any(line.startswith("error: the input ended") for line in lines)


@pytest.mark.parametrize("odd", ["inf", "-inf", "nan", "1e400", "1e308", "9" * 400])
def test_odd_numbers_are_asked_again(odd, tmp_path):
    answers = f"{odd}\n0\n-1\n-1\n9\npositive\n0\n" + "wait\n" * 20
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.main", "play", "escape-room", *PERSON],
        input=answers,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "internal error" not in done.stderr
    assert "Please enter a number" in done.stderr
    (path,) = (tmp_path / "runs").iterdir()
    events = RunFolder.open(path).events(0)
    beliefs = [event for event in events if "beliefs" in event["data"]]
    assert {event["seat"] for event in beliefs} == {"player_0", "player_1"}
