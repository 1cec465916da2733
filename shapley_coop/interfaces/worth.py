"""What a game tells of its worth: by coalition, by counts of seats, and what a seat can secure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shapley_coop.records import Line, Seat, Step
from shapley_coop.shapley.arrays import Bools, Counts, Floats

History = Mapping[Seat, Line]
"""Each seat's actions in order: all that replay needs from a recorded episode."""


def history_of(seats: Sequence[Seat], steps: Sequence[Step]) -> dict[Seat, Line]:
    """Return each seat's recorded deeds in order. A seat that has left has fewer.

    A deed is the name of an action, with the text that the seat wrote where it takes one.
    """
    history: dict[Seat, Line] = {}
    deeds = [step.deeds for step in steps]
    for seat in seats:
        history[seat] = tuple(joint[seat] for joint in deeds if seat in joint)
    return history


def kinds_by_line(
    seats: Sequence[Seat], history: History
) -> dict[Line, tuple[Seat, ...]]:
    """Return the seats that did the same, by what they did, for worths that count such seats.

    A seat that the history does not name did nothing.
    """
    kinds: dict[Line, list[Seat]] = {}
    for seat in seats:
        line = tuple(history.get(seat, ()))
        kinds.setdefault(line, []).append(seat)
    return {line: tuple(group) for line, group in kinds.items()}


@dataclass(frozen=True)
class CoalitionWorth:
    """A characteristic function: bool matrix (k coalitions, n seats) to k values."""

    seats: tuple[Seat, ...]
    values: Callable[[Bools], Floats]
    draws: Callable[[Bools], Floats] | None = None
    """The (k, m) values of m draws, where values are means over chance. None, or m = 0, means that
    these values are exact. Where a coalition was not drawn so often it holds NaN.

    All coalitions share the random numbers of a draw, so each draw is a game of its own whose
    credit can be computed.
    """
    formula: bool = False
    """Whether values follow from a formula and nothing has to be played for them, so that the
    coalitions of more seats are affordable."""
    actions: int | None = None
    """How many actions of seats are played to value one coalition. None means that it is not known,
    and then no more coalitions are valued than of the seats that are always affordable."""
    shares_draws: bool = False
    """Whether the draws are the same in every episode, so that errors are shared by all."""
    shapley: tuple[float, ...] | None = None
    """The n Shapley values where a formula gives them, for more seats than have all coalitions
    valued. None where nobody knows them."""
    plays: Callable[[Bools], Counts] | None = None
    """How many plays each of k values is a mean over: 1 where chance has no say. None means that
    nothing is played for them."""
    stopped_by: str | None = None
    """What ended the plays of coalitions. None means that their number was fixed."""


@dataclass(frozen=True)
class CountWorth:
    """A characteristic function of how many seats of each kind are in: (k, kinds) to k values."""

    kinds: tuple[tuple[Seat, ...], ...]
    values: Callable[[Counts], Floats]
    draws: Callable[[Counts], Floats] | None = None
    """As in `CoalitionWorth`."""
    shares_draws: bool = False
    """As in `CoalitionWorth`."""


Worth = CoalitionWorth | CountWorth


class Security(NamedTuple):
    """The most a seat can guarantee itself alone, and the first action that does it."""

    value: float
    action: str
