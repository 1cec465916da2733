"""The public goods game of N seats: what one gives, all gain from, also those who kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import CountWorth, Game, Security, whole
from shapley_coop.records import Facts, Seat

ENDOWMENT = 10.0
GIVEN = (0.0, 5.0, 10.0)


class PublicGoods(Game):
    """Each round a seat holds 10 and gives none, half or all; each unit given pays all `rate`.

    The linear game of Isaac & Walker (1988). With rate < 1 < rate * seats keeping is better for
    everyone by itself, and all giving is best together.
    """

    name = "public-goods"
    actions = ("keep", "give-half", "give-all")
    goal = "all-give"
    idle = "keep"
    absences = ("removed", "idle", "baseline", "swap")
    variants = ({"seats": 2, "rate": 0.75, "rounds": 3}, {"seats": 10, "rate": 0.05})

    def __init__(
        self,
        seats: int = 4,
        rate: float = 0.5,
        rounds: int = 1,
        *,
        render_mode: str | None = None,
    ) -> None:
        if (
            isinstance(rate, bool)
            or not isinstance(rate, int | float)
            or not 0 < rate < 1
        ):
            raise ConfigError(
                f"{self.name} cannot be set up with rate={rate!r}: what a unit given pays to each "
                f"seat lies between 0 and 1"
            )
        self.rate = float(rate)
        self.horizon = whole(self.name, "rounds", rounds, 1)
        count = whole(self.name, "seats", seats, 2)
        super().__init__([f"player_{i}" for i in range(count)], render_mode=render_mode)

    def begin(self) -> tuple[tuple[int, ...], ...]:
        """Return that no round was played."""
        return ()

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Pay what each kept and everybody's part of what was given."""
        chosen = tuple(actions[seat] for seat in self.possible_agents)
        self.world = (*self.world, chosen)
        common = self.rate * sum(GIVEN[action] for action in chosen)
        return {
            seat: ENDOWMENT - GIVEN[action] + common
            for seat, action in zip(self.possible_agents, chosen, strict=True)
        }

    def over(self) -> bool:
        """Return whether every round was played."""
        return self.clock >= self.horizon

    def outcomes(self) -> frozenset[str]:
        """Return `all-give` and `nobody-gives` of the latest round."""
        latest = set(self.world[-1]) if self.world else set()
        return frozenset(
            name
            for name, only in (("all-give", len(self.actions) - 1), ("nobody-gives", 0))
            if latest == {only}
        )

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name."""
        return ("all-give", "nobody-gives")

    def facts(self, seat: Seat) -> Facts:
        """Return the rules as numbers and what everybody gave so far."""
        return {
            "step": self.clock,
            "rounds": self.horizon,
            "seats": len(self.possible_agents),
            "endowment": ENDOWMENT,
            "gives": dict(zip(self.actions, GIVEN, strict=True)),
            "each_gets_a_unit_given": self.rate,
            "given": [
                {
                    other: GIVEN[action]
                    for other, action in zip(self.possible_agents, chosen, strict=True)
                }
                for chosen in self.world
            ],
        }

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return rounds left, the rate, and the latest gifts: own, then the mean."""
        own = self.possible_agents.index(seat)
        latest = self.world[-1] if self.world else (0,) * len(self.possible_agents)
        given = np.array([GIVEN[action] for action in latest]) / ENDOWMENT
        left = 1 - self.clock / self.horizon
        return np.array([left, self.rate, given[own], given.mean()], np.float32)

    def restrict(self, seats: Sequence[Seat]) -> PublicGoods:
        """Return the game of only `seats`, at the same rate."""
        return self.only(seats)

    def oracle(self) -> CountWorth:
        """Return v(s) = 10 s max(1, rate * s) a round: a coalition by itself gives if it gains."""

        def values(counts_k1: NDArray[np.int64]) -> NDArray[np.float64]:
            s_k = counts_k1[:, 0]
            total_k = self.horizon * ENDOWMENT * s_k * np.maximum(1.0, self.rate * s_k)
            return np.asarray(total_k, np.float64)

        return CountWorth((self.seats,), values)

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return all giving all, or all keeping where giving loses."""
        pays = self.rate * len(self.possible_agents) > 1
        action = "give-all" if pays else "keep"
        return dict.fromkeys(self.possible_agents, (action,) * self.horizon)

    def security(self, seat: Seat) -> Security:
        """Return keeping: 10 for every round left."""
        return Security(ENDOWMENT * (self.horizon - self.clock), "keep")

    def picture(self) -> str:
        """Return who gave what in the latest round, as bars."""
        lines = [f"{self.name}, {self.clock} of {self.horizon} rounds played"]
        if not self.world:
            return "\n".join([*lines, "nobody has given yet"])
        for seat, action in zip(self.possible_agents, self.world[-1], strict=True):
            given = GIVEN[action]
            lines.append(f"{seat:<10} gives {given:4g} {'#' * int(given)}".rstrip())
        return "\n".join(lines)
