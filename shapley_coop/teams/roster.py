"""Who belongs to a team: the names of its members, and teams that know them by themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from shapley_coop.errors import ConfigError, value_text

MOST_MEMBERS = 200
Present = frozenset[str]
"""The members that take part in a run."""


def member_names(members: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a team's members if they can be told apart.

    Raises:
        ConfigError: there is none, one is empty or no text, two are equal, or a name has a comma.
    """
    names = tuple(members)
    if isinstance(members, str) or not names:
        raise ConfigError(
            f"members are a list of names, got {value_text(members)}", field="members"
        )
    for name in names:
        if not isinstance(name, str) or not name.strip() or "," in name:
            raise ConfigError(
                f"a member is named {value_text(name)}; give a text without commas",
                field="members",
            )
    if len(set(names)) < len(names):
        raise ConfigError(
            f"two members have one name: {', '.join(names)}", field="members"
        )
    if len(names) > MOST_MEMBERS:
        raise ConfigError(
            f"{len(names)} members are too many; at most {MOST_MEMBERS}",
            field="members",
        )
    return names


class RosterTeam(ABC):
    """A team that knows by itself who belongs to it, and so which members can be named."""

    @property
    def takes_draw(self) -> bool:
        """Whether the number of a run reaches what runs, so that its chance may follow from it."""
        return True

    @abstractmethod
    def check(self, members: Sequence[str]) -> None:
        """Refuse members that do not belong to the team, or that it cannot run without.

        Raises:
            ConfigError: there is one. It names those that exist.
        """

    @abstractmethod
    async def __call__(self, present: Present, absent: Present, draw: int) -> object:
        """Run with some members absent and return what `score_of` can read."""
