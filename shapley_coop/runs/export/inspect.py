"""A run as a log of Inspect: an evaluation whose samples are the seats of its episodes.

Source: version 2 of the log format of the package `inspect_ai`, in its JSON form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapley_coop.records import Episode, Seat
from shapley_coop.runs.export.chats import RecordedChat, chats_by_seat
from shapley_coop.runs.spending import sum_if_known
from shapley_coop.runs.store import RunFolder

VERSION = 2
_COUNTS = (
    "input_tokens",
    "input_tokens_cache_read",
    "output_tokens",
    "reasoning_tokens",
    "total_tokens",
)
_STATUS = {"done": "success", "started": "started", "cancelled": "cancelled"}


def document(run: RunFolder) -> dict[str, Any]:
    """Return the log of a run.

    Raises:
        InputError: the run recorded no chat.
    """
    samples = [
        _sample(run, episode, seat, chats)
        for episode, seat, chats in chats_by_seat(run)
    ]
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
    run: RunFolder, episode: Episode, seat: Seat, chats: Sequence[RecordedChat]
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
    contracts = [contract.model_dump(mode="json") for contract in episode.contracts]
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
        "model_usage": _model_usage(chats),
        "metadata": {
            "seed": episode.seed,
            "status": episode.status,
            # An episode is spread over samples, and these say how it comes together again.
            "shapley_coop.episode": f"{run.path.name}/{episode.index}",
            "shapley_coop.seat": seat,
            "shapley_coop.contracts": contracts,
        },
    }


def _model_usage(chats: Sequence[RecordedChat]) -> dict[str, dict[str, Any]]:
    """Return the tokens and the cost of each model, as Inspect counts them."""
    usages: dict[str, dict[str, Any]] = {}
    costs: dict[str, list[float | None]] = {}
    for chat in chats:
        usage = chat.reply.usage
        totals = usages.setdefault(chat.model, dict.fromkeys(_COUNTS, 0))
        # Inspect counts tokens that were read from a cache apart from the rest of the input.
        totals["input_tokens"] += max(0, usage.prompt - usage.cached)
        totals["input_tokens_cache_read"] += min(usage.prompt, usage.cached)
        totals["output_tokens"] += usage.completion
        totals["reasoning_tokens"] += usage.reasoning
        totals["total_tokens"] += usage.total
        costs.setdefault(chat.model, []).append(chat.reply.cost)
    for model, parts in costs.items():
        cost = sum_if_known(parts)
        if cost is not None:
            usages[model]["total_cost"] = cost
    return usages
