"""Logs of AutoGen: results and states of teams, events of its core, and chats of version 0.2.

A message has a `source` and a `type`, wherever it stands in the JSON. Events tell it again to each
who receives it, and it counts once by its `id`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shapley_coop.teams.imports.bounds import parse
from shapley_coop.teams.imports.observed.run import ObservedRun
from shapley_coop.teams.imports.observed.runs import collect_runs
from shapley_coop.teams.imports.observed.usage import TokenUse, cost_of_chat
from shapley_coop.teams.imports.observed.values import (
    begins_with,
    content_text,
    mapping,
    members,
    name_of,
    text,
    values,
)
from shapley_coop.teams.imports.port import Part
from shapley_coop.teams.imports.source import Source

SUFFIXES = (".json", ".jsonl", ".log")
PEOPLE = ("user", "User", "human")
"""Who gives a team its task, and is no seat of it."""
SILENT = ("ThoughtEvent", "MemoryQueryEvent", "ModelClientStreamingChunkEvent")
"""Messages that nobody else is told."""
HISTORY = ("UserMessage", "AssistantMessage", "SystemMessage")
"""Messages as a model was shown them. They were told before, as messages of the team."""
_UNIQUE = re.compile(r"_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
Fields = Mapping[str, Any]


class AutoGen:
    """Logs of AutoGen."""

    name = "autogen"
    reads = "results, states or event logs of AutoGen: .json, .jsonl or .log files"

    def sniff(self, source: Source) -> bool:
        """Return whether some file begins like one of these."""
        marks = ('"models_usage"', '"delivery_stage"', '"LLMCall"', '"chat_history"')
        return begins_with(source, SUFFIXES, *marks)

    def read(self, source: Source) -> Sequence[Part]:
        """Return what the messages tell.

        Raises:
            InputError: there is none, or the log cannot be read within bounds.
        """
        readings = []
        for path in source.files(*SUFFIXES):
            events = Reading(source.place(path))
            readings.append(events)
            for place, value in values(source, path):
                # A result is a run of its own, and lines of events are one run together.
                if {"messages", "stop_reason"} <= set(mapping(value)):
                    readings.append(Reading(place))
                    readings[-1].add(value)
                else:
                    events.add(value)
        runs = [reading.finish() for reading in readings]
        return [collect_runs(runs, source.place(source.path))]


class Reading:
    """A run while its messages come in."""

    def __init__(self, name: str) -> None:
        self._run = ObservedRun(name)
        self._known: set[str] = set()
        self._calls: list[Fields] = []

    def add(self, value: Any) -> None:
        """Take in all messages in a JSON value."""
        waiting = [(value, False)]
        while waiting:
            part, told_again = waiting.pop()
            fields = mapping(part)
            if "chat_history" in fields:
                # A chat of version 0.2 tells what its models took, and not who asked them.
                self._run.whole = cost_of_chat(mapping(fields.get("cost")))
            if fields.get("type") == "LLMCall":
                self._calls.append(fields)
            elif _is_message(fields):
                self._add_message(fields, told_again)
            elif "payload" in fields and "delivery_stage" in fields:
                waiting += [(inner, True) for inner in _payload(fields["payload"])]
            else:
                inside = list(fields.values()) or members(part)
                waiting += [(inner, told_again) for inner in reversed(inside)]

    def finish(self) -> ObservedRun:
        """Return the run once all of it was taken in."""
        run = self._run
        answered = {seat for seat, usages in run.seats.items() if usages}
        # Calls of models are told beside the messages that they led to, which say the same.
        for call in self._calls:
            agent = _UNIQUE.sub("", text(call.get("agent_id")).partition("/")[0])
            seat = name_of(agent, run.name)
            if seat not in answered:
                run.add_usage(seat, _usage(call, mapping(call.get("response"))))
        return run

    def _add_message(self, fields: Fields, told_again: bool) -> None:
        key = text(fields.get("id"))
        if not key and told_again:
            key = json.dumps(fields, sort_keys=True)
        if key and key in self._known:
            return
        self._known.add(key)
        named = text(fields.get("source", fields.get("name")))
        if named in PEOPLE or fields.get("type") in SILENT:
            return
        seat = name_of(named, self._run.name)
        content = fields.get("content")
        calls = [mapping(call) for call in members(fields.get("tool_calls"))]
        if fields.get("type") == "ToolCallRequestEvent":
            calls += [mapping(call) for call in members(content)]
        # What a tool returned, no agent has said.
        elif fields.get("type") != "ToolCallExecutionEvent":
            self._run.add_message(seat, content_text(content))
        self._run.add_calls(seat, calls, "name")
        self._run.add_usage(seat, _usage(mapping(fields.get("models_usage")), {}))


def _is_message(fields: Fields) -> bool:
    if "content" not in fields or fields.get("type") in HISTORY:
        return False
    is_old = isinstance(fields.get("name"), str) and isinstance(fields.get("role"), str)
    return is_old or (isinstance(fields.get("source"), str) and "type" in fields)


def _payload(payload: Any) -> Iterator[Any]:
    """Yield what an event carries: JSON as a text, or a text that is none."""
    if isinstance(payload, str) and payload.startswith("{"):
        yield parse(payload, "the payload of an event")


def _usage(fields: Fields, response: Fields) -> TokenUse:
    tokens = fields.get("prompt_tokens"), fields.get("completion_tokens")
    return TokenUse.of(*tokens, model=response.get("model"))
