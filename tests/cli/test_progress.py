"""What a person sees while a run goes on: a bar over several episodes, on a terminal alone."""

import io
import sys

from shapley_coop.cli.view.progress import watch
from shapley_coop.runs.store import Event
from tests.fixtures.plays import configured


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self):
        return True


def event(kind, seat=None):
    return Event(
        episode=0, kind=kind, phase="play", round=None, seat=seat, time=0.0, data={}
    )


def several(**tables):
    return configured(run={"episodes": 2}, **tables)


def test_a_bar_follows_the_episodes_and_shows_hostile_names_plainly(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with watch(several(), quiet=False) as view:
        view.listen(event("credit"))
        view.listen(
            event("act", "[red]x[/]\x1b[2J")
        )  # the last one is drawn when the bar ends
    shown = screen.getvalue()
    assert "[red]x[/] acts" in shown
    assert "\x1b[2J" not in shown
    assert "1/2" in shown
    assert not view.told


def test_nothing_is_shown_to_pipes_to_the_quiet_and_beside_a_person(monkeypatch):
    with watch(several(), quiet=False) as view:
        assert view.listen is None
    monkeypatch.setattr(sys, "stderr", Terminal())
    for config in (several(), configured()):
        with watch(config, quiet=True) as view:
            assert view.listen is None
    # A person must not read what the others think.
    person = {"player_0": "human"}
    for config in (several(seats=person), configured(seats=person)):
        with watch(config, quiet=False) as view:
            assert view.listen is None
