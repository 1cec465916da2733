"""A common-pool fishery: what is left doubles, and too few left are none at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import (
    CountWorth,
    Game,
    History,
    Security,
    kinds_by_line,
    seat_count,
    whole,
)
from shapley_coop.records import Facts, Seat
from shapley_coop.records.statements import Domain, Statement, StatementKind

MOST = 4
"""Units that a seat can ask for in a season."""


class Pool(NamedTuple):
    """The world of the fishery."""

    stock: int
    """Units of fish now."""
    catches: tuple[float, ...]
    """What each seat caught in the latest season."""
    collapsed: bool = False
    """Whether the fish died out before the last season."""


class Fishery(Game):
    """Each season a seat asks for 0 to 4 units of fish from a pool of 4 a seat.

    If together they ask for more than there is, each gets in proportion. Between seasons what is
    left doubles, up to the start. Fewer than `collapse` units die out, and the game ends. The
    dynamics are those of GovSim's fishery (Piatti et al., 2024) in units of five tons.
    """

    name = "fishery"
    actions = tuple(f"catch-{units}" for units in range(MOST + 1))
    goal = "sustained"
    idle = "catch-0"
    absences = ("removed", "idle", "baseline", "swap")
    oracle_absence = "removed"
    # The oracle removes rivals, and rivals who go on fishing leave a coalition less.
    externalities = True
    variants = ({"seats": 2, "seasons": 4, "collapse": 2}, {"seats": 10, "seasons": 3})

    def __init__(
        self,
        seats: int = 5,
        seasons: int = 8,
        collapse: int = 1,
        *,
        render_mode: str | None = None,
    ) -> None:
        count = seat_count(self.name, "seats", seats, 2)
        self.horizon = whole(self.name, "seasons", seasons, 1)
        self.capacity = MOST * count
        self.collapse = whole(self.name, "collapse", collapse, 1)
        if collapse > self.capacity:
            raise ConfigError(
                f"{self.name} with collapse={collapse} dies out at once: the pool holds "
                f"{self.capacity} units"
            )
        fishers = [f"fisher_{i}" for i in range(count)]
        super().__init__(fishers, render_mode=render_mode)

    def begin(self) -> Pool:
        """Return a full pool."""
        return Pool(self.capacity, (0.0,) * len(self.possible_agents))

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Divide the catch, and let what is left grow unless this was the last season."""
        demands = [actions[seat] for seat in self.possible_agents]
        # All get the same part of what they asked for if there is too little.
        total = min(sum(demands), self.world.stock)
        part = total / sum(demands) if total else 0.0
        catches = tuple(units * part for units in demands)
        rest = self.world.stock - total
        # After the last season nothing grows, and an empty pool is no collapse.
        last = self.clock + 1 >= self.horizon
        if last:
            self.world = Pool(rest, catches)
        else:
            stock = grow(rest, self.capacity, self.collapse)
            self.world = Pool(stock, catches, collapsed=stock == 0)
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
        catches = dict(zip(self.possible_agents, self.world.catches, strict=True))
        return {
            "step": self.clock,
            "seasons": self.horizon,
            "seats": len(self.possible_agents),
            "stock": self.world.stock,
            "most_stock": self.capacity,
            "growth": 2,
            "dies_out_below": self.collapse,
            "most_catch": MOST,
            "latest_catches": catches,
        }

    def statement_kinds(self) -> tuple[StatementKind, ...]:
        """Return the fish in the pool, and the latest catches in whole units."""
        fishers = tuple(self.possible_agents)
        pool: dict[str, Domain] = {"units": range(self.capacity + 1)}
        catch: dict[str, Domain] = {
            "fisher": fishers,
            "units": range(MOST + 1),
        }
        return (
            StatementKind("pool", "fish in the pool", pool),
            StatementKind("catch", "latest catch, rounded", catch, most=len(fishers)),
        )

    def statements(self, seat: Seat) -> tuple[Statement, ...]:
        """Return the pool and what each caught last."""
        statements = [Statement("pool", {"units": self.world.stock})]
        for fisher, units in zip(self.possible_agents, self.world.catches, strict=True):
            fields = {"fisher": fisher, "units": round(units)}
            statements.append(Statement("catch", fields))
        return tuple(statements)

    def step_reward(self, seat: Seat, action: str) -> float:
        """Return 1 for a catch that all could take and the pool still fill up, -1 for the most.

        The judgement is linear between. In the last season nothing has to be left.
        """
        spare: int = self.world.stock
        if self.clock + 1 < self.horizon:
            # Half a pool is what doubles to a full one.
            spare -= (self.capacity + 1) // 2
        fair = min(MOST, max(0, spare) // len(self.possible_agents))
        beyond = self.actions.index(action) - fair
        if beyond <= 0:
            return 1.0
        return 1.0 - 2.0 * beyond / (MOST - fair)

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return seasons and fish left, the own latest catch and the mean."""
        catches = self.world.catches
        own = catches[self.possible_agents.index(seat)]
        seasons_left = 1 - self.clock / self.horizon
        stock = self.world.stock / self.capacity
        features = [seasons_left, stock, own / MOST, np.mean(catches) / MOST]
        return np.array(features, np.float32)

    def restrict(self, seats: Sequence[Seat]) -> Fishery:
        """Return the same pool with only `seats` fishing."""
        return self.only(seats)

    def oracle(self) -> CountWorth:
        """Return the most that s seats can catch by themselves, by dynamic programming."""

        def values(counts_k1: NDArray[np.int64]) -> NDArray[np.float64]:
            lines = map(self._best_catches, counts_k1[:, 0].tolist())
            return np.array([sum(line) for line in lines], np.float64)

        return CountWorth((self.seats,), values)

    def replay_oracle(self, history: History) -> CountWorth:
        """Return replay values by what seats asked for: those who asked alike are one kind.

        A seat whose recorded actions are used up asks for the most. O(seasons) a coalition.
        """
        kinds = kinds_by_line(self.possible_agents, history)
        asked_KT = np.full((len(kinds), self.horizon), MOST)
        for row, line in enumerate(kinds):
            units = [self.index[action] for action in line[: self.horizon]]
            asked_KT[row, : len(units)] = units

        def values(counts_kK: NDArray[np.int64]) -> NDArray[np.float64]:
            demands_kT = (counts_kK @ asked_KT).tolist()
            return np.array([self._caught(demands) for demands in demands_kT], float)

        return CountWorth(tuple(kinds.values()), values)

    def _caught(self, demands: Sequence[int]) -> int:
        """Return what is caught in all if so much is asked for in each season."""
        stock, caught = self.capacity, 0
        for demand in demands:
            catch = min(demand, stock)
            caught += catch
            stock = grow(stock - catch, self.capacity, self.collapse)
        return caught

    def _best_catches(self, count: int) -> tuple[int, ...]:
        return best_catches(self.horizon, MOST * count, self.capacity, self.collapse)

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return the catches of greatest total, spread evenly.

        Of equal plans this is the one that catches most early on.
        """
        count = len(self.possible_agents)
        totals = self._best_catches(count)
        plan = {}
        for number, seat in enumerate(self.possible_agents):
            line = []
            for total in totals:
                share, rest = divmod(total, count)
                # The first seats in order take what does not divide.
                line.append(self.actions[share + (number < rest)])
            plan[seat] = tuple(line)
        return plan

    def security(self, seat: Seat) -> Security:
        """Return asking for the most: the others may empty the pool this season."""
        # The least is left if everybody asks for the most.
        demand = MOST * len(self.possible_agents)
        share = min(1.0, self.world.stock / demand)
        return Security(MOST * share, self.actions[-1])

    def picture(self) -> str:
        """Return the pool and the latest catches as bars."""
        stock = self.world.stock
        bar = "#" * stock + "." * (self.capacity - stock)
        lines = [
            f"{self.name}, {self.clock} of {self.horizon} seasons fished",
            f"pool     [{bar}] {stock}/{self.capacity}",
        ]
        for seat, units in zip(self.possible_agents, self.world.catches, strict=True):
            lines.append(f"{seat} caught {units:.3g}")
        return "\n".join(lines)


def grow(rest: int, capacity: int, collapse: int) -> int:
    """Return the fish of the next season from those that are left."""
    return 0 if rest < collapse else min(capacity, 2 * rest)


# Coalitions of one size ask the same, and every seat of a game asks again.
@lru_cache(maxsize=1 << 10)
def best_catches(
    seasons: int, most: int, capacity: int, collapse: int
) -> tuple[int, ...]:
    """Return the catches a season of greatest total from a full pool, the greatest early ones.

    It is a dynamic program over the units that are left, from the last season to the first
    (Bellman, 1957). O(seasons * capacity * most).
    """
    units = np.arange(capacity + 1)
    next_stock = np.array([grow(rest, capacity, collapse) for rest in units.tolist()])
    # Nothing is caught after the last season.
    caught_later = np.zeros(capacity + 1, np.int64)
    rests: list[NDArray[np.int64]] = []
    for _season in range(seasons):
        # From `stock` units, `rest` may be left if it is at most `stock` and at least `stock -
        # most`. The catch is the difference, so `stock` itself decides nothing.
        gain = caught_later[next_stock] - units
        padded = np.concatenate([np.full(most, np.iinfo(np.int64).min), gain])
        # The first of equal values leaves least, which is the greatest catch.
        left_out = np.argmax(sliding_window_view(padded, most + 1), axis=1)
        rest = units - most + left_out
        caught_later = units + gain[rest]
        rests.append(rest)
    catches = []
    stock = capacity
    for rest in reversed(rests):
        left = int(rest[stock])
        catches.append(stock - left)
        stock = int(next_stock[left])
    return tuple(catches)
