"""Exports: other programs read them, and what a format can hold is not lost."""

import asyncio
import csv
import json

import atif
import duckdb
import pytest

from shapley_coop.errors import ConfigError, InputError
from shapley_coop.runs.export.atif import read_documents
from shapley_coop.runs.export.formats import export_runs
from shapley_coop.runs.tables.schema import TABLES
from shapley_coop.simulation.run import run
from tests.cli.scripts import COUNT
from tests.fixtures.plays import configured

SCRIPTS = "tests.cli.scripts"


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    config = configured(run={"episodes": 3})
    return asyncio.run(run(config, tmp_path_factory.mktemp("rules")))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    (folder / "calls.txt").touch()
    config = configured(
        agent="llm", model={"name": f"{SCRIPTS}:Counting"}, run={"episodes": 2}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(COUNT, str(folder / "calls.txt"))
        return asyncio.run(run(config, folder / "runs"))


def documents(folder, form, out):
    assert export_runs([folder], form, out) == [out]
    return [json.loads(line) for line in out.read_text().splitlines()]


@pytest.mark.parametrize("name", ["rules", "models"])
def test_atif_is_read_by_its_own_package_and_read_back_whole(name, request, tmp_path):
    folder = request.getfixturevalue(name)
    out = tmp_path / "run.jsonl"
    for document in documents(folder, "atif", out):
        trajectory = atif.Trajectory.model_validate(document)
        assert "calls.jsonl" in trajectory.notes
        spend = document["extra"]["episode"]["spend"]
        prompts = sum(row["prompt"] for row in spend)
        assert trajectory.final_metrics.total_prompt_tokens == prompts
    episodes = list(read_documents(out))
    assert [episode.record for episode in episodes] == list(folder.episodes())
    events = [event for episode in episodes for event in episode.events]
    assert events == list(folder.events())


def test_what_is_no_export_of_atif_is_told(tmp_path):
    out = tmp_path / "run.jsonl"
    out.write_text('{"steps": []}\n')
    with pytest.raises(InputError, match=r"line 1 of .* is no episode of this project"):
        list(read_documents(out))


def test_otel_spans_of_an_episode_form_one_trace(rules, tmp_path):
    lines = documents(rules, "otel", tmp_path / "spans.jsonl")
    events = list(rules.events())
    for index, line in enumerate(lines):
        (resource,) = line["resourceSpans"]
        root, *seats = resource["scopeSpans"][0]["spans"]
        assert {span["traceId"] for span in seats} == {root["traceId"]}
        assert {span["parentSpanId"] for span in seats} == {root["spanId"]}
        assert int(root["startTimeUnixNano"]) <= int(root["endTimeUnixNano"])
        own = sum(len(span["events"]) for span in (root, *seats))
        assert own == sum(event["episode"] == index for event in events)
        assert len(root["traceId"]) == 32
        assert len(root["spanId"]) == 16


def test_trl_has_a_row_for_each_chat_with_its_reward(models, tmp_path):
    rows = documents(models, "trl", tmp_path / "rows.jsonl")
    episodes = list(models.episodes())
    assert len(rows) == sum(episode.calls for episode in episodes)
    for row in rows:
        assert row["prompt"][0]["role"] == "system"
        assert [message["role"] for message in row["completion"]] == ["assistant"]
        assert row["reward"] == episodes[row["episode"]].payoffs[row["seat"]]


def test_verifiers_nodes_lead_from_each_answer_to_a_root(models, tmp_path):
    traces = documents(models, "verifiers", tmp_path / "traces.jsonl")
    assert len(traces) == 4
    for trace in traces:
        nodes = trace["nodes"]
        answers = [i for i, node in enumerate(nodes) if node.get("sampled")]
        assert answers == [call["node"] for call in trace["calls"]]
        for index in answers:
            path = [index]
            while (parent := nodes[path[-1]]["parent"]) is not None:
                assert parent < path[-1]
                path.append(parent)
            assert len(path) > 1
            assert nodes[path[-1]]["message"]["role"] == "system"


def test_inspect_has_a_sample_for_each_seat(models, tmp_path):
    out = tmp_path / "log.json"
    export_runs([models], "inspect", out)
    log = json.loads(out.read_text())
    assert log["status"] == "success"
    assert [sample["id"] for sample in log["samples"]] == [
        f"{episode}/player_{seat}" for episode in range(2) for seat in range(2)
    ]
    episodes = list(models.episodes())
    for sample in log["samples"]:
        index, seat = sample["id"].split("/")
        payoff = episodes[int(index)].payoffs[seat]
        assert sample["scores"]["payoff"]["value"] == payoff
    with pytest.raises(ConfigError, match="holds one run, not 2"):
        export_runs([models, models], "inspect", out)


@pytest.mark.parametrize("form", ["trl", "verifiers", "inspect"])
def test_a_run_without_chats_has_none_to_export(rules, tmp_path, form):
    out = tmp_path / "out"
    with pytest.raises(InputError, match="holds no chat with a model"):
        export_runs([rules], form, out)
    assert not list(tmp_path.iterdir())


def test_parquet_and_csv_hold_the_same_tables(rules, models, tmp_path):
    runs = [rules, models]
    files = export_runs(runs, "parquet", tmp_path / "parquet")
    assert [file.stem for file in files] == list(TABLES)
    export_runs(runs, "csv", tmp_path / "csv")
    for name in TABLES:
        path = tmp_path / "csv" / f"{name}.csv"
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file))
        sql = f"SELECT * FROM '{tmp_path}/parquet/{name}.parquet'"
        with duckdb.connect(":memory:") as connection:
            answer = connection.execute(sql)
            columns = [column[0] for column in answer.description]
            stored = answer.fetchall()
        assert columns == header
        as_text = [
            ["" if cell is None else str(cell) for cell in row] for row in stored
        ]
        assert as_text == rows


def test_one_table_goes_to_one_file(rules, tmp_path):
    out = tmp_path / "steps.csv"
    assert export_runs([rules], "csv", out, "steps") == [out]
    assert out.read_text().startswith("run,episode,step,seat,action")
    with pytest.raises(ConfigError, match="unknown table 'step'"):
        export_runs([rules], "csv", out, "step")
    with pytest.raises(ConfigError, match="atif has no tables"):
        export_runs([rules], "atif", out, "steps")


def test_the_command_names_what_it_wrote(done_run, cli):
    code, out, _ = cli(
        "export", done_run, "--to", "atif", "--out", "run.jsonl", "--json"
    )
    assert code == 0
    assert json.loads(out) == {"files": ["run.jsonl"]}
    code, _, said = cli("export", done_run, "--to", "trl", "--out", "rows.jsonl")
    assert code == 2
    assert "(--to)" in said
