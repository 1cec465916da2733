"""Logs of Inspect (`inspect_ai`): samples, and in them agents that called models and tools.

A sample is a run, and its seats are the agents whose spans its events name, or else the roles of
its models. In the logs of this project a sample is a seat, and an episode is a run.

Source: version 2 of the log format of the package `inspect_ai`, as JSON and as `.eval` archives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shapley_coop.teams.imports.bounds import refuse
from shapley_coop.teams.imports.observed.archives import json_members
from shapley_coop.teams.imports.observed.run import ObservedRun
from shapley_coop.teams.imports.observed.runs import collect_runs
from shapley_coop.teams.imports.observed.usage import TokenUse
from shapley_coop.teams.imports.observed.values import (
    amount,
    begins_with,
    join_parts,
    mapping,
    members,
    name_of,
    outward,
    text,
)
from shapley_coop.teams.imports.port import Part
from shapley_coop.teams.imports.source import Source

SUFFIXES = (".json", ".eval")
Fields = Mapping[str, Any]


class Inspect:
    """Logs of Inspect."""

    name = "inspect"
    reads = "logs of Inspect: .json files or .eval archives"

    def sniff(self, source: Source) -> bool:
        """Return whether some file begins like a log or an archive of Inspect."""
        return begins_with(source, SUFFIXES, '"eval_id"', "_journal/start.json")

    def read(self, source: Source) -> Sequence[Part]:
        """Return what the samples tell.

        Raises:
            InputError: there is none, or it cannot be read within bounds.
        """
        runs: dict[str, ObservedRun] = {}
        for path in source.files(*SUFFIXES):
            for sample in _samples(source, path):
                _add_sample(runs, mapping(sample), source.place(path))
        return [collect_runs(list(runs.values()), source.place(source.path))]


def _samples(source: Source, path: Any) -> Iterator[Any]:
    if path.suffix == ".eval":
        yield from json_members(source, path, "samples/")
        return
    log = mapping(source.json(path))
    if "eval" in log:
        yield from members(log.get("samples"))
    elif not source.is_folder:
        raise refuse(f"{source.place(path)} is no log of Inspect: it has no 'eval'")
    else:
        source.skip(path, "no log of Inspect")


def _add_sample(runs: dict[str, ObservedRun], sample: Fields, place: str) -> None:
    extra = mapping(sample.get("metadata"))
    own_seat = text(extra.get("shapley_coop.seat"))
    name = text(extra.get("shapley_coop.episode"))
    name = name or f"{sample.get('id')}/{sample.get('epoch', 1)}"
    run = runs.setdefault(f"{place} {name}", ObservedRun(name_of(name, place)))
    run.add_contracts(members(extra.get("shapley_coop.contracts")))
    answers = list(_answers(sample))
    for seat, event in answers:
        output = mapping(event.get("output"))
        for choice in members(output.get("choices"))[:1]:
            message = mapping(mapping(choice).get("message"))
            _add_message(run, name_of(seat, place), message, sample)
        usage = _usage(mapping(output.get("usage")), event.get("model"))
        run.add_usage(name_of(seat, place), usage)
    if not answers:
        _add_whole(run, sample, own_seat, place)
    for label, score in mapping(sample.get("scores")).items():
        value = mapping(score).get("value")
        is_payoff = bool(own_seat) and label == "payoff"
        if is_payoff and run.add_payoff(own_seat, value):
            continue
        name = f"{label} of {own_seat}" if own_seat else label
        run.add_score(name, value)


def _add_whole(run: ObservedRun, sample: Fields, own_seat: str, place: str) -> None:
    """Add what is known of a sample without events: of all its models together."""
    seat = name_of(own_seat or mapping(sample.get("output")).get("model"), place)
    for message in map(mapping, members(sample.get("messages"))):
        if message.get("role") == "assistant":
            _add_message(run, seat, message, sample)
    for model, usage in mapping(sample.get("model_usage")).items():
        run.add_usage(seat, _usage(mapping(usage), model))


def _answers(sample: Fields) -> Iterator[tuple[str, Fields]]:
    """Yield each answer of a model that is no scorer's, with its seat."""
    events = [mapping(event) for event in members(sample.get("events"))]
    begun = [event for event in events if event.get("event") == "span_begin"]
    spans = {text(event.get("id")): event for event in begun}
    for event in events:
        agent, is_scorer = _around(text(event.get("span_id")), spans)
        if event.get("event") == "model" and not is_scorer:
            yield agent or text(event.get("role")) or text(event.get("model")), event


def _around(key: str, spans: Mapping[str, Fields]) -> tuple[str, bool]:
    """Return the nearest agent around a span, and whether a scorer is around it."""
    agent = ""
    for span in outward(key, spans, lambda one: text(one.get("parent_id"))):
        if span.get("type") in ("scorer", "scorers"):
            return agent, True
        if span.get("type") == "agent":
            agent = agent or text(span.get("name"))
    return agent, False


def _add_message(run: ObservedRun, seat: str, message: Fields, sample: Fields) -> None:
    said = join_parts(message.get("content"))
    kept, _, key = said.rpartition("attachment://")
    if key != said and not kept:
        # Long texts stand once in a log, and events refer to them.
        said = text(mapping(sample.get("attachments")).get(key))
    run.add_message(seat, said)
    run.add_calls(seat, message.get("tool_calls"), "function")


def _usage(usage: Fields, model: Any) -> TokenUse:
    # What was read from a cache is counted apart from the rest of the input.
    prompt = amount(usage.get("input_tokens"))
    if prompt is not None:
        prompt += amount(usage.get("input_tokens_cache_read")) or 0.0
        prompt += amount(usage.get("input_tokens_cache_write")) or 0.0
    return TokenUse.of(
        prompt, usage.get("output_tokens"), usage.get("total_cost"), model
    )
