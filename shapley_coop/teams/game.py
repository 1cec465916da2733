"""A team as a game of the engine, whose players are numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shapley_coop.errors import ConfigError, TeamError, cause_text
from shapley_coop.shapley.coalitions import mask_of
from shapley_coop.shapley.evaluation.journal import JournalEntry
from shapley_coop.teams.roster import Present
from shapley_coop.teams.team import Score, Team


async def _no_run(_present: Present, _draw: int) -> Score:
    raise TeamError("no run may be made")


class TeamGame:
    """Runs a team for the engine, and keeps what came of it.

    Args:
        team: runs with some members present.
        names: the names of all members, in the order of the players.
        replays: whether no run may be made.
    """

    def __init__(self, team: Team, names: Sequence[str], *, replays: bool) -> None:
        self._run = _no_run if replays else team.run
        self.names = tuple(names)
        """The names of all members, in the order of the players."""
        self._replays = replays
        self._faults: dict[frozenset[int], str] = {}
        self.entries: list[JournalEntry] = []
        """What is known of finished runs."""

    async def __call__(
        self, coalition: frozenset[int], draw: int
    ) -> tuple[float, float]:
        """Return the score and the cost of one run."""
        present = frozenset(self.names[place] for place in coalition)
        try:
            score = await self._run(present, draw)
        except Exception as error:
            self._faults[coalition] = cause_text(error)
            raise
        self.entries.append(
            JournalEntry(mask_of(coalition), draw, score.value, score.cost)
        )
        return score.value, score.cost

    def refuse_missing(self, log: str | Path | None) -> None:
        """Refuse a log that lacks runs where none may be made.

        Raises:
            ConfigError: the log lacks runs.
        """
        if not self._replays or not self._faults:
            return
        if log is None:
            raise ConfigError(
                "no run may be made, and no log is named that holds recorded ones; name it",
                field="log",
            )
        raise ConfigError(
            f"no run may be made, and the log {str(log)!r} does not hold all that this plan "
            "needs; make the runs once without replay, and keep their log",
            field="log",
        )

    def fault_of_ends(self) -> str:
        """Return why there is no score of nobody or of everybody, or nothing if there is."""
        everyone = frozenset(range(len(self.names)))
        scored = {entry.mask for entry in self.entries}
        for present, who in ((frozenset[int](), "nobody"), (everyone, "everybody")):
            if present in self._faults and mask_of(present) not in scored:
                return (
                    f"the team came to no score with {who} present: {self._faults[present]}; "
                    "what is shared is the score of all above that of nobody, so return a "
                    "score for both, such as 0 where there is nobody to work"
                )
        return ""
