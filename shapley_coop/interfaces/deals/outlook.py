"""What a seat would hold in the end by each of its actions, as the engine works it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

MOST_ACTIONS = 8
"""Most actions that are listed one by one."""

Habit = Literal["safe", "plan"]
"""What seats do where they signed nothing: the action that is safest for them, or their part of
the game's best plan."""


class Outlook(NamedTuple):
    """What one seat would hold in the end by its next action, before any division of the pot.

    All keep what they signed. What is left open by that follows a habit.
    """

    signed: Mapping[str, float]
    """By action, with the contracts in force."""
    offered: Mapping[str, float] | None
    """By action, if the standing offer were signed too. None where no offer stands."""
    habit: Habit
    """What seats do where they signed nothing."""

    def shown_actions(self) -> tuple[str, ...]:
        """Return the actions to show, in the game's order: all, or some that span the many.

        Of many actions these are the best ones by each row of figures, and others evenly spaced.
        """
        actions = tuple(self.signed)
        if len(actions) <= MOST_ACTIONS:
            return actions
        rows = [self.signed]
        if self.offered is not None:
            rows.append(self.offered)
        chosen = {max(row, key=lambda action: row[action]) for row in rows}
        spaces = MOST_ACTIONS - len(rows) - 1
        for place in range(spaces + 1):
            chosen.add(actions[place * (len(actions) - 1) // spaces])
        return tuple(action for action in actions if action in chosen)
