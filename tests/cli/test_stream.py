"""The transcript of a single episode, told while it is played, and not a second time."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from shapley_coop.cli.play import _until_stopped
from shapley_coop.cli.view.stream import Stream
from shapley_coop.runs.store import Event, RunFolder

PLAY = ("play", "escape-room", "--agent", "rational")
HEAD = "played by rational"


def event(kind, seat=None, phase="task", round_=1, **data):
    return Event(
        episode=0,
        kind=kind,
        phase=phase,
        round=round_,
        seat=seat,
        time=0.0,
        data=data,
    )


def move(seat, kind, say=""):
    return event("say", seat, move={"kind": kind, "say": say})


def screen(**options):
    file = StringIO()
    return file, Console(file=file, width=80, color_system=None, **options)


def test_a_line_is_there_as_soon_as_it_was_said():
    file, console = screen()
    with Stream(console, "room").open() as stream:
        assert file.getvalue() == ""
        stream.listen(event("view", "ann"))
        assert "room" in file.getvalue()
        stream.listen(move("ann", "accept", "Fine."))
        assert "ann accepts  “Fine.”" in file.getvalue()
        stream.listen(event("act", "ann", "play", None, step=0, action="door"))
        assert "door" not in file.getvalue()
        stream.listen(event("reward", None, "play", None, step=0, rewards={"ann": 10}))
        assert "step 0: ann door (+10.00)" in file.getvalue()
        stream.listen(move("ann", "wait"))
    text = file.getvalue()
    assert "ann waits" in text
    assert text.count("Before play") == 1
    assert (
        text.index("Before play") < text.index("Play\n") < text.index("Before step 1")
    )


def test_a_terminal_says_who_is_thinking_and_shows_hostile_text_plainly(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    file, console = screen(force_terminal=True)
    with Stream(console, "room").open() as stream:
        stream.listen(event("view", "[red]x[/]\x1b[2J"))
        stream.listen(event("view", "bob"))
        # The last line is drawn ten times a second, or later where the machine is busy.
        until = time.monotonic() + 60
        while "bob are thinking" not in file.getvalue() and time.monotonic() < until:
            time.sleep(0.05)
        stream.listen(move("[red]x[/]\x1b[2J", "accept", "[b]\x1b]0;t\x07"))
    shown = file.getvalue()
    assert "[red]x[/] and bob are thinking" in shown
    assert "[red]x[/] accepts  “[b]”" in shown
    assert "\x1b]0" not in shown
    assert "\x1b[2J" not in shown


def test_a_stream_without_unicode_gets_plain_lines():
    file, console = screen()
    console.file = type("Plain", (StringIO,), {"encoding": "ascii"})()
    with Stream(console, "room").open() as stream:
        stream.listen(move("ann", "accept", "Fine."))
    assert 'ann accepts  "Fine."' in console.file.getvalue()
    assert console.file.getvalue().isascii()
    assert file.getvalue() == ""


def test_a_single_episode_is_told_once(cli):
    code, out, err = cli(*PLAY)
    assert (code, err) == (0, "")
    assert out.count("player_0 offers") == 2  # before play, and for the division
    assert out.index(HEAD) < out.index("player_0 offers") < out.index("Outcome")
    report = out[out.index("Outcome") :]
    for part in ("Credit", "Contract", "Ledger", "Stability"):
        assert part in report
    assert "offers" not in report


def test_broken_promises_stay_in_the_report_of_an_episode_that_was_told(cli):
    code, out, _ = cli(*PLAY, "--seat", "player_1=breaker")
    assert code == 0
    report = " ".join(out[out.index("Outcome") :].split())
    assert "Breaches player_1 did not act as promised" in report
    assert "breaches 1 (player_1 1)" in report
    assert "offers" not in report


def test_quiet_leaves_the_transcript_to_the_report(cli):
    code, out, _ = cli(*PLAY, "--quiet")
    assert code == 0
    assert HEAD not in out
    assert out.index("Outcome") < out.index("player_0 offers")
    assert out.count("Before play") == 1


def test_scripts_and_runs_of_several_episodes_are_told_nothing(cli):
    _, out, _ = cli(*PLAY, "--json")
    assert len(out.splitlines()) == 1
    run = json.loads(out)["run"]
    code, out, _ = cli(*PLAY, "-n", 2)
    assert code == 0
    assert HEAD not in out
    assert out.index("Outcome") < out.index("player_0 offers")
    # A run that is done is not played, so the report must tell it.
    code, out, _ = cli("resume", run)
    assert HEAD not in out
    assert "player_0 offers" in out
    code, out, _ = cli("report", run)
    assert "player_0 offers" in out


def test_a_run_that_was_cut_is_told_when_it_goes_on(cli, tmp_path):
    _, out, _ = cli(*PLAY, "--json")
    run = Path(json.loads(out)["run"])
    manifest = json.loads((run / "run.json").read_text())
    manifest |= {"status": "cancelled", "totals": {}}
    (run / "run.json").write_text(json.dumps(manifest))
    for name in ("events.jsonl", "episodes.jsonl"):
        (run / name).write_text("")
    code, out, _ = cli("resume", run)
    assert code == 0
    assert out.index(HEAD) < out.index("player_0 offers") < out.index("Outcome")
    assert RunFolder.open(run).manifest.status == "done"


def test_who_interrupts_reads_at_once_that_the_run_ends(capsys):
    cleaned = []

    async def work():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cleaned.append(capsys.readouterr().err)
            raise

    async def interrupt():
        task = asyncio.create_task(_until_stopped(work()))
        await asyncio.sleep(0.01)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupt())
    assert cleaned == ["stopping …\n"]


def in_background(folder, *arguments):
    """Start Python in a folder, its output to be read through pipes."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_lines_reach_a_pipe_while_the_episode_goes_on(tmp_path):
    code = (
        "import asyncio, sys\n"
        "from shapley_coop.agents.rules.rational import Rational\n"
        "async def act(self, view):\n"
        "    await asyncio.sleep(60)\n"
        "Rational.act = act\n"
        "from shapley_coop.cli.main import main\n"
        "main(['play', 'escape-room', '--agent', 'rational'])\n"
    )
    with in_background(tmp_path, "-c", code) as playing:
        told = []
        for line in playing.stdout:
            told.append(line)
            if "signed by" in line:
                break
        assert playing.poll() is None, "the seats are still thinking about their acts"
        playing.send_signal(signal.SIGINT)
        playing.stdout.read()
    assert any(HEAD in line for line in told)
    assert playing.returncode == 130


def test_whoever_stops_reading_does_not_stop_the_run(tmp_path):
    with in_background(tmp_path, "-m", "shapley_coop", *PLAY) as playing:
        assert HEAD in playing.stdout.readline()
        playing.stdout.close()
        assert playing.stderr.read() == ""
    assert playing.returncode == 0
    (run,) = (tmp_path / "runs").iterdir()
    assert RunFolder.open(run).manifest.status == "done"
