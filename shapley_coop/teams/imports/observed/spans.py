"""Spans of traces as OTLP's JSON writes them, or as Python's `ConsoleSpanExporter` prints them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shapley_coop.teams.imports.bounds import MOST_ENTRIES, refuse
from shapley_coop.teams.imports.observed.values import (
    amount,
    mapping,
    members,
    outward,
    text,
    values,
)
from shapley_coop.teams.imports.source import Source

Facts = Mapping[str, Any]
SUFFIXES = (".json", ".jsonl")


AGENTS = ("invoke_agent", "create_agent")
"""Operations whose spans are an agent's own."""


class SpanEvent(NamedTuple):
    """What a span notes of a moment."""

    name: str
    facts: Facts


class TraceSpan(NamedTuple):
    """What is read of a span."""

    trace: str
    key: str
    parent: str
    start: str
    """When it began, as a text that sorts like the time."""
    facts: Facts
    """Its attributes."""
    events: tuple[SpanEvent, ...]


def traces_in(source: Source) -> dict[str, dict[str, TraceSpan]]:
    """Return the spans of each trace by their ids, in the order of their start.

    Raises:
        InputError: there are too many, or a file cannot be read within bounds.
    """
    spans: list[TraceSpan] = []
    for path in source.files(*SUFFIXES):
        before = len(spans)
        for _, value in values(source, path):
            spans += _spans(value)
            if len(spans) > MOST_ENTRIES:
                raise refuse(
                    f"{source.place(source.path)} has more than {MOST_ENTRIES:,} spans; "
                    "import a part"
                )
        # Other files of a folder are named, so that nobody takes them for read.
        if len(spans) == before:
            source.skip(path, "no spans")
    # A span is sent when it ends, so inner ones come before those around them.
    spans.sort(key=lambda span: span.start)
    traces: dict[str, dict[str, TraceSpan]] = {}
    for span in spans:
        traces.setdefault(span.trace, {})[span.key] = span
    return traces


def agent_of(span: TraceSpan, spans: Mapping[str, TraceSpan]) -> str:
    """Return the agent that a span or the nearest one around it names, or nothing."""
    around = outward(span.parent, spans, lambda one: one.parent)
    names = (text(one.facts.get("gen_ai.agent.name")) for one in (span, *around))
    return next((name.strip() for name in names if name.strip()), "")


def is_own(span: TraceSpan) -> bool:
    """Return whether a span is an agent's own, and no call within it."""
    return span.facts.get("gen_ai.operation.name") in AGENTS


def own_around(
    span: TraceSpan, spans: Mapping[str, TraceSpan], seat: str
) -> Iterator[str]:
    """Yield the keys of a seat's own spans around a span, the nearest first."""
    for one in outward(span.parent, spans, lambda one: one.parent):
        if is_own(one) and agent_of(one, spans) == seat:
            yield one.key


def _spans(value: Any) -> Iterator[TraceSpan]:
    for one in members(value) or [value]:
        fields = mapping(one)
        if "context" in fields:
            yield _printed(fields)
        for resource in members(fields.get("resourceSpans")):
            for scope in members(mapping(resource).get("scopeSpans")):
                for span in members(mapping(scope).get("spans")):
                    yield _sent(mapping(span))


def _sent(fields: Facts) -> TraceSpan:
    events = []
    for one in members(fields.get("events")):
        event = mapping(one)
        facts = _attributes(event.get("attributes"))
        events.append(SpanEvent(text(event.get("name")), facts))
    return TraceSpan(
        text(fields.get("traceId")),
        text(fields.get("spanId")),
        text(fields.get("parentSpanId")),
        str(fields.get("startTimeUnixNano")),
        _attributes(fields.get("attributes")),
        tuple(events),
    )


def _printed(fields: Facts) -> TraceSpan:
    context = mapping(fields["context"])
    events = []
    for one in members(fields.get("events")):
        event = mapping(one)
        facts = mapping(event.get("attributes"))
        events.append(SpanEvent(text(event.get("name")), facts))
    return TraceSpan(
        text(context.get("trace_id")),
        text(context.get("span_id")),
        text(fields.get("parent_id")),
        text(fields.get("start_time")),
        mapping(fields.get("attributes")),
        tuple(events),
    )


def _attributes(pairs: Any) -> dict[str, Any]:
    facts = {}
    for pair in members(pairs):
        fields = mapping(pair)
        facts[text(fields.get("key"))] = _value(fields.get("value"))
    return facts


def _value(encoded: Any) -> Any:
    """Return an attribute's value. What was parsed within bounds is not nested too deeply."""
    fields = mapping(encoded)
    for kind in ("stringValue", "boolValue", "doubleValue"):
        if kind in fields:
            return fields[kind]
    if "intValue" in fields:
        # Whole numbers are written as texts.
        return amount(fields["intValue"])
    if "arrayValue" in fields:
        inner = members(mapping(fields["arrayValue"]).get("values"))
        return [_value(part) for part in inner]
    if "kvlistValue" in fields:
        return _attributes(mapping(fields["kvlistValue"]).get("values"))
    return None
