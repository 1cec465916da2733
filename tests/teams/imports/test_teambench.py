"""Role ablations of TeamBench: credit, its intervals and n, and which retries count."""

import json

import pytest

from shapley_coop.runs.intervals import mean_interval
from shapley_coop.teams.imports.registry import import_log
from tests.teams.imports.examples import role_run, teambench


def models(path):
    return import_log(path, "teambench").as_json()["models"]


def test_credit_is_the_mean_over_whole_tasks(tmp_path):
    said = models(teambench(tmp_path / "log"))["acme-1"]
    # Within a task: the mean of what a member adds alone and beside the other.
    planner = [(0.4 + 0.6) / 2, (0.2 + 0.2) / 2]
    verifier = [(0.1 + 0.3) / 2, (0.1 + 0.1) / 2]
    assert said["values"] == pytest.approx({"planner": 0.35, "verifier": 0.15})
    assert said["interval"]["planner"] == pytest.approx(mean_interval(planner))
    assert said["interval"]["verifier"] == pytest.approx(mean_interval(verifier))
    assert said["n"] == {"nobody": 2, "planner": 2, "verifier": 2, "everyone": 2}
    assert said["recorded"] == {"nobody": 3, "planner": 2, "verifier": 2, "everyone": 3}
    assert (said["tasks"], said["tasks_left_out"]) == (2, 1)
    assert sum(said["values"].values()) == pytest.approx(
        said["means"]["everyone"] - said["means"]["nobody"]
    )


def test_unequal_numbers_of_runs_weigh_every_task_alike(tmp_path):
    path = teambench(tmp_path / "log")
    before = models(path)["acme-1"]
    data = json.loads(path.read_text())
    data["runs"] += [role_run("sort", "full", 0.9, seed) for seed in range(1, 9)]
    path.write_text(json.dumps(data))
    after = models(path)["acme-1"]
    assert after["values"] == pytest.approx(before["values"])
    assert after["n"]["everyone"] == 10


def test_the_first_run_without_an_error_counts(tmp_path):
    path = teambench(tmp_path / "log")
    data = json.loads(path.read_text())
    failed = role_run("sort", "full", 0.0, error="503 UNAVAILABLE")
    data["runs"] = [failed, *data["runs"], role_run("sort", "full", 0.1)]
    path.write_text(json.dumps(data))
    retry = {"model": "acme-1", "runs": [role_run("plot", "team_no_plan", 0.2)] * 2}
    (path.parent / "retry.json").write_text(json.dumps(retry))
    said = models(path.parent)["acme-1"]
    assert said["values"] == pytest.approx({"planner": 0.35, "verifier": 0.15})
    assert (said["errors"], said["repeated"]) == (1, 2)
    assert said["recorded"]["verifier"] == 3


def test_a_model_without_all_conditions_is_left_out_and_said(tmp_path):
    path = teambench(tmp_path / "log")
    partial = {"model": "half", "runs": [role_run("sort", "full", 1.0)]}
    (path.parent / "half.json").write_text(json.dumps(partial))
    (path.parent / "broken.json").write_text("{")
    log = import_log(path.parent, "teambench")
    assert set(log.as_json()["models"]) == {"acme-1"}
    assert any("half" in line for line in log.left_out)
    assert any("broken.json" in line for line in log.left_out)
    assert set(log.impossible) == {"oracle", "realised", "replay", "belief", "forecast"}
