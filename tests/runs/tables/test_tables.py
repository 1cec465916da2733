"""Tables of runs: what they hold is what the records hold, in every form."""

import json
import math

import pandas as pd
import polars as pl
import pytest

import shapley_coop as sc
from shapley_coop.errors import ConfigError
from shapley_coop.runs.statistics.measures import MEASURE_BY_NAME
from shapley_coop.runs.store import RunFolder, run_paths
from shapley_coop.runs.tables.extract import episode_lines, table_lines
from shapley_coop.runs.tables.frames import frame_of
from shapley_coop.runs.tables.schema import TABLES, table_columns


@pytest.fixture
def folder(runs_dir):
    return RunFolder.open(run_paths(runs_dir)[0])


def test_the_lines_hold_what_the_records_hold(folder):
    lines = {name: [] for name in TABLES}
    for name, line in table_lines(folder):
        lines[name].append(line)
    episodes = list(folder.episodes())
    assert [line.episode for line in lines["episodes"]] == [0, 1, 2]
    for line in lines["seats"]:
        episode = episodes[line.episode]
        column = episode.columns[line.seat]
        assert line.payoff == episode.payoffs[line.seat]
        assert line.measured == column.measured
        assert line.claimed == column.claimed
        assert line.agent == "rational"
    paid = sum(line.amount for line in lines["transfers"])
    micro = sum(t.micro for episode in episodes for t in episode.transfers)
    assert paid == pytest.approx(micro / 1e6)
    values = {(c.episode, c.coalition): c.value for c in lines["coalitions"]}
    for episode in episodes:
        for coalition, value in episode.credit.coalitions.items():
            assert values.pop((episode.index, coalition)) == value
    assert not values
    (run,) = lines["runs"]
    assert json.loads(run.config) == folder.config.model_dump(mode="json")
    assert run.recorded == 3


@pytest.mark.parametrize("name", list(TABLES))
def test_every_column_has_a_type_and_a_meaning(name):
    for column in table_columns(TABLES[name]):
        assert column.type in (bool, int, float, str)
        assert column.meaning.endswith("."), column.name


@pytest.mark.parametrize("name", list(TABLES))
def test_frames_have_the_same_columns_whether_there_are_lines_or_not(folder, name):
    run = sc.open(folder.path)
    columns = [column.name for column in table_columns(TABLES[name])]
    frame = run.table(name, "pandas")
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == columns
    other = run.table(name, "polars")
    assert isinstance(other, pl.DataFrame)
    assert other.columns == columns
    records = run.table(name, "records")
    assert [line.model_dump() for line in records] == other.to_dicts()
    assert len(frame) == len(records)


def test_without_pandas_and_polars_there_are_records(folder, monkeypatch):
    monkeypatch.setattr("shapley_coop.runs.tables.frames.find_spec", lambda _name: None)
    run = sc.open(folder.path)
    assert run.table() == run.table("seats", "records")
    with pytest.raises(ConfigError, match="pip install polars"):
        run.table("seats", "polars")


def test_welfare_is_what_seats_hold_and_nobody_knows_of_a_cut_play(folder):
    *_, episode = folder.episodes()
    moved = dict.fromkeys(episode.seats, 100.0)
    kept = episode.model_copy(update={"payoffs": moved})
    cut = episode.model_copy(update={"status": "limit", "payoffs": {}, "raw": {}})
    lines = dict(episode_lines(folder, kept))
    assert lines["episodes"].welfare == MEASURE_BY_NAME["welfare"].value(kept) == 200
    assert dict(episode_lines(folder, cut))["episodes"].welfare is None


@pytest.mark.parametrize("beyond", [math.inf, -math.inf, math.nan])
def test_no_form_of_a_table_holds_a_number_beyond_all(folder, beyond):
    (episode, *_) = folder.episodes()
    values = dict.fromkeys(episode.credit.coalitions, beyond)
    credit = episode.credit.model_copy(update={"coalitions": values})
    moved = episode.model_copy(update={"credit": credit})
    lines = [
        line for name, line in episode_lines(folder, moved) if name == "coalitions"
    ]
    assert lines
    for form in ("records", "pandas", "polars"):
        table = frame_of(TABLES["coalitions"], lines, form)
        if form == "records":
            assert [line.value for line in table] == [None] * len(lines)
        else:
            cells = list(table["value"])
            assert all(cell is None or math.isnan(cell) for cell in cells)


def test_a_form_that_does_not_exist_is_told(folder):
    with pytest.raises(ConfigError, match="known: pandas, polars, records"):
        sc.open(folder.path).table("episodes", "x")


def test_a_table_that_does_not_exist_is_told(folder):
    with pytest.raises(ConfigError, match="unknown table 'seat'; did you mean 'seats'"):
        sc.open(folder.path).table("seat")
