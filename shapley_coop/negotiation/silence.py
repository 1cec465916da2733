"""Rounds of a table in which nobody said anything."""

from __future__ import annotations

from collections.abc import Iterable

from shapley_coop.interfaces.agent import Utterance
from shapley_coop.records import Wait


def silent_rounds(history: Iterable[Utterance]) -> int:
    """Return in how many rounds every seat waited without a word or forfeited its turn."""
    lively: dict[int, bool] = {}
    for spoken in history:
        move = spoken.move
        is_silent = move is None or (isinstance(move, Wait) and not move.say)
        lively[spoken.round] = lively.get(spoken.round, False) or not is_silent
    return sum(not is_lively for is_lively in lively.values())
