"""Runs in the Agent Trajectory Interchange Format (ATIF): a document an episode, one a seat in it.

What a seat saw and did is a step of its own document, what the engine did one of the episode's.
Words, actions, times, models, tokens and costs stand where the format has a place for them, and
the fields that are this project's own in `extra`. Of a run folder these are left out, as `notes`
says: recorded model calls, answers of people, judgements and tracebacks.

Source: the package `atif`, whose models are those of version 1.8 of the format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from shapley_coop.errors import InputError
from shapley_coop.records import Episode, Seat
from shapley_coop.runs.spending import sum_if_known
from shapley_coop.runs.store import RunFolder
from shapley_coop.runs.store.files import lines

VERSION = "ATIF-v1.8"
LEFT_OUT = (
    "Not in this document, but in the run folder: calls.jsonl, people.jsonl, judge.jsonl, "
    "tracebacks.txt, report.md, and what run.json says of versions, code and sessions."
)
# What a seat decided is a call of a tool, by which other programs know an action from words.
_DECISIONS = frozenset({"say", "offer", "act", "honour"})
Event = Mapping[str, Any]


class ImportedEpisode(NamedTuple):
    """An episode as it was read from ATIF."""

    run: str
    """The id of its run."""
    record: Episode
    events: tuple[dict[str, Any], ...]
    """Its events in order, as in `events.jsonl`."""


def documents(run: RunFolder) -> Iterator[dict[str, Any]]:
    """Yield the document of each episode of a run.

    Raises:
        RunFolderError: the folder is corrupt.
    """
    for episode, events in episodes_with_events(run):
        yield _document(run, episode, events)


def episodes_with_events(run: RunFolder) -> Iterator[tuple[Episode, list[Event]]]:
    """Yield each episode of a run with its events.

    Raises:
        RunFolderError: the folder is corrupt.
    """
    events = iter(run.events())
    event = next(events, None)
    for episode in run.episodes():
        own: list[Event] = []
        # Episodes lie in the file in their order, so that one pass is enough.
        while event is not None and event["episode"] == episode.index:
            own.append(event)
            event = next(events, None)
        yield episode, own


def _document(
    run: RunFolder, episode: Episode, events: Sequence[Event]
) -> dict[str, Any]:
    name = f"{run.path.name}/{episode.index}"
    version = run.manifest.versions.get("shapley-coop", "unknown")
    players = run.config.agents_of(episode.seats)
    seats = []
    for seat in episode.seats:
        own = [event for event in events if event["seat"] == seat]
        spend = [row for row in episode.spend if row.seat == seat]
        agent: dict[str, Any] = {"name": players[seat], "version": version}
        if spend:
            agent["model_name"] = spend[0].model
        seats.append(
            {
                "schema_version": VERSION,
                "session_id": run.path.name,
                "trajectory_id": f"{name}/{seat}",
                "agent": agent,
                "steps": [_step(i, event) for i, event in enumerate(own, 1)],
                "final_metrics": _metrics(spend, len(own)),
                "extra": {"seat": seat, "payoff": episode.payoffs.get(seat)},
            }
        )
    engine = [event for event in events if event["seat"] is None]
    return {
        "schema_version": VERSION,
        "session_id": run.path.name,
        "trajectory_id": name,
        "agent": {"name": "shapley-coop", "version": version},
        "steps": [_step(i, event) for i, event in enumerate(engine, 1)],
        "notes": LEFT_OUT,
        "final_metrics": _metrics(episode.spend, len(events)),
        "extra": {
            "run": run.path.name,
            "config": run.config.model_dump(mode="json"),
            "episode": episode.model_dump(mode="json"),
        },
        "subagent_trajectories": seats,
    }


def _metrics(spend: Sequence[Any], steps: int) -> dict[str, Any]:
    metrics: dict[str, Any] = {
        "total_prompt_tokens": sum(row.prompt for row in spend),
        "total_completion_tokens": sum(row.completion for row in spend),
        "total_steps": steps,
    }
    cost = sum_if_known([row.cost for row in spend])
    if cost is not None:
        metrics["total_cost_usd"] = cost
    return metrics


def _step(number: int, event: Event) -> dict[str, Any]:
    kind, data = event["kind"], event["data"]
    own = {name: event[name] for name in ("seq", "phase", "round", "kind")}
    moment = datetime.fromtimestamp(event["time"], UTC)
    step: dict[str, Any] = {
        "step_id": number,
        "timestamp": moment.isoformat(timespec="milliseconds"),
        "message": "",
        "extra": own,
    }
    if event["seat"] is not None and kind in _DECISIONS:
        call = {
            "tool_call_id": str(event["seq"]),
            "function_name": kind,
            "arguments": data,
        }
        return step | {
            "source": "agent",
            "message": _words(data),
            "tool_calls": [call],
        }
    # What a seat is shown is said to it, and anything else is the engine's.
    source = "user" if kind == "view" else "system"
    return step | {
        "source": source,
        "message": json.dumps(data, ensure_ascii=False),
    }


def _words(data: Mapping[str, Any]) -> str:
    """Return what a seat said aloud with a decision."""
    move = data.get("move")
    if isinstance(move, Mapping):
        return str(move.get("say", ""))
    return ""


def read_documents(path: Path) -> Iterator[ImportedEpisode]:
    """Yield the episodes of a file that `export --to atif` wrote.

    Raises:
        InputError: a line is no document of this project.
        RunFolderError: the file cannot be read.
    """
    for line in lines(path):
        try:
            document = json.loads(line.text)
            extra = document["extra"]
            record = Episode.model_validate(extra["episode"])
            parts: list[tuple[Seat | None, Any]] = [(None, document["steps"])]
            seats = document["subagent_trajectories"]
            parts += [(seat["extra"]["seat"], seat["steps"]) for seat in seats]
            events = [
                _event(record.index, seat, step)
                for seat, steps in parts
                for step in steps
            ]
            run = extra["run"]
        except (ValueError, TypeError, KeyError, ValidationError) as error:
            raise InputError(
                f"line {line.number} of {str(path)!r} is no episode of this project in ATIF: "
                f"{error}; export the run again",
                field="out",
            ) from error
        # The steps of several documents are one story again by their numbers.
        events.sort(key=lambda event: event["seq"])
        yield ImportedEpisode(run, record, tuple(events))


def _event(episode: int, seat: Seat | None, step: Mapping[str, Any]) -> dict[str, Any]:
    extra = step["extra"]
    if step["source"] == "agent":
        data = step["tool_calls"][0]["arguments"]
    else:
        data = json.loads(step["message"])
    moment = datetime.fromisoformat(step["timestamp"])
    return {
        "seq": extra["seq"],
        "time": round(moment.timestamp(), 3),
        "episode": episode,
        "phase": extra["phase"],
        "round": extra["round"],
        "seat": seat,
        "kind": extra["kind"],
        "data": data,
    }
