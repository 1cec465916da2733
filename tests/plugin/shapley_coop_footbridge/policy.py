"""The kind of trained policy of the plug-in: a card that says whether its villager lays planks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

from shapley_coop_footbridge.agent import Villager

from shapley_coop.interfaces.agent import Agent, Place, View


class Habit:
    """Seats a villager that does what the card in its folder says."""

    needs_model: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        self.action = str(card["action"])

    def __call__(self, place: Place) -> Agent:
        """Return the villager of a place."""
        return _HabitualVillager(place, self.action)


class _HabitualVillager(Villager):
    def __init__(self, place: Place, action: str) -> None:
        super().__init__(place)
        self.action = action

    async def act(self, view: View) -> str | None:
        return self.action
