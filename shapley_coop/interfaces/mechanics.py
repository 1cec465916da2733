"""What a game writes: its opening and its steps, and what it tells of itself.

It knows nothing of who plays: `game` does.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.worth import CoalitionWorth, CountWorth, History, Security
from shapley_coop.records import Absence, Facts, Seat
from shapley_coop.records.statements import Statement, StatementKind


class Mechanics:
    """What a game writes; it changes `world` alone, draws from `rng` and reads `clock`.

    Class attributes a game sets: `name`, `actions` (names; the index is the action), `goal` (the
    outcome that counts as success), `horizon` (most steps), `idle` (the null action, if any),
    `variants` (parameter sets beside the default that tests play).
    """

    name: ClassVar[str]
    variants: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    actions: tuple[str, ...]
    goal: str
    horizon: int = 1
    idle: str | None = None
    absences: tuple[Absence, ...] = ("baseline", "swap")
    communication: tuple[tuple[Seat, Seat], ...] | None = None
    """Pairs of seats that can work together directly; none: all can."""
    possible_agents: list[Seat]
    world: Any
    rng: np.random.Generator
    clock: int
    """Steps taken."""

    @abstractmethod
    def begin(self) -> Any:
        """Return the opening world: any deep-copyable value; draw chance from `self.rng` only."""

    @abstractmethod
    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Change `self.world` by one simultaneous step and return each seat's raw reward."""

    def facts(self, seat: Seat) -> Facts:
        """Return what `seat` may see now, as JSON values."""
        return {"step": self.clock}

    def legal(self, seat: Seat) -> Sequence[str]:
        """Return the actions open to `seat` now."""
        return self.actions

    def over(self) -> bool:
        """Return whether the game has ended before its horizon."""
        return False

    def outcomes(self) -> frozenset[str]:
        """Return the named outcomes that hold now; contracts may be conditioned on them."""
        return frozenset()

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name that a contract may mention."""
        return (self.goal,)

    def statement_kinds(self) -> tuple[StatementKind, ...]:
        """Return the kinds of fact that `statements` tells; none: this game has no typed facts."""
        return ()

    def statements(self, seat: Seat) -> tuple[Statement, ...]:
        """Return all that changes and that `seat` may see now, as statements of those kinds."""
        return ()

    def step_reward(self, seat: Seat, action: str) -> float | None:
        """Return how right it is that `seat` takes `action` now, in [-1, 1], by a rule of the game.

        None: the game has no such rule.
        """
        return None

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return the share of the horizon that is left and `facts` as an array of fixed length."""
        left = 1 - self.clock / self.horizon
        return np.asarray([left, *_numbers(self.facts(seat))], np.float32)

    def picture(self) -> str:
        """Return the public state as a few lines of text."""
        return "\n".join(
            f"{key}: {value}" for key, value in self.facts(self.seats[0]).items()
        )

    # -- worth, planning and absence: optional knowledge -----------------------------------

    def oracle(self) -> CoalitionWorth | CountWorth | None:
        """Return the game's own characteristic function, or None."""
        return None

    def replay_oracle(self, history: History) -> CountWorth | None:
        """Return closed-form replay values with absent seats removed, or None."""
        return None

    def plan(self) -> dict[Seat, tuple[str, ...]] | None:
        """Return a joint plan of greatest total reward from the opening, or None if unknown."""
        return None

    def security(self, seat: Seat) -> Security | None:
        """Return what `seat` can guarantee itself alone from here, or None if unknown."""
        return None

    def contributions(self) -> dict[Seat, float] | None:
        """Return the game's own figure of what each seat contributed so far, or None."""
        return None

    @property
    def seats(self) -> tuple[Seat, ...]:
        """All seats, in order."""
        return tuple(self.possible_agents)


def whole(game: str, parameter: str, given: object, least: int) -> int:
    """Return a game's parameter if it is a whole number of at least `least`.

    Raises:
        ConfigError: it is something else.
    """
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        raise ConfigError(
            f"{game} cannot be set up with {parameter}={given!r}; "
            f"give a whole number of at least {least}"
        )
    return given


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, bool | int | float):
        yield float(value)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _numbers(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _numbers(part)
