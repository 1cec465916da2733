"""Chats as a data set of TRL: prompt and completion in conversational form, and rewards.

Source: TRL's dataset formats, type prompt-completion, format conversational.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shapley_coop.runs.export.chats import chats_of
from shapley_coop.runs.store import RunFolder


def documents(run: RunFolder) -> Iterator[dict[str, Any]]:
    """Yield a row for each chat: `reward` is the seat's payoff, `credit` its measured credit.

    Raises:
        InputError: the run recorded no chat.
    """
    episodes = {episode.index: episode for episode in run.episodes()}
    for chat in chats_of(run):
        episode = episodes.get(chat.episode)
        # What was asked in an episode that was cut belongs to no result.
        if episode is None:
            continue
        column = episode.columns.get(chat.seat)
        yield {
            "prompt": list(chat.messages),
            "completion": [{"role": "assistant", "content": chat.reply.text}],
            "reward": episode.payoffs.get(chat.seat),
            "credit": None if column is None else column.measured,
            "run": run.path.name,
            "episode": chat.episode,
            "seat": chat.seat,
            "purpose": chat.purpose,
            "model": chat.model,
        }
