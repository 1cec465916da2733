"""The parts of the paper that can be played again, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from shapley_coop.studies.cells import StudyCell
from shapley_coop.studies.paper import chatdev, escape_room, played_work, raid
from shapley_coop.studies.paper.configurations import Seating
from shapley_coop.studies.paper.reproduction import Reproduction
from shapley_coop.studies.results import StudyResult


class PaperPart(NamedTuple):
    """One part: what is played for it, and what is shown of that."""

    rule: str
    """The rule agent that sits there where nobody is named."""
    episodes: int
    """How many episodes of each configuration are played by default."""
    cells: Callable[[Seating, int, int], list[StudyCell]]
    """From who plays, how many episodes and which seed to what is played."""
    reproduce: Callable[[StudyResult], Reproduction]


PARTS: Mapping[str, PaperPart] = {
    escape_room.NAME: PaperPart(
        escape_room.RULE,
        escape_room.EPISODES,
        escape_room.cells,
        escape_room.reproduce,
    ),
    raid.NAME: PaperPart(raid.RULE, raid.EPISODES, raid.cells, raid.reproduce),
    chatdev.NAME: PaperPart(
        chatdev.RULE, chatdev.EPISODES, played_work.cells, chatdev.reproduce
    ),
}
