"""What a person sees while a run goes on: a bar on a terminal, nothing elsewhere."""

import io
import sys

from shapley_coop.cli.progress import progress
from shapley_coop.runs.store import Event
from tests.fixtures.plays import configured


class Terminal(io.StringIO):
    """Standard error that claims to be a terminal."""

    def isatty(self):
        return True


def event(kind, seat=None):
    return Event(
        episode=0, kind=kind, phase="play", round=None, seat=seat, time=0.0, data={}
    )


def test_a_bar_follows_the_episodes_and_shows_hostile_names_plainly(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with progress(configured(), quiet=False) as listen:
        listen(event("credit"))
        listen(
            event("act", "[red]x[/]\x1b[2J")
        )  # the last one is drawn when the bar ends
    shown = screen.getvalue()
    assert "[red]x[/] acts" in shown
    assert "\x1b[2J" not in shown
    assert "1/1" in shown


def test_nothing_is_shown_to_pipes_to_the_quiet_and_beside_a_person(monkeypatch):
    with progress(configured(), quiet=False) as listen:
        assert listen is None
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress(configured(), quiet=True) as listen:
        assert listen is None
    with progress(configured(seats={"player_0": "human"}), quiet=False) as listen:
        assert listen is None
