"""What a run paid models for beside what its recorded episodes tell, read from its record."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from shapley_coop.llm.memory.unanswered import amount_without_answer
from shapley_coop.llm.memory.unrecorded import amount_unrecorded
from shapley_coop.llm.money.amounts import Amount
from shapley_coop.records import Episode


class PaidOutside(NamedTuple):
    """What no recorded episode tells of."""

    unanswered: Amount
    """Requests that no answer came to and that may have been billed all the same."""
    unrecorded: Amount
    """Answers to episodes that are not recorded, since the run goes on or was ended before."""


NOTHING = PaidOutside(Amount(), Amount())
"""Where every request was answered, and every answer belongs to an episode."""


def paid_outside(calls: Path, episodes: Iterable[Episode]) -> PaidOutside:
    """Return what a run paid for beside its recorded episodes.

    Args:
        calls: the record of its calls.
        episodes: those that are recorded.

    Raises:
        RunFolderError: the record cannot be read.
    """
    recorded = {episode.index for episode in episodes}
    return PaidOutside(amount_without_answer(calls), amount_unrecorded(calls, recorded))
