"""Spans of traces as OTLP's JSON writes them, or as Python's `ConsoleSpanExporter` prints them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shapley_coop.teams.imports.bounds import MOST_ENTRIES, refuse
from shapley_coop.teams.imports.source import Source
from shapley_coop.teams.imports.values import amount, mapping, members, text, values

Facts = Mapping[str, Any]
SUFFIXES = (".json", ".jsonl")


class Event(NamedTuple):
    """What a span notes of a moment."""

    name: str
    facts: Facts


class Span(NamedTuple):
    """What is read of a span."""

    trace: str
    key: str
    parent: str
    start: str
    """When it began, as a text that sorts like the time."""
    facts: Facts
    """Its attributes."""
    events: tuple[Event, ...]


def traces_in(source: Source) -> dict[str, dict[str, Span]]:
    """Return the spans of each trace by their ids, in the order of their start.

    Raises:
        InputError: there are too many, or a file cannot be read within bounds.
    """
    spans: list[Span] = []
    for path in source.files(*SUFFIXES):
        before = len(spans)
        for _, value in values(source, path):
            spans += _spans(value)
            if len(spans) > MOST_ENTRIES:
                raise refuse(
                    f"{source.place(source.path)} has more than {MOST_ENTRIES:,} spans; "
                    "import a part"
                )
        if len(spans) == before:
            source.skip(path, "no spans")
    spans.sort(key=lambda span: span.start)
    traces: dict[str, dict[str, Span]] = {}
    for span in spans:
        traces.setdefault(span.trace, {})[span.key] = span
    return traces


def _spans(value: Any) -> Iterator[Span]:
    for one in members(value) or [value]:
        fields = mapping(one)
        if "context" in fields:
            yield _printed(fields)
        for resource in members(fields.get("resourceSpans")):
            for scope in members(mapping(resource).get("scopeSpans")):
                for span in members(mapping(scope).get("spans")):
                    yield _sent(mapping(span))


def _sent(fields: Facts) -> Span:
    events = []
    for one in members(fields.get("events")):
        event = mapping(one)
        facts = _attributes(event.get("attributes"))
        events.append(Event(text(event.get("name")), facts))
    return Span(
        text(fields.get("traceId")),
        text(fields.get("spanId")),
        text(fields.get("parentSpanId")),
        str(fields.get("startTimeUnixNano")),
        _attributes(fields.get("attributes")),
        tuple(events),
    )


def _printed(fields: Facts) -> Span:
    context = mapping(fields["context"])
    events = []
    for one in members(fields.get("events")):
        event = mapping(one)
        facts = mapping(event.get("attributes"))
        events.append(Event(text(event.get("name")), facts))
    return Span(
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
