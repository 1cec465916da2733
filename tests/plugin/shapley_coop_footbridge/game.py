"""The game of the plug-in: villagers lay planks at once, and a finished bridge helps all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from shapley_coop.interfaces.game import CountWorth, Game, Security, whole
from shapley_coop.records import Facts, Seat

BENEFIT, COST = 3.0, 1.0


class Footbridge(Game):
    """Every villager lays a plank, which costs 1, or rests. Enough planks pay 3 to everybody."""

    name = "footbridge"
    actions = ("rest", "lay")
    goal = "built"
    idle = "rest"
    absences = ("removed", "idle", "baseline", "swap")
    oracle_absence = "removed"
    variants = ({"villagers": 5, "planks": 4},)

    def __init__(
        self, villagers: int = 3, planks: int = 2, *, render_mode: str | None = None
    ) -> None:
        self.planks = whole(self.name, "planks", planks, 1)
        count = whole(self.name, "villagers", villagers, 1)
        seats = [f"villager_{i}" for i in range(count)]
        super().__init__(seats, render_mode=render_mode)

    def begin(self) -> int:
        """Return that no plank lies."""
        return 0

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Lay the planks, and pay everybody if they are enough."""
        self.world = sum(actions.values())
        gain = BENEFIT if self.world >= self.planks else 0.0
        return {seat: gain - COST * action for seat, action in actions.items()}

    def outcomes(self) -> frozenset[str]:
        """Return `built` if enough planks lie."""
        return frozenset({"built"} if self.world >= self.planks else ())

    def facts(self, seat: Seat) -> Facts:
        """Return the rules as numbers and the planks that lie."""
        rules = {"planks": self.planks, "benefit": BENEFIT, "cost": COST}
        return {"step": self.clock, **rules, "laid": self.world}

    def restrict(self, seats: Sequence[Seat]) -> Footbridge:
        """Return the village with only `seats` in it."""
        return self.only(seats)

    def oracle(self) -> CountWorth:
        """Return v(s): what s villagers gain if they build alone, where they can and it pays."""

        def values(counts_k1: NDArray[np.int64]) -> NDArray[np.float64]:
            villagers_k = counts_k1[:, 0]
            gain_k = np.maximum(BENEFIT * villagers_k - COST * self.planks, 0.0)
            return np.where(villagers_k >= self.planks, gain_k, 0.0)

        return CountWorth((self.seats,), values)

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return that the first villagers lay what is needed, if they can and it pays."""
        count = len(self.seats)
        pays = count >= self.planks and BENEFIT * count > COST * self.planks
        plan: dict[Seat, tuple[str, ...]] = {}
        for number, seat in enumerate(self.seats):
            lays = pays and number < self.planks
            plan[seat] = ("lay",) if lays else ("rest",)
        return plan

    def security(self, seat: Seat) -> Security:
        """Return resting, which costs nothing."""
        return Security(0.0, "rest")
