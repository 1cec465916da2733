"""A reproduction reads what it shows once."""

import asyncio
from collections import Counter

import pytest

from shapley_coop.runs.store import RunFolder
from shapley_coop.studies.paper import escape_room, reproduction
from shapley_coop.studies.paper.configurations import Seating
from shapley_coop.studies.playing import play_cells
from shapley_coop.studies.results import StudyResult, result_tables


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reproduced")
    cells = escape_room.cells(Seating("rational", "selfish"), 2, 0)
    return StudyResult("room", folder, asyncio.run(play_cells(cells, folder)))


@pytest.fixture
def readings(monkeypatch):
    """Return how often the episodes of each run are read."""
    counts = Counter()
    read = RunFolder.episodes

    def noted(folder):
        counts[folder.path.name] += 1
        return read(folder)

    monkeypatch.setattr(RunFolder, "episodes", noted)
    return counts


def test_every_run_is_read_and_estimated_once(result, readings, monkeypatch):
    asked = []
    estimates = reproduction.estimates_of
    monkeypatch.setattr(
        reproduction, "estimates_of", lambda plays: asked.append(1) or estimates(plays)
    )
    shown = escape_room.reproduce(result)
    assert shown.as_json()["configurations"]
    assert shown.all_tables()
    assert set(readings.values()) == {1}
    assert len(asked) == len(readings) == len(result.outcomes)


def test_a_sweep_is_read_once_whatever_is_shown_of_it(result, readings):
    result.write()
    result_tables(result)
    assert result.as_json()["groups"]
    assert result.spending.seconds > 0
    assert set(readings.values()) == {1}


def test_a_study_that_is_played_again_reads_each_run_once(result, readings):
    cells = [outcome.cell for outcome in result.outcomes]
    asyncio.run(play_cells(cells, result.folder))
    assert set(readings.values()) == {1}
