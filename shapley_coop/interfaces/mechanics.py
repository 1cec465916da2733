"""What a game writes: its opening and its steps, and what it tells of itself.

It knows nothing of who plays: `game` does.
"""

from __future__ import annotations

import operator
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError, GameError
from shapley_coop.interfaces.deals.schedule import Schedule
from shapley_coop.interfaces.guarding.methods import guard
from shapley_coop.interfaces.worth import (
    CoalitionWorth,
    CountWorth,
    History,
    Security,
    Worth,
)
from shapley_coop.records import Absence, Facts, Seat
from shapley_coop.records.statements import Statement, StatementKind

MOST_SEATS = 10_000
"""The most seats of a game here. Each takes memory before anything is played."""


class Mechanics:
    """What a game writes: it changes `world` alone, draws from `rng` and reads `clock`."""

    name: ClassVar[str]
    variants: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    """Parameter sets beside the default one that tests play too."""
    actions: tuple[str, ...]
    """Names of all actions. The number of an action is its index."""
    writes: frozenset[str] = frozenset()
    """Actions that take a text, such as a message or the content of a file."""
    goal: str
    """The outcome that counts as success."""
    horizon: int = 1
    """Most steps of an episode."""
    schedule: Schedule = ()
    """Which actions each seat may be offered at a step, whatever was done before: the mapping of
    seats to actions that step k has is `schedule[k % len(schedule)]`. A seat that is missing there
    may be offered any. Contracts that name another action at that step are refused. Empty means
    that every seat may be offered every action at any time."""
    idle: str | None = None
    """The action that does nothing, or None if there is no such action."""
    absences: tuple[Absence, ...] = ("baseline", "swap")
    """What may stand in for an absent seat. The first is the default."""
    oracle_absence: Absence | None = None
    """What the oracle assumes of absent seats: `removed`, `idle`, or `worst-reply`. None means the
    first of `absences`."""
    externalities: bool = False
    """Whether what some coalition could make by itself depends on what the seats outside it then
    do, in a way that `oracle` does not assume the worst of already. Nothing is then said about
    the core by default: if rivals stay, a coalition cannot make what it could without them."""
    planner: ClassVar[str | None] = None
    """The agent that looks ahead in this game where no plan can be fixed at the opening, by name.
    Seats that bargain rationally leave their part to it."""
    communication: tuple[tuple[Seat, Seat], ...] | None = None
    """Pairs of seats that can work together directly. None means that every pair can."""
    possible_agents: list[Seat]
    """All seats, PettingZoo's name for them."""
    world: Any
    """All that changes during an episode, beside `rng` and `clock`."""
    rng: np.random.Generator
    """The only source of chance."""
    clock: int = 0
    """Steps so far."""
    texts: Mapping[Seat, str] = MappingProxyType({})
    """While `advance` runs: what seats wrote with their actions, as they wrote it. A seat that took
    an action of `writes` without a text is missing. It is a stranger's text: data, never a
    path, markup or an instruction."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Have every failure of a method that a game writes name the method."""
        super().__init_subclass__(**options)
        guard(cls)

    @abstractmethod
    def begin(self) -> Any:
        """Return the opening world, which is any value that can be copied deeply.

        Chance is drawn from `self.rng` only.
        """
        raise GameError(f"{type(self).__name__} has no method begin; write it")

    @abstractmethod
    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Change `self.world` by one simultaneous step and return each seat's raw reward."""
        raise GameError(f"{type(self).__name__} has no method advance; write it")

    def facts(self, seat: Seat) -> Facts:
        """Return what `seat` may see now, as JSON values."""
        return {"step": self.clock}

    def legal(self, seat: Seat) -> Sequence[str]:
        """Return the actions open to `seat` now."""
        return self.actions

    def over(self) -> bool:
        """Return whether the game has ended before its horizon."""
        return False

    def reopens(self) -> bool:
        """Return whether what happened in the last step may call for new prices.

        Before the next step the task table then opens again, where the protocol has it do so.
        """
        return False

    def outcomes(self) -> frozenset[str]:
        """Return the named outcomes that hold now, which contracts may be conditioned on."""
        return frozenset()

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name that a contract may mention."""
        return (self.goal,)

    def statement_kinds(self) -> tuple[StatementKind, ...]:
        """Return the kinds of statement that `statements` makes.

        Empty means that nothing about this game's state can be stated in types.
        """
        return ()

    def statements(self, seat: Seat) -> tuple[Statement, ...]:
        """Return all that changes and that `seat` may see now, as statements of those kinds."""
        return ()

    def step_reward(self, seat: Seat, action: str) -> float | None:
        """Return how right it is that `seat` takes `action` now, in [-1, 1], by a rule of the game.

        None means that the game has no such rule.
        """
        return None

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return the share of the horizon that is left and `facts` as an array of fixed length."""
        # Features need a fixed length, so games whose facts grow write their own.
        left = 1 - self.clock / self.horizon
        return np.asarray([left, *_numbers(self.facts(seat))], np.float32)

    def picture(self) -> str:
        """Return the public state as a few lines of text."""
        facts = self.facts(self.seats[0])
        return "\n".join(f"{key}: {value}" for key, value in facts.items())

    # -- worth, planning and absence: optional knowledge -----------------------------------

    def oracle(self) -> CoalitionWorth | CountWorth | None:
        """Return the game's own characteristic function, or None."""
        return None

    def replay_oracle(self, history: History) -> Worth | None:
        """Return closed-form replay values with absent seats removed, or None."""
        return None

    def realised_oracle(self, history: History) -> Worth | None:
        """Return closed-form values of coalitions as played, or None.

        v(S) is what the members of S earn themselves by their recorded actions while absent
        seats do what the oracle assumes. A game whose oracle assumes `worst-reply` has to write
        this.
        """
        # Of removed seats nobody earns anything, so the total is the members' own.
        if self.oracle_absence == "removed":
            return self.replay_oracle(history)
        return None

    def worth_twin(self, seats: Sequence[Seat]) -> Sequence[Seat]:
        """Return a team of this game's seats that earns, in all, what the team of `seats` earns.

        The others are removed. Teams with one and the same twin are valued by one play, and those
        whose twin is nobody by `worth_of_nobody`. A team is its own twin unless the rules say that
        no play of the two could differ in total reward.
        """
        return seats

    def worth_of_nobody(self) -> float:
        """Return what is there without any work, where all seats can be removed.

        It is v(nobody) of replays and rollouts, so that no seat is credited for it. Nobody's own
        earnings, by which a pot is divided, are 0 all the same.
        """
        return 0.0

    def plan(self) -> dict[Seat, tuple[str, ...]] | None:
        """Return a joint plan of greatest total reward from the opening, or None if unknown."""
        return None

    def security(self, seat: Seat) -> Security | None:
        """Return what `seat` can guarantee itself alone from here, or None if unknown."""
        return None

    def contributions(self) -> dict[Seat, float] | None:
        """Return the game's own figure of what each seat contributed so far, or None."""
        return None

    def aftermath(self) -> Facts | None:
        """Return what the record of a play that is over keeps of it, as JSON values, or None."""
        return None

    @property
    def seats(self) -> tuple[Seat, ...]:
        """All seats, in order."""
        return tuple(self.possible_agents)


def seat_count(
    game: str, parameter: str, value: object, least: int, most: int = MOST_SEATS
) -> int:
    """Return a game's number of seats, or of seats of a kind, if it is one that can be played.

    Raises:
        ConfigError: it is no whole number from `least` to `most`.
    """
    count = whole(game, parameter, value, least)
    # Refused before anything is made for each of them, since that would take all memory.
    if count > most:
        raise ConfigError(
            f"{game} cannot be set up with {parameter}={count}; give at most {most}"
        )
    return count


def whole(game: str, parameter: str, value: object, least: int) -> int:
    """Return a game's parameter if it is a whole number of at least `least`.

    Raises:
        ConfigError: it is something else.
    """
    # Python counts True as the whole number 1, and nobody means that.
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(
            f"{game} cannot be set up with {parameter}={value!r}; "
            f"give a whole number of at least {least}"
        )
    return value


def action_number(value: object) -> int | None:
    """Return the whole number that a learner gives as an action, or None if it gives none.

    Tensors and arrays of one whole number count. True, 1.0 and texts do not.
    """
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    # Python counts True as the whole number 1, and nobody means that.
    if isinstance(value, bool | np.bool_):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]  # what it is, is asked here
    except TypeError:
        return None


def _numbers(value: Any) -> Iterator[float]:
    """Yield every number in nested facts, in order. Texts and None are left out."""
    if isinstance(value, bool | int | float):
        yield float(value)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _numbers(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _numbers(part)
