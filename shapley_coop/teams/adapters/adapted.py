"""What the adapters share: a team that is built anew for each run, without those absent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapley_coop.errors import ConfigError, PluginError, unknown
from shapley_coop.teams.roster import Present, RosterTeam
from shapley_coop.teams.team import answer_of, wishes

ScoreFunction = Callable[..., Any]
"""Takes what was built for one run, runs it, and returns a score, or a score and what it cost. It
may be async. One with a parameter `draw` is told the number of the run."""


@dataclass(frozen=True)
class AdaptedTeam(RosterTeam):
    """A framework's team, of which each run gets a copy of its own."""

    kind: str
    """What the framework calls a member, such as a node."""
    roster: tuple[str, ...]
    """The names of all who belong to the team. Those who are not named as members always run."""
    needed: Mapping[str, str]
    """Those the team cannot run without, each with why and what helps."""
    build: Callable[[Present], Any]
    """Takes who is absent, and returns a copy of the team without them."""
    score: ScoreFunction

    def check(self, members: Sequence[str]) -> None:
        """Refuse members that are not in the roster, or that cannot be absent."""
        check_names(self.kind, members, self.roster, "members")
        for name in members:
            if name in self.needed:
                raise ConfigError(
                    f"{self.kind} {name!r} cannot be absent: {self.needed[name]}",
                    field="members",
                )

    @property
    def takes_draw(self) -> bool:
        """Whether the score is told the number of the run."""
        return bool(wishes(self.score, {"draw": 0}))

    async def __call__(self, present: Present, absent: Present, draw: int) -> object:
        """Build the team without those absent, run it, and return what it scored."""
        del present  # Who is no member is always there, so only who is absent counts.
        return await answer_of(self.score, self.build(absent), draw=draw)


def check_names(
    kind: str, names: Iterable[str], roster: Sequence[str], field: str
) -> None:
    """Refuse names that a team does not have.

    Raises:
        ConfigError: there is one. It says which exist.
    """
    for name in names:
        if name not in roster:
            raise ConfigError(unknown(kind, name, roster), field=field)


def not_installed(framework: str, extra: str, error: ImportError) -> PluginError:
    """Return the error of an adapter whose package is missing."""
    return PluginError(
        f"{framework} cannot be imported ({error}); "
        f"run: pip install 'shapley-coop[{extra}]'",
        field="team",
    )
