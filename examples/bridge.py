"""A game of one's own in full: villagers carry planks until the bridge that all use is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from shapley_coop.interfaces.game import CountWorth, Game, Security, whole
from shapley_coop.records import Facts, Seat

BENEFIT, COST = 3.0, 1.0


class Bridge(Game):
    """Each step a seat carries a plank (costs 1) or rests; the finished bridge pays 3 to each."""

    name = "bridge"
    actions = ("rest", "carry")
    goal = "built"
    idle = "rest"
    horizon = 3
    absences = ("removed", "idle", "baseline", "swap")

    def __init__(
        self, seats: int = 4, planks: int = 6, *, render_mode: str | None = None
    ) -> None:
        self.planks = whole(self.name, "planks", planks, 1)
        count = whole(self.name, "seats", seats, 1)
        super().__init__(
            [f"villager_{i}" for i in range(count)], render_mode=render_mode
        )

    def begin(self) -> int:
        """Return the planks laid so far: the whole world of this game."""
        return 0

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Lay the planks carried; everybody gains when the last one lies."""
        self.world += sum(actions.values())
        gain = BENEFIT if self.over() else 0.0
        return {seat: gain - COST * action for seat, action in actions.items()}

    def over(self) -> bool:
        """Return whether the bridge stands."""
        return bool(self.world >= self.planks)

    def outcomes(self) -> frozenset[str]:
        """Return `built` once the bridge stands."""
        return frozenset({"built"} if self.over() else ())

    def facts(self, seat: Seat) -> Facts:
        """Return everything: the rules as numbers and how far the bridge is."""
        rules = {
            "horizon": self.horizon,
            "planks": self.planks,
            "benefit": BENEFIT,
            "cost": COST,
        }
        return {"step": self.clock, **rules, "laid": self.world}

    def restrict(self, seats: Sequence[Seat]) -> Bridge:
        """Return the village with only `seats` in it."""
        return self.only(seats)

    def oracle(self) -> CountWorth:
        """Return v(s): what s villagers gain by building alone, if they can and it pays."""

        def values(counts_k1: NDArray[np.int64]) -> NDArray[np.float64]:
            gain_k = np.maximum(BENEFIT * counts_k1[:, 0] - COST * self.planks, 0.0)
            return np.where(counts_k1[:, 0] * self.horizon >= self.planks, gain_k, 0.0)

        return CountWorth((self.seats,), values)

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return who carries when: as many a step as there are, until enough is laid."""
        count = len(self.seats)
        planks = self.planks if self.oracle().values(np.array([[count]]))[0] > 0 else 0
        return {
            seat: tuple(
                self.actions[t * count + i < planks] for t in range(self.horizon)
            )
            for i, seat in enumerate(self.seats)
        }

    def security(self, seat: Seat) -> Security:
        """Return resting: it costs nothing."""
        return Security(0.0, "rest")
