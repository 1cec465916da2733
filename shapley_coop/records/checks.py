"""What an episode's agreement stands up to, and what agreements could have reached."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shapley_coop.records.base import (
    CoreConvention,
    Line,
    Record,
    Redistribution,
    Seat,
)
from shapley_coop.records.measured import TOLERANCE

Check = Literal["rationality", "equilibrium", "core"]
Strategies = Literal["fixed plans"]
"""What seats choose from: plans of actions that are fixed in advance (open loop)."""


class Rationality(Record):
    """By how much each signatory's agreement beats its outside option.

    A seat with a margin below 0 should not have signed. What others broke does not count.
    """

    margins: dict[Seat, float]
    """What it gets if all keep what they signed, minus its outside option, by seat."""

    @property
    def holds(self) -> bool:
        """Whether nobody signed away its outside option."""
        return all(margin >= -TOLERANCE for margin in self.margins.values())


class Deviation(Record):
    """What one seat would gain by acting otherwise while all others keep to the profile."""

    seat: Seat
    """Who would deviate."""
    actions: Line
    """What it would do instead."""
    gain: float
    """By how much its payoff would rise."""


class Equilibrium(Record):
    """Whether keeping to a profile is each seat's best answer, once all is settled."""

    profile: dict[Seat, Line]
    """What each seat would have done had all kept what they signed, or did if nothing was."""
    nash: bool
    """Whether no seat gains by deviating alone."""
    dominant: bool | None
    """Whether it is best whatever the others do. None if there were too many profiles to check."""
    deviation: Deviation | None
    """The most profitable deviation. None if none pays."""
    strategies: Strategies = "fixed plans"
    """What `nash`, `dominant` and `deviation` compare, and nothing beyond it."""
    subgame_perfect: bool | None = None
    """Whether some subgame-perfect equilibrium in pure strategies plays the profile, where seats
    may answer what was played before. None in a game of one step, and if there were too many
    histories to go through."""
    followed: bool | None = None
    """Whether the seats played the profile. If not, it is what they had agreed on. None in older
    records, which do not tell."""
    enforced: bool = True
    """Whether the settlement has signed payments made."""
    division: Redistribution | None = None
    """The announced division of the pot that payoffs include, or `none` if there was none. One
    that is negotiated after play is no part of them. None in older records, which left it out."""


class Core(Record):
    """Whether some coalition could do better by itself than the division lets it."""

    holds: bool
    """Whether no coalition objects, and the division pays no more than there is."""
    objector: tuple[Seat, ...]
    """The coalition with the greatest excess."""
    excess: float
    """What it could gain by itself: v(S) minus what its members hold."""
    stderr: float = 0.0
    """Standard error of v(S), where values are means over chance."""
    convention: CoreConvention | None = None
    """What v(S) assumes of the others. None in records that were judged by measured credit."""
    surplus: float = 0.0
    """By how much the division exceeds v(N), which all together can make. 0 if it does not."""


class Attainable(Record):
    """What agreements can reach that leave nobody worse off and that nobody gains by breaking."""

    total: float | None = None
    """The most that all seats can hold together. None where that is not known."""
    payoffs: dict[Seat, float] = Field(default_factory=dict)
    """What each seat then holds."""
    by: Literal["contract", "equilibrium"] | None = None
    """Whether contracts hold it up that are enforced, or it is an equilibrium without payments."""
    reason: str = ""
    """Why it is not known."""


class Checks(Record):
    """What an episode's agreement stands up to. A check that was not made is None.

    `skipped` says of each of those why it was not made.
    """

    rationality: Rationality | None = None
    equilibrium: Equilibrium | None = None
    core: Core | None = None
    skipped: dict[Check, str] = Field(default_factory=dict)
