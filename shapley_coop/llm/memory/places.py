"""Recorded answers by their place in a play, for questions that are worded otherwise now."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any

from shapley_coop.interfaces.model import Reply
from shapley_coop.llm.money.amounts import Occasion


class Places:
    """What each seat was answered for each purpose, in the order in which it asked.

    Each answer is given once.

    Args:
        calls: the recorded calls, in the order of the file.
    """

    def __init__(self, calls: Iterable[Mapping[str, Any]]) -> None:
        self._waiting: defaultdict[Occasion, deque[Any]] = defaultdict(deque)
        for call in calls:
            occasion = Occasion(call["seat"], call["episode"], call["purpose"])
            self._waiting[occasion].append(call["reply"])

    def next_reply(self, occasion: Occasion) -> Reply | None:
        """Return the next answer on an occasion, or None where no more is recorded."""
        waiting = self._waiting[occasion]
        if not waiting:
            return None
        return Reply.model_validate({**waiting.popleft(), "source": "cassette"})
