"""Traces of OpenTelemetry with the conventions for generative AI, whoever wrote them.

An answer of a model or a tool belongs to the agent that its span names, or to that of the nearest
span around it. What an agent's own span sums up counts only where no span within it says it.

Source: the semantic conventions for generative AI (`invoke_agent`, `gen_ai.agent.name`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shapley_coop.errors import InputError
from shapley_coop.teams.imports.bounds import finite, parse
from shapley_coop.teams.imports.observed.run import ObservedRun
from shapley_coop.teams.imports.observed.runs import collect_runs
from shapley_coop.teams.imports.observed.span_usages import add_usages
from shapley_coop.teams.imports.observed.spans import (
    SUFFIXES,
    Facts,
    TraceSpan,
    agent_of,
    is_own,
    own_around,
    traces_in,
)
from shapley_coop.teams.imports.observed.values import (
    amount,
    begins_with,
    join_parts,
    mapping,
    members,
    name_of,
    text,
)
from shapley_coop.teams.imports.port import Part
from shapley_coop.teams.imports.source import Source

DECISIONS = ("say", "offer", "act", "honour")
"""Events in spans of this project that are what a seat decided."""


class Otel:
    """Traces of OpenTelemetry."""

    name = "otel"
    reads = "traces of OpenTelemetry: OTLP's JSON, a request a file or a line"

    def sniff(self, source: Source) -> bool:
        """Return whether some file begins like a trace."""
        return begins_with(source, SUFFIXES, '"resourceSpans"', '"trace_id"')

    def read(self, source: Source) -> Sequence[Part]:
        """Return what the spans of agents tell.

        Raises:
            InputError: no span names an agent, or the log cannot be read within bounds.
        """
        runs = []
        for name, spans in traces_in(source).items():
            run = ObservedRun(name)
            words_told: set[str] = set()
            # An agent's own span comes after those within it, which say the same in parts.
            for span in sorted(spans.values(), key=is_own):
                _add_span(run, span, spans, words_told)
            add_usages(run, spans)
            runs.append(run)
        return [collect_runs(runs, source.place(source.path))]


def _add_span(
    run: ObservedRun,
    span: TraceSpan,
    spans: Mapping[str, TraceSpan],
    words_told: set[str],
) -> None:
    facts = span.facts
    if "shapley_coop.run" in facts:
        _add_episode(run, facts)
    _add_scores(run, span)
    seat = agent_of(span, spans)
    if not seat:
        return
    seat = name_of(seat, run.name)
    run.add_seat(seat)
    words = _messages(facts.get("gen_ai.output.messages"))
    if span.key not in words_told:
        for message in words:
            run.add_message(seat, join_parts(mapping(message).get("parts")))
    if words and not is_own(span):
        words_told.update(own_around(span, spans, seat))
    if facts.get("gen_ai.operation.name") == "execute_tool":
        tool = text(facts.get("gen_ai.tool.name")) or "tool"
        run.add_action(seat, tool, facts.get("gen_ai.tool.call.arguments"))
    run.add_payoff(seat, facts.get("shapley_coop.payoff"))
    for event in span.events:
        if event.name in DECISIONS and "shapley_coop.data" in event.facts:
            _add_decision(run, seat, event.name, event.facts)


def _messages(value: Any) -> list[Any]:
    """Return messages, which an attribute holds as values or as JSON."""
    if isinstance(value, str):
        try:
            value = parse(value, "a message")
        except InputError:
            # An attribute may be cut at the length that its exporter allows.
            return [{"parts": value}]
    return members(value)


def _add_decision(run: ObservedRun, seat: str, kind: str, facts: Facts) -> None:
    data = parse(text(facts["shapley_coop.data"]), f"an event of {run.name!r}")
    move = mapping(mapping(data).get("move"))
    run.add_message(seat, text(move.get("say")))
    run.add_action(seat, kind, data)


def _add_episode(run: ObservedRun, facts: Facts) -> None:
    """Add what the outer span of an episode of this project states."""
    number = amount(facts.get("shapley_coop.episode")) or 0
    run.name = name_of(f"{facts['shapley_coop.run']}/{number:g}", run.name)
    stated = text(facts.get("shapley_coop.contracts")) or "[]"
    run.add_contracts(members(parse(stated, run.name)))


def _add_scores(run: ObservedRun, span: TraceSpan) -> None:
    if isinstance(span.facts.get("shapley_coop.success"), bool):
        run.scores["success"] = float(span.facts["shapley_coop.success"])
    for event in span.events:
        value = event.facts.get("gen_ai.evaluation.score.value")
        if finite(value) is None:
            # Some judges give a mark and no number.
            value = text(event.facts.get("gen_ai.evaluation.score.label"))
        if value != "":
            label = text(event.facts.get("gen_ai.evaluation.name"))
            run.add_score(name_of(label, run.name), value)
