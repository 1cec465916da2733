"""Exported files: whole or not there, in places that can be written, by one list of names."""

import asyncio
import json
from pathlib import Path
from typing import get_args

import pytest

from shapley_coop.cli.runs.export import FORMATS, STUDY
from shapley_coop.errors import RunFolderError, StorageError
from shapley_coop.runs.export import flat
from shapley_coop.runs.export.formats import ExportFormat, export_runs
from shapley_coop.simulation.run import run
from shapley_coop.studies.results import FILE
from tests.fixtures.plays import configured


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    config = configured(run={"episodes": 2})
    return asyncio.run(run(config, tmp_path_factory.mktemp("played")))


def test_the_command_offers_every_format():
    assert get_args(ExportFormat) == FORMATS
    assert STUDY == FILE


@pytest.mark.parametrize("form", ["csv", "parquet", "atif", "otel"])
def test_a_folder_that_is_not_there_is_told(played, form, tmp_path):
    out = tmp_path / "absent" / f"run.{form}"
    with pytest.raises(StorageError, match="cannot write"):
        export_runs([played], form, out)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_table_that_is_cut_leaves_what_was_there(played, form, tmp_path, monkeypatch):
    out = tmp_path / f"seats.{form}"
    out.write_text("before")

    def torn(runs):
        yield from list(lines(runs))[:3]
        raise RunFolderError("the folder is corrupt")

    lines = flat._lines
    monkeypatch.setattr(flat, "_lines", torn)
    with pytest.raises(RunFolderError):
        export_runs([played], form, out)
    assert out.read_text() == "before"
    assert list(tmp_path.iterdir()) == [out]


def test_a_star_names_the_result_of_a_study_too(cli):
    assert cli("tournament", "escape-room", "rational", "selfish", "-n", 1)[0] == 0
    folder = "runs/tournament-escape-room"
    code, out, _ = cli("runs", "--runs-dir", folder)
    names = [f"{folder}/{line.split()[0]}" for line in out.splitlines()]
    code, _, said = cli(
        "export", *names, f"{folder}/study.json", "--to", "csv", "--out", "x.csv"
    )
    assert (code, said) == (0, "")
    code, _, said = cli("export", f"{folder}/study.json", "--to", "csv", "--out", "y")
    assert code == 2
    assert "name the runs beside it" in said


@pytest.mark.parametrize("spelling", ["same", "dots", "absolute", "id", "link"])
def test_a_run_that_is_named_twice_is_written_once(cli, spelling):
    _, out, _ = cli("play", "escape-room", "--agent", "rational", "--json")
    run = Path(json.loads(out)["run"])
    Path("linked").symlink_to(run.absolute())
    again = {
        "same": f"./{run}",
        "dots": f"{run}/../{run.name}",
        "absolute": run.absolute(),
        "id": run.name,
        "link": "linked",
    }
    code, _, _ = cli(
        "export", run, again[spelling], "--to", "csv", "--out", "seats.csv"
    )
    assert code == 0
    assert len(Path("seats.csv").read_text().splitlines()) == 3
