"""A game of one's own in full: villagers carry planks until the bridge that all use is built."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from shapley_coop.interfaces.game import CountWorth, Game, Security, whole
from shapley_coop.records import Facts, Seat

BENEFIT, COST = 3.0, 1.0


class Bridge(Game):
    """Each step a seat carries a plank, which costs 1, or rests. A bridge pays 3 to each."""

    name = "bridge"
    actions = ("rest", "carry")
    goal, idle, horizon = "built", "rest", 3
    absences = ("removed", "idle", "baseline", "swap")
    oracle_absence = "removed"

    def __init__(
        self, seats: int = 4, planks: int = 6, *, render_mode: str | None = None
    ) -> None:
        self.planks = whole(self.name, "planks", planks, 1)
        count = whole(self.name, "seats", seats, 1)
        villagers = [f"villager_{i}" for i in range(count)]
        super().__init__(villagers, render_mode=render_mode)

    def begin(self) -> int:
        """Return that no plank lies. Their number is the whole world of this game."""
        return 0

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Lay the planks that are carried. Everybody gains when the last one lies."""
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
        rules = {"planks": self.planks, "benefit": BENEFIT, "cost": COST}
        time = {"step": self.clock, "horizon": self.horizon}
        return {**time, **rules, "laid": self.world}

    def restrict(self, seats: Sequence[Seat]) -> Game:
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
        plan = {}
        for i, seat in enumerate(self.seats):
            carries = [t * count + i < planks for t in range(self.horizon)]
            plan[seat] = tuple(self.actions[carry] for carry in carries)
        return plan

    def security(self, seat: Seat) -> Security:
        """Return resting: it costs nothing."""
        return Security(0.0, "rest")
