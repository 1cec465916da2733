"""Small logs of runs that were only observed, made up here in the shape that each format has.

In each of them a planner and a coder work. The coder alone writes code, and calls a tool.
"""

import json
from zipfile import ZIP_DEFLATED, ZipFile

CODE = "Here it is.\n```python\nx = 1\ny = 2\n```\n"


def atif(folder):
    """Write a trajectory in which the planner called the coder."""
    folder.mkdir()
    coder = {
        "schema_version": "ATIF-v1.8",
        "trajectory_id": "t/coder",
        "agent": {"name": "coder", "version": "1", "model_name": "small"},
        "steps": [
            atif_step(1, "user", "Write x and y."),
            atif_step(2, "agent", CODE)
            | {
                "metrics": {
                    "prompt_tokens": 30,
                    "completion_tokens": 9,
                    "cost_usd": 0.02,
                },
                "tool_calls": [
                    {"tool_call_id": "1", "function_name": "ls", "arguments": {}}
                ],
            },
            atif_step(3, "agent", CODE) | {"is_copied_context": True},
        ],
    }
    planner = {
        "schema_version": "ATIF-v1.8",
        "trajectory_id": "t",
        "agent": {"name": "planner", "version": "1"},
        "steps": [
            atif_step(1, "user", "Sort it."),
            atif_step(2, "agent", [{"type": "text", "text": "Plan it."}]),
        ],
        "final_metrics": {"total_prompt_tokens": 10, "total_completion_tokens": 4},
        "subagent_trajectories": [coder],
    }
    path = folder / "trajectory.json"
    path.write_text(json.dumps(planner))
    return path


def atif_step(number, source, message):
    return {"step_id": number, "source": source, "message": message}


def otel(folder):
    """Write the spans of two agents, each with an answer of its model, and a tool."""
    folder.mkdir()
    spans = [
        otel_span("1", "", {"gen_ai.operation.name": "invoke_workflow"}),
        otel_span("2", "1", agent_facts("planner", 10, 4)),
        otel_span("3", "2", answer_facts("Plan it.", 10, 4)),
        otel_span("4", "1", {"gen_ai.operation.name": "invoke_agent"})
        | {"attributes": attributes({"gen_ai.agent.name": "coder"})},
        otel_span("5", "4", answer_facts(CODE, 30, 9, 0.02)),
        otel_span(
            "6",
            "4",
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "ls"},
        ),
    ]
    request = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": spans}]}]}
    path = folder / "spans.jsonl"
    path.write_text(json.dumps(request) + "\n")
    return path


def agent_facts(name, prompt, completion):
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": name,
        "gen_ai.usage.input_tokens": prompt,
        "gen_ai.usage.output_tokens": completion,
    }


def answer_facts(said, prompt, completion, cost=None):
    parts = [{"type": "text", "content": said}]
    facts = {
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": prompt,
        "gen_ai.usage.output_tokens": completion,
        "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": parts}]),
    }
    return facts if cost is None else facts | {"gen_ai.usage.cost": cost}


def otel_span(key, parent, facts):
    return {
        "traceId": "t",
        "spanId": key,
        "parentSpanId": parent,
        "startTimeUnixNano": f"17{key}",
        "attributes": attributes(facts),
        "events": [],
    }


def attributes(facts):
    return [{"key": key, "value": otel_value(value)} for key, value in facts.items()]


def otel_value(value):
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": value}


def inspect_log(folder):
    """Write a log of one sample with the events of two agents and of a scorer."""
    folder.mkdir()
    path = folder / "log.json"
    path.write_text(json.dumps(inspect_fields()))
    return path


def inspect_archive(path):
    """Write the same sample as an archive."""
    (sample,) = inspect_fields()["samples"]
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", "{}")
        archive.writestr("samples/s_epoch_1.json", json.dumps(sample))
        archive.writestr("header.json", "{}")
    return path


def inspect_fields():
    events = [
        inspect_span("a", None, "agent", "planner"),
        inspect_answer("a", "Plan it.", 10, 4),
        inspect_span("b", None, "agent", "coder"),
        inspect_span("c", "b", "subtask", "write"),
        inspect_answer(
            "c", "attachment://k", 30, 9, [{"function": "ls", "arguments": {}}]
        ),
        inspect_span("d", None, "scorer", "judge"),
        inspect_answer("d", "Well done.", 99, 9),
    ]
    sample = {
        "id": "s",
        "epoch": 1,
        "messages": [],
        "events": events,
        "attachments": {"k": CODE},
        "scores": {"judge": {"value": 1.0}, "grade": {"value": "C"}},
    }
    return {
        "version": 2,
        "eval": {"eval_id": "e", "task": "t", "model": "small"},
        "samples": [sample],
    }


def inspect_span(key, parent, kind, name):
    return {
        "event": "span_begin",
        "id": key,
        "parent_id": parent,
        "type": kind,
        "name": name,
    }


def inspect_answer(span, said, prompt, completion, calls=()):
    message = {"role": "assistant", "content": said, "tool_calls": list(calls)}
    usage = {"input_tokens": prompt, "output_tokens": completion}
    output = {"choices": [{"message": message}], "usage": usage}
    return {"event": "model", "span_id": span, "model": "small", "output": output}


CHATDEV = f"""[2024-01-02 05 INFO] System: **[chatting]**

| **phase_name** | Coding |
| **model_type** | ModelType.GPT_4 |

[2024-01-02 06 INFO] **[OpenAI_Usage_Info Receive]**
prompt_tokens: 10
completion_tokens: 4
total_tokens: 14

[2024-01-02 06 INFO] planner: **planner<->CEO on : DemandAnalysis, turn 0**

[You are somebody.]

Plan it.

[2024-01-02 07 INFO] **[OpenAI_Usage_Info Receive]**
prompt_tokens: 30
completion_tokens: 9
total_tokens: 39
cost: $0.020000

[2024-01-02 07 INFO] coder: **coder<->planner on : Coding, turn 0**

{CODE}
[2024-01-02 08 INFO] **[Seminar Conclusion]**:

done
"""


def chatdev(folder):
    """Write what two roles said."""
    folder.mkdir()
    path = folder / "team.log"
    path.write_text(CHATDEV)
    return path


def autogen(folder):
    """Write the result of a team that a user gave a task."""
    folder.mkdir()
    messages = [
        autogen_message("1", "user", "TextMessage", "Sort it."),
        autogen_message("2", "planner", "TextMessage", "Plan it.", (10, 4)),
        autogen_message("3", "coder", "ThoughtEvent", "Hm."),
        autogen_message(
            "4", "coder", "ToolCallRequestEvent", [{"name": "ls", "arguments": "{}"}]
        ),
        autogen_message("5", "coder", "TextMessage", CODE, (30, 9)),
    ]
    path = folder / "result.json"
    path.write_text(json.dumps({"messages": messages, "stop_reason": "enough"}))
    return path


def autogen_message(key, source, kind, content, tokens=None):
    usage = None
    if tokens:
        usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    return {
        "id": key,
        "source": source,
        "models_usage": usage,
        "content": content,
        "type": kind,
    }


OBSERVED = {
    "atif": atif,
    "otel": otel,
    "inspect": inspect_log,
    "chatdev": chatdev,
    "autogen": autogen,
}
"""By format, what writes an example into a folder and returns the path to import."""
