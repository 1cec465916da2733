"""Chats as traces of verifiers: one a seat of an episode, a graph with a branch a chat.

Source: version 1 of the trace schema of the package `verifiers`, lines of `traces.jsonl`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from shapley_coop.records import Episode, Seat
from shapley_coop.runs.export.chats import RecordedChat, chats_by_seat
from shapley_coop.runs.store import RunFolder

TRACE_VERSION = 1


def documents(run: RunFolder) -> Iterator[dict[str, Any]]:
    """Yield the trace of each seat of an episode that asked a model.

    Raises:
        InputError: the run recorded no chat.
    """
    for episode, seat, chats in chats_by_seat(run):
        yield _trace(run, episode, seat, chats)


def _trace(
    run: RunFolder, episode: Episode, seat: Seat, chats: Sequence[RecordedChat]
) -> dict[str, Any]:
    began = datetime.fromisoformat(run.manifest.started).timestamp()
    name = f"{run.path.name}/{episode.index}/{seat}"
    nodes: list[dict[str, Any]] = []
    # Chats that begin alike share their first messages, by the path that leads to each.
    places: dict[tuple[tuple[str, str], ...], int] = {}
    calls = []
    for chat in chats:
        path: tuple[tuple[str, str], ...] = ()
        parent = None
        for message in chat.messages:
            path = (*path, (message["role"], message["content"]))
            if path not in places:
                places[path] = len(nodes)
                nodes.append({"parent": parent, "message": message, "timestamp": began})
            parent = places[path]
        answer = {"role": "assistant", "content": chat.reply.text}
        if chat.reply.thinking:
            answer["reasoning_content"] = chat.reply.thinking
        calls.append(_call(chat, len(nodes)))
        nodes.append(
            {
                "parent": parent,
                "message": answer,
                "sampled": True,
                "timestamp": began,
            }
        )
    column = episode.columns.get(seat)
    credit = None if column is None else column.measured
    return {
        "version": TRACE_VERSION,
        "id": sha256(name.encode()).hexdigest()[:32],
        "verifiers": {"version": "0"},
        "task": {
            "type": run.config.game_id,
            "data": {"idx": episode.index, "name": name},
        },
        "agent": {"name": seat, "config": {}},
        "nodes": nodes,
        "calls": calls,
        "rewards": {"payoff": {"score": episode.payoffs.get(seat, 0.0)}},
        "metrics": {"credit": credit, "success": float(episode.success)},
        "info": {"run": run.path.name, "seed": episode.seed, "status": episode.status},
        "is_completed": True,
        "ok": episode.status == "done",
        "timing": {"start": began},
    }


def _call(chat: RecordedChat, node: int) -> dict[str, Any]:
    usage = chat.reply.usage
    return {
        "node": node,
        "model": chat.model,
        "usage": {
            # They count tokens that were read from a cache apart.
            "prompt_tokens": max(0, usage.prompt - usage.cached),
            "completion_tokens": usage.completion,
            "cached_input_tokens": usage.cached,
            "reasoning_tokens": usage.reasoning,
            "cost": chat.reply.cost,
        },
    }
