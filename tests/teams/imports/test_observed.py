"""Observed runs: who spoke, who acted, what that cost, and nothing that the log does not state."""

import json
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from shapley_coop.errors import InputError
from shapley_coop.teams.imports.registry import import_log
from tests.teams.imports.observed_examples import (
    CODE,
    OBSERVED,
    agent_facts,
    answer_facts,
    atif_step,
    autogen_message,
    inspect_archive,
    otel_span,
)

# Only these formats have a place for what an answer cost.
PRICED = ("atif", "otel", "chatdev")


def fields_of(path, name=None):
    return import_log(path, name).as_json()


@pytest.mark.parametrize("name", list(OBSERVED))
def test_who_said_and_did_what(name, tmp_path):
    fields = fields_of(OBSERVED[name](tmp_path / "log"))
    assert fields["format"] == name
    (run,) = fields["runs"]
    said = [(one["seat"], one["text"].strip()) for one in run["messages"]]
    assert said == [("planner", "Plan it."), ("coder", CODE.strip())]
    done = [(one["seat"], one["name"]) for one in run["actions"]]
    assert done == ([] if name == "chatdev" else [("coder", "ls")])
    planner, coder = fields["seats"]["planner"], fields["seats"]["coder"]
    assert (planner["prompt_tokens"], planner["completion_tokens"]) == (10, 4)
    assert (coder["prompt_tokens"], coder["completion_tokens"]) == (30, 9)
    assert coder["cost"] == (0.02 if name in PRICED else None)
    assert planner["cost"] is None
    assert planner["payoff"] is None
    assert run["contracts"] == []


@pytest.mark.parametrize("name", list(OBSERVED))
def test_work_is_shared_only_as_it_is_told(name, tmp_path):
    fields = fields_of(OBSERVED[name](tmp_path / "log"))
    assert fields["work"]["coder"]["code"] == 2
    if name == "chatdev":
        # A speech of the phase in which demands are analysed is a decision.
        assert fields["work"]["planner"]["decisions"] == 1
        assert 0 < fields["evidence"]["planner"] < fields["evidence"]["coder"]
    else:
        assert fields["evidence"] == {"planner": 0.0, "coder": 1.0}
    assert sum(fields["evidence"].values()) == pytest.approx(1)


@pytest.mark.parametrize("name", list(OBSERVED))
def test_nothing_values_the_coalitions_of_an_observed_run(name, tmp_path):
    impossible = fields_of(OBSERVED[name](tmp_path / "log"))["impossible"]
    kinds = {"oracle", "realised", "replay", "rollout", "belief", "forecast"}
    assert set(impossible) == kinds


def test_without_work_there_are_no_shares(tmp_path):
    path = tmp_path / "result.json"
    messages = [autogen_message("1", "planner", "TextMessage", "Plan it.")]
    path.write_text(json.dumps({"messages": messages, "stop_reason": None}))
    log = import_log(path, "autogen")
    assert log.as_json()["evidence"] is None
    assert "no work is told" in " ".join(log.parts[0].sentences())


def test_a_price_that_is_missing_leaves_no_sum(tmp_path):
    answers = [
        otel_span("1", "", agent_facts("planner", 1, 1)),
        otel_span("2", "1", answer_facts("a", 3, 1, 0.5)),
        otel_span("3", "1", answer_facts("b", 4, 1)),
    ]
    path = tmp_path / "spans.json"
    path.write_text(
        json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": answers}]}]})
    )
    seat = fields_of(path, "otel")["seats"]["planner"]
    assert seat["cost"] is None
    # The agent's own span sums up what is counted already.
    assert seat["prompt_tokens"] == 7


def test_spans_whose_parents_form_a_circle_belong_to_nobody(tmp_path):
    circle = [otel_span("1", "2", answer_facts("a", 1, 1)), otel_span("2", "1", {})]
    owned = otel_span("3", "", agent_facts("planner", 2, 1))
    path = tmp_path / "spans.json"
    spans = [*circle, owned]
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}))
    assert list(fields_of(path, "otel")["seats"]) == ["planner"]


def test_printed_spans_are_read_one_after_another(tmp_path):
    path = tmp_path / "printed.json"
    spans = [
        {
            "name": "invoke_agent planner",
            "context": {"trace_id": "t", "span_id": "1"},
            "parent_id": None,
            "attributes": agent_facts("planner", 2, 1),
        },
        {
            "name": "chat",
            "context": {"trace_id": "t", "span_id": "2"},
            "parent_id": "1",
            "attributes": answer_facts("Plan it.", 2, 1),
        },
    ]
    path.write_text("\n".join(json.dumps(span, indent=4) for span in spans))
    assert fields_of(path)["seats"]["planner"]["messages"] == 1


def test_agents_of_one_program_are_told_apart(tmp_path):
    def trajectory(key, inner):
        return {
            "schema_version": "ATIF-v1.7",
            "trajectory_id": key,
            "agent": {"name": "coder", "version": "1"},
            "steps": [atif_step(1, "agent", f"I am {key}.")],
            "subagent_trajectories": inner,
        }

    path = tmp_path / "trajectory.json"
    path.write_text(json.dumps(trajectory("a", [trajectory("b", [])])))
    assert list(fields_of(path)["seats"]) == ["coder", "coder 2"]


def test_events_of_autogen_tell_a_message_once(tmp_path):
    message = autogen_message("1", "planner", "TextMessage", "Plan it.", (10, 4))
    event = {
        "type": "Message",
        "payload": json.dumps({"message": message}),
        "delivery_stage": "DeliveryStage.SEND",
    }
    call = {
        "type": "LLMCall",
        "agent_id": "planner_12345678-1234-1234-1234-123456789abc/x",
        "prompt_tokens": 10,
        "completion_tokens": 4,
        "messages": [{"role": "user", "name": "user", "content": "Sort it."}],
    }
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in (call, event, event)))
    fields = fields_of(path)
    assert fields["seats"]["planner"]["messages"] == 1
    assert fields["seats"]["planner"]["prompt_tokens"] == 10
    path.write_text(json.dumps(call))
    assert fields_of(path)["seats"]["planner"]["prompt_tokens"] == 10


def test_chats_of_autogen_0_2_have_names(tmp_path):
    call = {"function": {"name": "ls", "arguments": "{}"}}
    chat = [
        {"role": "user", "name": "user", "content": "Sort it."},
        {"role": "assistant", "name": "coder", "content": CODE, "tool_calls": [call]},
    ]
    path = tmp_path / "chat.json"
    path.write_text(json.dumps({"chat_history": chat, "cost": {}}))
    coder = fields_of(path)["seats"]["coder"]
    assert (coder["messages"], coder["actions"]) == (1, 1)


def test_an_archive_of_inspect_says_what_its_json_says(tmp_path):
    whole = fields_of(OBSERVED["inspect"](tmp_path / "log"))
    packed = fields_of(inspect_archive(tmp_path / "log.eval"))
    assert packed["runs"] == whole["runs"]
    assert whole["runs"][0]["scores"] == {"judge": 1.0, "grade": "C"}


def test_an_archive_that_explodes_is_not_unpacked(tmp_path):
    path = tmp_path / "log.eval"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", "{}")
        archive.writestr("samples/1.json", b"[" + b" " * 80_000_000)
    assert path.stat().st_size < 200_000
    with pytest.raises(InputError, match="comes to more bytes than are read"):
        import_log(path)


def test_what_only_newer_pythons_unpack_is_told(tmp_path):
    path = inspect_archive(tmp_path / "log.eval")
    # Method 93 is Zstandard, in which Inspect writes by default.
    data = path.read_bytes()
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        place = data.find(mark)
        while place >= 0:
            data = data[: place + at] + b"\x5d\x00" + data[place + at + 2 :]
            place = data.find(mark, place + 4)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"inspect log convert|cannot be read"):
        import_log(path, "inspect")


def test_more_names_than_seats_are_no_seats(tmp_path):
    path = tmp_path / "chat.json"
    chat = [{"role": "assistant", "name": f"n{i}", "content": "a"} for i in range(1001)]
    path.write_text(json.dumps(chat))
    with pytest.raises(InputError, match="more than 1,000 seats"):
        import_log(path, "autogen")


def test_a_number_beyond_floats_is_refused_wherever_it_stands(tmp_path):
    path = OBSERVED["atif"](tmp_path / "log")
    spoiled = path.read_text().replace('"arguments": {}', '"arguments": {"x": 1e999}')
    path.write_text(spoiled)
    with pytest.raises(InputError, match="1e999 is too large a number"):
        import_log(path)


def test_the_example_of_atif_is_one_by_its_own_package(tmp_path):
    atif = pytest.importorskip("atif")
    path = OBSERVED["atif"](tmp_path / "log")
    assert atif.Trajectory.model_validate_json(path.read_text()).steps


def test_columns_of_which_a_log_states_nothing_are_not_shown(tmp_path):
    (part,) = import_log(OBSERVED["autogen"](tmp_path / "log")).parts
    (table,) = part.tables()
    assert table.headings == ("seat", "said", "did", "tokens in", "out", "evidence")
    assert part.sentences()[0] == "1 run"


def test_each_call_of_an_agent_counts_what_no_span_within_it_tells(tmp_path):
    spans = [
        # The first call is told by the answer within it, the second by its own span alone.
        otel_span("1", "", agent_facts("coder", 100, 20)),
        otel_span("2", "1", answer_facts("one", 100, 20)),
        otel_span("3", "", agent_facts("coder", 200, 30) | words("two")),
    ]
    request = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": spans}]}]}
    path = tmp_path / "spans.jsonl"
    path.write_text(json.dumps(request) + "\n")
    coder = fields_of(path)["seats"]["coder"]
    assert (coder["prompt_tokens"], coder["completion_tokens"]) == (300, 50)
    assert coder["messages"] == 2


def words(said):
    return {
        "gen_ai.output.messages": answer_facts(said, 0, 0)["gen_ai.output.messages"]
    }


def test_a_call_that_a_summary_repeats_is_one_and_what_a_tool_returned_nobody_said(
    tmp_path,
):
    call = {"id": "c1", "name": "run", "arguments": "{}"}
    result = {"call_id": "c1", "name": "run", "content": "42", "is_error": False}
    summary = autogen_message("3", "coder", "ToolCallSummaryMessage", "42")
    messages = [
        autogen_message("1", "coder", "ToolCallRequestEvent", [call], (5, 2)),
        autogen_message("2", "coder", "ToolCallExecutionEvent", [result]),
        summary | {"tool_calls": [call], "results": [result]},
    ]
    path = tmp_path / "result.json"
    path.write_text(json.dumps({"messages": messages, "stop_reason": "enough"}))
    coder = fields_of(path)["seats"]["coder"]
    assert (coder["actions"], coder["messages"]) == (1, 1)
