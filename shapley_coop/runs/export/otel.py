"""Episodes as traces of OpenTelemetry: a span an episode, one a seat in it, events as its events.

Source: OTLP's JSON encoding, one request a line as its file exporter writes, with attributes of the
semantic conventions for generative AI.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from shapley_coop.records import Episode, Seat
from shapley_coop.runs.export.atif import episodes_with_events
from shapley_coop.runs.spending import sum_if_known
from shapley_coop.runs.store import RunFolder

INTERNAL = 1
OK, ERROR = 1, 2
NANOSECONDS = 1_000_000_000
Event = Mapping[str, Any]


def documents(run: RunFolder) -> Iterator[dict[str, Any]]:
    """Yield the request that brings the spans of each episode of a run.

    Raises:
        RunFolderError: the folder is corrupt.
    """
    version = run.manifest.versions.get("shapley-coop", "unknown")
    service = {"service.name": "shapley-coop", "service.version": version}
    for episode, events in episodes_with_events(run):
        seats = [_seat_span(run, episode, seat, events) for seat in episode.seats]
        spans = [_episode_span(run, episode, events), *seats]
        scope = {"name": "shapley-coop", "version": version}
        yield {
            "resourceSpans": [
                {
                    "resource": {"attributes": _attributes(service)},
                    "scopeSpans": [{"scope": scope, "spans": spans}],
                }
            ]
        }


def _episode_span(
    run: RunFolder, episode: Episode, events: Sequence[Event]
) -> dict[str, Any]:
    contracts = [contract.model_dump(mode="json") for contract in episode.contracts]
    attributes = {
        "shapley_coop.run": run.path.name,
        "shapley_coop.episode": episode.index,
        "shapley_coop.game": run.config.game_id,
        "shapley_coop.protocol": run.config.protocol.name,
        "shapley_coop.success": episode.success,
        "shapley_coop.seed": episode.seed,
        "shapley_coop.contracts": _json(contracts),
    }
    engine = [event for event in events if event["seat"] is None]
    span = _span(run, episode, "", events, engine, attributes)
    code = OK if episode.status == "done" else ERROR
    span["name"] = f"episode {episode.index}"
    span["status"] = {"code": code, "message": episode.error}
    return span


def _seat_span(
    run: RunFolder, episode: Episode, seat: Seat, events: Sequence[Event]
) -> dict[str, Any]:
    spend = [row for row in episode.spend if row.seat == seat]
    attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": seat,
        "gen_ai.usage.input_tokens": sum(row.prompt for row in spend),
        "gen_ai.usage.output_tokens": sum(row.completion for row in spend),
        "shapley_coop.agent": run.config.agents_of([seat])[seat],
    }
    if spend:
        attributes["gen_ai.request.model"] = spend[0].model
    cost = sum_if_known([row.cost for row in spend])
    if spend and cost is not None:
        attributes["gen_ai.usage.cost"] = cost
    if seat in episode.payoffs:
        attributes["shapley_coop.payoff"] = episode.payoffs[seat]
    own = [event for event in events if event["seat"] == seat]
    span = _span(run, episode, seat, events, own, attributes)
    span["name"] = f"invoke_agent {seat}"
    span["parentSpanId"] = _identity(f"{run.path.name}/{episode.index}/", 16)
    return span


def _span(
    run: RunFolder,
    episode: Episode,
    seat: Seat,
    events: Sequence[Event],
    own: Sequence[Event],
    attributes: Mapping[str, Any],
) -> dict[str, Any]:
    name = f"{run.path.name}/{episode.index}"
    times = [event["time"] for event in events] or [0.0]
    return {
        "traceId": _identity(name, 32),
        "spanId": _identity(f"{name}/{seat}", 16),
        "kind": INTERNAL,
        "startTimeUnixNano": _nanoseconds(min(times)),
        "endTimeUnixNano": _nanoseconds(max(times)),
        "attributes": _attributes(attributes),
        "events": [_event(event) for event in own],
    }


def _event(event: Event) -> dict[str, Any]:
    facts = {
        "shapley_coop.phase": event["phase"],
        "shapley_coop.seq": event["seq"],
        "shapley_coop.data": _json(event["data"]),
    }
    if event["round"] is not None:
        facts["shapley_coop.round"] = event["round"]
    return {
        "name": event["kind"],
        "timeUnixNano": _nanoseconds(event["time"]),
        "attributes": _attributes(facts),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _identity(name: str, digits: int) -> str:
    """Return an id that the same run always has."""
    return sha256(name.encode()).hexdigest()[:digits]


def _nanoseconds(seconds: float) -> str:
    # A number of this size is no float, so JSON has it as a text.
    return str(round(seconds * 1000) * (NANOSECONDS // 1000))


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items()]


def _value(value: bool | float | str) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": value}
