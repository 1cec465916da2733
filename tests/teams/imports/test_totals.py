"""What logs state of tokens and costs as sums, and scores that are no single numbers."""

import json

from shapley_coop.cli.main import main
from shapley_coop.teams.imports.observed.usage import TokenUse, with_totals
from shapley_coop.teams.imports.registry import import_log
from tests.teams.imports.observed_examples import (
    agent_facts,
    answer_facts,
    atif_step,
    autogen_message,
    inspect_fields,
    otel_span,
)


def fields_of(path, name):
    return import_log(path, name).as_json()


def test_sums_stand_in_for_what_not_every_answer_states():
    parts = [TokenUse(1, 2, None, "a"), TokenUse(3, None, 0.5, "b")]
    filled = with_totals(parts, TokenUse(9, 9, 1.5, "c"))
    assert [part.prompt for part in filled] == [1, 3]
    assert sum(part.completion for part in filled) == 9
    assert sum(part.cost for part in filled) == 1.5
    assert [part.model for part in filled] == ["a", "b"]
    assert with_totals([], TokenUse()) == []


def test_a_trajectory_whose_steps_have_no_prices_costs_what_it_states(tmp_path):
    step = atif_step(2, "agent", "Done.")
    tokens = {"metrics": {"prompt_tokens": 10, "completion_tokens": 4}}
    document = {
        "schema_version": "ATIF-v1.4",
        "session_id": "s",
        "agent": {"name": "coder", "version": "1", "model_name": "small"},
        "steps": [atif_step(1, "user", "Do."), step | tokens, step | tokens],
        "final_metrics": {
            "total_prompt_tokens": 99,
            "total_completion_tokens": 99,
            "total_cost_usd": 0.37,
        },
    }
    path = tmp_path / "trajectory.json"
    path.write_text(json.dumps(document))
    coder = fields_of(path, "atif")["seats"]["coder"]
    assert coder["cost"] == 0.37
    # The steps say more closely what was sent and answered.
    assert (coder["prompt_tokens"], coder["completion_tokens"]) == (20, 8)
    assert coder["models"] == ["small"]


def trace(tmp_path, *spans):
    path = tmp_path / "spans.jsonl"
    request = {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}
    path.write_text(json.dumps(request) + "\n")
    return fields_of(path, "otel")


def test_an_agent_s_own_span_prices_answers_that_have_none(tmp_path):
    fields = trace(
        tmp_path,
        otel_span("1", "", agent_facts("coder", 40, 9) | {"gen_ai.usage.cost": 0.25}),
        otel_span("2", "1", answer_facts("a", 10, 4)),
        otel_span("3", "1", answer_facts("b", 30, 5)),
    )
    coder = fields["seats"]["coder"]
    assert (coder["prompt_tokens"], coder["completion_tokens"]) == (40, 9)
    assert coder["cost"] == 0.25


def test_a_sum_within_a_sum_counts_once(tmp_path):
    fields = trace(
        tmp_path,
        otel_span("1", "", agent_facts("coder", 40, 9)),
        otel_span("2", "1", agent_facts("coder", 40, 9)),
    )
    assert fields["seats"]["coder"]["prompt_tokens"] == 40


def test_logfire_s_name_of_a_price_and_a_mark_without_a_number(tmp_path):
    span = otel_span("1", "", agent_facts("coder", 1, 1) | {"operation.cost": 0.5})
    pairs = {
        "gen_ai.evaluation.name": "style",
        "gen_ai.evaluation.score.label": "good",
    }
    facts = [{"key": key, "value": {"stringValue": v}} for key, v in pairs.items()]
    span["events"] = [{"name": "gen_ai.evaluation.result", "attributes": facts}]
    fields = trace(tmp_path, span)
    assert fields["seats"]["coder"]["cost"] == 0.5
    assert fields["runs"][0]["scores"] == {"style": "good"}


def test_scores_of_inspect_may_be_several_or_a_truth(tmp_path):
    log = inspect_fields()
    values = {"rubric": {"clear": 1, "short": 0.5}, "passed": True, "notes": ["a", 1]}
    log["samples"][0]["scores"] = {
        label: {"value": value} for label, value in values.items()
    }
    path = tmp_path / "log.json"
    path.write_text(json.dumps(log))
    assert fields_of(path, "inspect")["runs"][0]["scores"] == {
        "rubric.clear": 1.0,
        "rubric.short": 0.5,
        "passed": 1.0,
        "notes": '["a", 1]',
    }


def test_a_chat_of_autogen_0_2_tells_what_all_took_together(tmp_path):
    model = {"cost": 0.2, "prompt_tokens": 50, "completion_tokens": 5}
    history = [{"name": "coder", "role": "assistant", "content": "Hi."}]
    cost = {"usage_excluding_cached_inference": {"total_cost": 0.2, "small": model}}
    path = tmp_path / "chat.json"
    path.write_text(json.dumps({"chat_history": history, "cost": cost}))
    log = import_log(path, "autogen")
    (run,) = log.as_json()["runs"]
    whole = {"prompt_tokens": 50.0, "completion_tokens": 5.0, "cost": 0.2}
    assert run["whole"] == whole
    assert log.as_json()["seats"]["coder"]["cost"] is None
    (part,) = log.parts
    said = " ".join(part.sentences())
    assert "50 tokens in, 5 out, 0.20 $ by all seats together" in said


def test_events_of_autogen_name_the_model(tmp_path):
    call = {
        "type": "LLMCall",
        "agent_id": "coder/1",
        "response": {"model": "small"},
        "prompt_tokens": 3,
        "completion_tokens": 2,
    }
    message = autogen_message("1", "coder", "TextMessage", "Hi.")
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, (message, call))))
    assert fields_of(path, "autogen")["seats"]["coder"]["models"] == ["small"]


def test_long_names_fit_the_terminal_and_stay_apart(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    begin = "the-senior-software-architect-and-planner-of-the-team"
    metrics = {
        "metrics": {
            "prompt_tokens": 1e6,
            "completion_tokens": 1e6,
            "cost_usd": 1,
        }
    }
    document = {
        "schema_version": "ATIF-v1.8",
        "agent": {"name": f"{begin}-one"},
        "steps": [atif_step(1, "agent", "Hi.") | metrics],
        "extra": {"payoff": 3.5},
    }
    inner = {**document, "agent": {"name": f"{begin}-two"}}
    path = tmp_path / "trajectory.json"
    path.write_text(json.dumps(document | {"subagent_trajectories": [inner]}))
    main(["import", str(path), "--format", "atif"])
    shown = capsys.readouterr().out
    table = [line for line in shown.splitlines() if "│" in line]
    assert max(map(len, table)) <= 80
    assert "team-one" in table[0]
    assert "team-two" in table[1]
