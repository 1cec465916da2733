"""A run as a log of Inspect: an evaluation whose samples are the seats of its episodes.

Source: version 2 of the log format of the package `inspect_ai`, in its JSON form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapley_coop.records import Episode, Seat
from shapley_coop.runs.export.chats import RecordedChat, chats_of
from shapley_coop.runs.store import RunFolder

VERSION = 2
_STATUS = {"done": "success", "started": "started", "cancelled": "cancelled"}


def document(run: RunFolder) -> dict[str, Any]:
    """Return the log of a run.

    Raises:
        InputError: the run recorded no chat.
    """
    chats: dict[tuple[int, Seat], list[RecordedChat]] = {}
    for chat in chats_of(run):
        chats.setdefault((chat.episode, chat.seat), []).append(chat)
    samples = []
    for episode in run.episodes():
        for seat in episode.seats:
            own = chats.get((episode.index, seat), [])
            if own:
                samples.append(_sample(episode, seat, own))
    manifest, config = run.manifest, run.config
    ended = manifest.ended or manifest.started
    return {
        "version": VERSION,
        "status": _STATUS.get(manifest.status, "error"),
        "eval": {
            "eval_id": manifest.run,
            "run_id": manifest.run,
            "created": manifest.started,
            "task": config.game_id,
            "task_id": manifest.run,
            "task_args": config.game_parameters,
            "dataset": {"name": config.game_id, "samples": len(samples)},
            "model": config.model.name,
            "config": {"epochs": 1},
            "packages": manifest.versions,
            "metadata": {"protocol": config.protocol.name, "seed": config.run.seed},
        },
        "stats": {"started_at": manifest.started, "completed_at": ended},
        "samples": samples,
    }


def _sample(
    episode: Episode, seat: Seat, chats: Sequence[RecordedChat]
) -> dict[str, Any]:
    messages: list[dict[str, str]] = []
    for chat in chats:
        # A chat repeats the ones before it, or begins anew.
        shared = len(messages)
        if list(chat.messages[:shared]) != messages:
            shared = 0
        messages.extend(chat.messages[shared:])
        messages.append({"role": "assistant", "content": chat.reply.text})
    last = chats[-1]
    column = episode.columns.get(seat)
    scores = {"payoff": {"value": episode.payoffs.get(seat, 0.0)}}
    if column is not None and column.measured is not None:
        scores["credit"] = {"value": column.measured}
    answer = {"role": "assistant", "content": last.reply.text}
    return {
        "id": f"{episode.index}/{seat}",
        "epoch": 1,
        "input": list(chats[0].messages),
        "target": "",
        "messages": messages,
        "output": {
            "model": last.model,
            "choices": [{"message": answer, "stop_reason": "stop"}],
        },
        "scores": scores,
        "metadata": {"seed": episode.seed, "status": episode.status},
    }
