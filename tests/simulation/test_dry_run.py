"""What a run would ask: nothing is played where no model sits, and nothing unplayable is priced."""

import asyncio
import sys

import pytest

from shapley_coop.cli.view.progress import watch_forecast
from shapley_coop.cli.view.study_bar import progress_text
from shapley_coop.errors import InputError
from shapley_coop.simulation import dry_run
from shapley_coop.studies.cells import StudyCell
from shapley_coop.studies.forecast import foresee
from shapley_coop.studies.progress import StudyProgress
from tests.cli.test_progress import Terminal, event
from tests.fixtures.plays import configured


@pytest.fixture
def played(monkeypatch):
    """Return the numbers of the episodes that are played to foresee a run."""
    numbers = []
    play = dry_run.Worker.episode

    async def noted(worker, index, recorder):
        numbers.append(index)
        return await play(worker, index, recorder)

    monkeypatch.setattr(dry_run.Worker, "episode", noted)
    return numbers


def test_rules_ask_nothing_and_are_not_played_to_say_so(played):
    config = configured(agent="rational", run={"episodes": 50})
    found = asyncio.run(dry_run.estimate(config))
    assert (found.episodes, found.models, played) == (50, {}, [])
    assert found.text() == "episodes: 50\n  no model is asked"


def test_a_model_at_one_seat_is_played_with_made_up_answers(played):
    config = configured(
        agent="rational", seats={"player_1": "scripted"}, run={"episodes": 50}
    )
    found = asyncio.run(dry_run.estimate(config))
    assert list(found.models) == ["scripted"]
    assert played == [0, 1, 2]


@pytest.mark.parametrize(
    "fields",
    [
        {"agent": "nobody"},
        {"seats": {"player_9": "rational"}},
        {"game": {"id": "raid"}, "worth": {"kind": "oracle"}},
    ],
)
def test_rules_that_cannot_be_played_are_refused(played, fields):
    config = configured(**({"agent": "rational"} | fields))
    with pytest.raises(InputError):
        asyncio.run(dry_run.estimate(config))
    assert played == []


def test_whoever_waits_hears_of_a_study_before_anything_is_played(played):
    heard = []

    def listen(progress):
        counts = (progress.cells_ended, progress.episodes_ended, progress.episodes)
        heard.append((*counts, len(played)))

    cells = []
    for agent, episodes in (("scripted", 50), ("rational", 50), ("scripted", 2)):
        config = configured(agent=agent, run={"episodes": episodes})
        cells.append(StudyCell(config, {}))
    # The first once more is the same cell, which would be played once.
    plan = asyncio.run(foresee([*cells, cells[0]], listen))
    assert len(plan.cells) == 3
    assert heard[0] == (0, 0, 5, 0)
    assert [ended for ended, *_ in heard] == [0, 0, 0, 0, 1, 2, 2, 2, 3]
    assert [plays for _, plays, *_ in heard] == [0, 1, 2, 3, 3, 3, 4, 5, 5]


def test_a_dry_run_moves_the_bar_of_a_run_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    config = configured(agent="scripted", run={"episodes": 50})
    with watch_forecast(config, quiet=False) as listen:
        asyncio.run(dry_run.estimate(config, listen))
        # What the bar shows last is drawn when it ends.
        listen(event("act", "player_1"))
    assert "player_1 acts" in sys.stderr.getvalue()
    assert "3/3" in sys.stderr.getvalue()
    assert capsys.readouterr().out == ""
    with watch_forecast(config, quiet=True) as listen:
        assert listen is None


def test_a_slow_study_has_a_pace_that_is_not_nothing():
    progress = StudyProgress(cells=2, episodes=40, episodes_ended=4, episodes_now=4)
    for elapsed, pace in ((2, "2.0 a second"), (60, "4.0 a minute"), (480, "an hour")):
        progress.began -= elapsed
        assert pace in progress_text(progress)
        progress.began += elapsed
