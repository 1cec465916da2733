"""A common-pool fishery: what is left doubles, and too few left are none at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import CountWorth, Game, Security, whole
from shapley_coop.records import Facts, Seat
from shapley_coop.records.statements import Domain, Statement, StatementKind

MOST = 4


class Pool(NamedTuple):
    """The fish now, and what each seat caught at the latest step."""

    stock: int
    catches: tuple[float, ...]
    collapsed: bool = False


class Fishery(Game):
    """Each season a seat asks for 0 to 4 units of fish from a pool of 4 a seat.

    If together they ask for more than there is, each gets in proportion. Between seasons what is
    left doubles, up to the start; fewer than `collapse` units die out and the game ends. The
    dynamics are those of GovSim's fishery (Piatti et al., 2024) in units of five tons.
    """

    name = "fishery"
    actions = tuple(f"catch-{units}" for units in range(MOST + 1))
    goal = "sustained"
    idle = "catch-0"
    absences = ("removed", "idle", "baseline", "swap")
    variants = ({"seats": 2, "seasons": 4, "collapse": 2}, {"seats": 10, "seasons": 3})

    def __init__(
        self,
        seats: int = 5,
        seasons: int = 8,
        collapse: int = 1,
        *,
        render_mode: str | None = None,
    ) -> None:
        count = whole(self.name, "seats", seats, 2)
        self.horizon = whole(self.name, "seasons", seasons, 1)
        self.capacity = MOST * count
        self.collapse = whole(self.name, "collapse", collapse, 1)
        if collapse > self.capacity:
            raise ConfigError(
                f"{self.name} with collapse={collapse} dies out at once: the pool holds "
                f"{self.capacity} units"
            )
        super().__init__([f"fisher_{i}" for i in range(count)], render_mode=render_mode)

    def begin(self) -> Pool:
        """Return a full pool."""
        return Pool(self.capacity, (0.0,) * len(self.possible_agents))

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Divide the catch; let what is left grow, unless this was the last season."""
        asked = [actions[seat] for seat in self.possible_agents]
        caught = min(sum(asked), self.world.stock)
        part = caught / sum(asked) if caught else 0.0
        left = self.world.stock - caught
        if self.clock + 1 < self.horizon:
            left = grown(left, self.capacity, self.collapse)
        catches = tuple(units * part for units in asked)
        self.world = Pool(
            left, catches, collapsed=not left and self.clock + 1 < self.horizon
        )
        return dict(zip(self.possible_agents, catches, strict=True))

    def over(self) -> bool:
        """Return whether the fish have died out or all seasons are over."""
        return self.world.collapsed or self.clock >= self.horizon

    def outcomes(self) -> frozenset[str]:
        """Return `collapsed`, or at the end `sustained` if there were fish every season."""
        if self.world.collapsed:
            return frozenset({"collapsed"})
        return frozenset({"sustained"} if self.clock >= self.horizon else ())

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name."""
        return ("sustained", "collapsed")

    def facts(self, seat: Seat) -> Facts:
        """Return the rules as numbers, the fish now, and the latest catches."""
        return {
            "step": self.clock,
            "seasons": self.horizon,
            "seats": len(self.possible_agents),
            "stock": self.world.stock,
            "most_stock": self.capacity,
            "growth": 2,
            "dies_out_below": self.collapse,
            "most_catch": MOST,
            "latest_catches": dict(
                zip(self.possible_agents, self.world.catches, strict=True)
            ),
        }

    def statement_kinds(self) -> tuple[StatementKind, ...]:
        """Return the fish in the pool, and the latest catches in whole units."""
        catch: dict[str, Domain] = {
            "fisher": tuple(self.possible_agents),
            "units": range(MOST + 1),
        }
        return (
            StatementKind(
                "pool", "fish in the pool", {"units": range(self.capacity + 1)}
            ),
            StatementKind(
                "catch", "latest catch, rounded", catch, most=len(self.possible_agents)
            ),
        )

    def statements(self, seat: Seat) -> tuple[Statement, ...]:
        """Return the pool and what each caught last."""
        catches = [
            Statement("catch", {"fisher": fisher, "units": round(units)})
            for fisher, units in zip(
                self.possible_agents, self.world.catches, strict=True
            )
        ]
        return (Statement("pool", {"units": self.world.stock}), *catches)

    def step_reward(self, seat: Seat, action: str) -> float:
        """Return 1 for a catch that all could take and the pool still fill up, -1 for the most.

        Linear between; in the last season nothing has to be left.
        """
        spare = self.world.stock
        if self.clock + 1 < self.horizon:
            spare -= (self.capacity + 1) // 2
        fair = min(MOST, max(0, spare) // len(self.possible_agents))
        beyond = max(0, self.actions.index(action) - fair)
        return 1.0 if not beyond else 1.0 - 2.0 * beyond / (MOST - fair)

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return seasons and fish left, the own latest catch and the mean."""
        own = self.world.catches[self.possible_agents.index(seat)]
        left, mean = 1 - self.clock / self.horizon, np.mean(self.world.catches)
        return np.array(
            [left, self.world.stock / self.capacity, own / MOST, mean / MOST],
            np.float32,
        )

    def restrict(self, seats: Sequence[Seat]) -> Fishery:
        """Return the same pool with only `seats` fishing."""
        return self.only(seats)

    def oracle(self) -> CountWorth:
        """Return the most that s seats can catch by themselves, by dynamic programming."""

        def values(counts_k1: NDArray[np.int64]) -> NDArray[np.float64]:
            best = [
                best_catches(
                    self.capacity, self.horizon, MOST * s, self.capacity, self.collapse
                )
                for s in counts_k1[:, 0].tolist()
            ]
            return np.array([sum(catches) for catches in best], np.float64)

        return CountWorth((self.seats,), values)

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return the catches of greatest total, spread evenly; of equals, the earliest greed."""
        count = len(self.possible_agents)
        totals = best_catches(
            self.capacity, self.horizon, MOST * count, self.capacity, self.collapse
        )
        return {
            seat: tuple(
                self.actions[total // count + (i < total % count)] for total in totals
            )
            for i, seat in enumerate(self.possible_agents)
        }

    def security(self, seat: Seat) -> Security:
        """Return asking for the most: the others may empty the pool this season."""
        demand = MOST * len(self.possible_agents)
        return Security(MOST * min(1.0, self.world.stock / demand), self.actions[-1])

    def picture(self) -> str:
        """Return the pool and the latest catches as bars."""
        stock = self.world.stock
        bar = "#" * stock + "." * (self.capacity - stock)
        lines = [
            f"{self.name}, {self.clock} of {self.horizon} seasons fished",
            f"pool     [{bar}] {stock}/{self.capacity}",
        ]
        for seat, caught in zip(self.possible_agents, self.world.catches, strict=True):
            lines.append(f"{seat} caught {caught:.3g}")
        return "\n".join(lines)


def grown(left: int, capacity: int, collapse: int) -> int:
    """Return the fish of the next season from those that are left."""
    return 0 if left < collapse else min(capacity, 2 * left)


@lru_cache(maxsize=1 << 14)
def best_catches(
    stock: int, seasons: int, most: int, capacity: int, collapse: int
) -> tuple[int, ...]:
    """Return the catches a season of greatest total. O(seasons * capacity * most)."""
    if seasons == 0 or most == 0:
        return (0,) * seasons
    if seasons == 1:
        return (min(most, stock),)

    def onward(now: int) -> tuple[int, ...]:
        left = grown(stock - now, capacity, collapse)
        return (now, *best_catches(left, seasons - 1, most, capacity, collapse))

    return max(map(onward, range(min(most, stock), -1, -1)), key=sum)
