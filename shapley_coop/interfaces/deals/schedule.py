"""Which actions seats may be offered at which step, as far as a game fixes it beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapley_coop.records import Seat

Schedule = Sequence[Mapping[Seat, Sequence[str]]]
"""One mapping of seats to actions a step, over and over. A seat that is missing in one may take any
action then, and without any mapping all may."""


def actions_at(
    schedule: Schedule, actions: Sequence[str], seat: Seat, step: int
) -> Sequence[str]:
    """Return what a seat may be offered at a step.

    Args:
        schedule: of the game.
        actions: all actions of the game.
        seat: the seat.
        step: the step, from 0 on.
    """
    if not schedule:
        return actions
    return schedule[step % len(schedule)].get(seat, actions)


def steps_with(schedule: Schedule, seat: Seat, action: str, steps: range) -> int:
    """Return at how many of some steps a seat may be offered an action of the game.

    Args:
        schedule: of the game.
        seat: the seat.
        action: one of the game's actions.
        steps: one after the other.
    """
    if not schedule:
        return len(steps)
    count = 0
    # Games may have a million steps, and each turn of the schedule is like the one before.
    for turn in range(min(len(schedule), len(steps))):
        if action in actions_at(schedule, (action,), seat, steps[turn]):
            count += len(steps[turn :: len(schedule)])
    return count
