"""SQL over runs: up to date, read-only, and blind to everything but the tables."""

import asyncio
import shutil
import signal
import threading
import time
from pathlib import Path

import duckdb
import pytest

from shapley_coop.errors import InputError
from shapley_coop.runs.store import RunFolder, run_paths
from shapley_coop.runs.tables.index import INDEX, ask_runs
from shapley_coop.simulation.run import run
from tests.fixtures.plays import configured

COUNT = "SELECT count(*) FROM episodes"


@pytest.fixture
def copy(runs_dir, tmp_path):
    folder = tmp_path / "runs"
    shutil.copytree(runs_dir, folder)
    return folder


def ask(folder, sql):
    return ask_runs(folder, sql).rows


def test_it_joins_and_counts_over_all_runs(copy):
    sql = """SELECT game, seed, avg(payoff) FROM seats JOIN runs USING (run)
             WHERE game = 'escape-room' GROUP BY ALL ORDER BY seed"""
    assert ask(copy, sql) == [("escape-room", 1, 4.5), ("escape-room", 2, 4.5)]
    assert ask(copy, COUNT) == [(8,)]


def test_the_index_follows_what_is_there(copy):
    assert ask(copy, COUNT) == [(8,)]
    first = (copy / INDEX).stat().st_mtime_ns
    assert ask(copy, COUNT) == [(8,)]
    assert (copy / INDEX).stat().st_mtime_ns == first, "nothing had changed"
    # Runs of one second are told apart by chance, so a run of three episodes is looked for.
    gone = next(
        path for path in run_paths(copy) if RunFolder.open(path).episode_count == 3
    )
    shutil.rmtree(gone)
    assert ask(copy, COUNT) == [(5,)]
    further = asyncio.run(run(configured(run={"episodes": 1, "seed": 9}), copy))
    assert ask(copy, COUNT) == [(6,)]
    (further.path / "episodes.jsonl").write_text("")
    assert ask(copy, COUNT) == [(5,)]
    (copy / INDEX).unlink()
    assert ask(copy, COUNT) == [(5,)]


@pytest.mark.parametrize("content", [b"", b"no database at all" * 1000])
def test_an_index_that_is_broken_is_made_again(copy, content):
    (copy / INDEX).write_bytes(content)
    assert ask(copy, COUNT) == [(8,)]
    assert ask(copy, COUNT) == [(8,)]


def test_an_index_of_another_schema_is_made_again(copy):
    ask(copy, COUNT)
    with duckdb.connect(str(copy / INDEX)) as connection:
        connection.execute("UPDATE meta.schema SET text = 'another'")
        connection.execute("ALTER TABLE episodes DROP COLUMN seed")
    assert ask(copy, "SELECT count(seed) FROM episodes") == [(8,)]


def test_a_run_that_cannot_be_read_hides_no_other(copy):
    (run_paths(copy)[0] / "run.json").write_text("{")
    assert ask(copy, COUNT) == [(5,)]


@pytest.mark.parametrize("damage", ["record", "line", "lost"])
def test_runs_that_are_in_no_table_are_named_each_time(copy, cli, damage):
    broken = next(
        path for path in run_paths(copy) if RunFolder.open(path).episode_count == 3
    )
    if damage == "record":
        (broken / "run.json").write_text("{")
    elif damage == "lost":
        (broken / "run.json").unlink()
    else:
        with (broken / "episodes.jsonl").open("a") as file:
            file.write("garbage\n")
    # The second answer comes from an index that is up to date.
    for _ in range(2):
        code, out, said = cli("runs", "--runs-dir", copy, "--sql", COUNT)
        assert (code, out.split()[-1]) == (0, "5")
        assert said.startswith(f"left out {broken.name}: ")
        assert len(said.splitlines()) == 1
    _, out, _ = cli("runs", "--runs-dir", copy)
    listed = [line for line in out.splitlines() if line.startswith(broken.name)]
    assert all("unreadable" in line for line in listed)


def test_a_folder_that_is_not_there_is_no_empty_one(tmp_path, cli):
    code, _, said = cli("runs", "--runs-dir", tmp_path / "rnus", "--sql", COUNT)
    assert code == 2
    assert "there is no folder" in said


def test_json_loses_no_column_and_holds_no_number_beyond_all(copy, cli):
    ask_for = ("runs", "--runs-dir", copy, "--json", "--sql")
    code, _, said = cli(*ask_for, "SELECT 1 AS a, 2 AS a")
    assert code == 2
    assert "two columns are named 'a'" in said
    code, out, _ = cli(*ask_for, "SELECT 'nan'::DOUBLE AS a, 'inf'::DOUBLE AS b")
    assert (code, out) == (0, '[{"a": null, "b": null}]\n')
    code, _, said = cli(*ask_for, "SELECT 1; SELECT 2")
    assert code == 2
    assert "the SQL is 2 questions; ask one" in said


def test_whoever_interrupts_a_long_question_has_the_terminal_back(copy):
    sql = """SELECT count(*) FROM range(1000000000) a, range(1000) b
             WHERE a.range % 7 = b.range % 5"""
    timer = threading.Timer(1.0, signal.raise_signal, [signal.SIGINT])
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            ask(copy, sql)
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < 20


def test_a_folder_that_cannot_be_written_is_asked_in_memory(copy, monkeypatch):
    def refuse(path, **_options):
        if str(path) != ":memory:":
            raise duckdb.IOException("the disk is read-only")
        return connect(path)

    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", refuse)
    assert ask(copy, COUNT) == [(8,)]
    assert not (copy / INDEX).exists()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM glob('{folder}/*')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "COPY episodes FROM '{secret}'",
        "EXPORT DATABASE '{folder}/out'",
        "ATTACH '{folder}/other.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "SELECT getenv('HOME')",
        "DROP TABLE episodes",
        "DELETE FROM episodes",
        "INSERT INTO meta.runs VALUES ('a', 'b')",
        "SELECT nothing FROM nowhere",
    ],
)
def test_sql_reaches_nothing_but_the_tables_and_changes_none(copy, tmp_path, sql):
    secret = tmp_path / "secret.csv"
    secret.write_text("key\nsk-secret\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    text = sql.format(secret=secret, folder=tmp_path)
    with pytest.raises(InputError, match="the SQL was refused"):
        ask(copy, text)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert ask(copy, COUNT) == [(8,)]


def test_the_command_prints_columns_and_json(copy, cli):
    ask_for = ("runs", "--runs-dir", copy, "--sql", COUNT)
    assert cli(*ask_for)[1].split() == ["count_star()", "8"]
    assert cli(*ask_for, "--json")[1] == '[{"count_star()": 8}]\n'
    code, _, said = cli("runs", "--runs-dir", copy, "--sql", "DROP TABLE runs")
    assert code == 2
    assert "(--sql)" in said
    code, _, said = cli("runs", "--runs-dir", copy, "--sql", " -- nothing")
    assert code == 2
    assert "the SQL is empty" in said


def test_the_tables_are_read_from_runs_alone(copy):
    folders = {RunFolder.open(path).path for path in run_paths(copy)}
    assert {
        Path(copy / name) for (name,) in ask(copy, "SELECT run FROM runs")
    } == folders
