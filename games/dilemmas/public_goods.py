"""The public goods game of N seats: what one gives, all gain from, also those who kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
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

ENDOWMENT = 10.0
GIFTS = (0.0, 5.0, 10.0)
"""What each action gives."""
BAR = 1.0
"""Units that one sign of a bar stands for."""


class PublicGoods(Game):
    """Each round a seat holds 10 and gives none, half or all. A unit given pays `rate` to all.

    The linear game of Isaac & Walker (1988). With rate < 1 < rate * seats keeping is better for
    everyone by itself, and all giving is best together.
    """

    name = "public-goods"
    actions = ("keep", "give-half", "give-all")
    goal = "all-give"
    idle = "keep"
    absences = ("removed", "idle", "baseline", "swap")
    oracle_absence = "removed"
    variants = ({"seats": 2, "rate": 0.75, "rounds": 3}, {"seats": 10, "rate": 0.05})

    def __init__(
        self,
        seats: int = 4,
        rate: float = 0.5,
        rounds: int = 1,
        *,
        render_mode: str | None = None,
    ) -> None:
        # Python counts True as the number 1, and nobody means that.
        number = isinstance(rate, int | float) and not isinstance(rate, bool)
        if not number or not 0 < rate < 1:
            raise ConfigError(
                f"{self.name} cannot be set up with rate={rate!r}: what a unit given pays to each "
                f"seat lies between 0 and 1"
            )
        self.rate = float(rate)
        self.horizon = whole(self.name, "rounds", rounds, 1)
        count = seat_count(self.name, "seats", seats, 2)
        players = [f"player_{i}" for i in range(count)]
        super().__init__(players, render_mode=render_mode)

    def begin(self) -> tuple[tuple[int, ...], ...]:
        """Return that no round was played."""
        return ()

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Pay what each kept and everybody's part of what was given."""
        choices = tuple(actions[seat] for seat in self.possible_agents)
        self.world = (*self.world, choices)
        gifts = self._gifts(choices)
        # Everybody gains from all gifts, its own included.
        common = self.rate * sum(gifts.values())
        return {seat: ENDOWMENT - gift + common for seat, gift in gifts.items()}

    def _gifts(self, choices: Sequence[int]) -> dict[Seat, float]:
        gifts = [GIFTS[action] for action in choices]
        return dict(zip(self.possible_agents, gifts, strict=True))

    def over(self) -> bool:
        """Return whether every round was played."""
        return self.clock >= self.horizon

    def outcomes(self) -> frozenset[str]:
        """Return `all-give` and `nobody-gives` of the latest round."""
        if not self.world:
            return frozenset()
        choices = set(self.world[-1])
        if choices == {len(self.actions) - 1}:
            return frozenset({"all-give"})
        if choices == {0}:
            return frozenset({"nobody-gives"})
        return frozenset()

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
            "gives": dict(zip(self.actions, GIFTS, strict=True)),
            "each_gets_a_unit_given": self.rate,
            "given": [self._gifts(choices) for choices in self.world],
        }

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return rounds left, the rate, and the latest gifts: own, then the mean."""
        own = self.possible_agents.index(seat)
        shares = np.zeros(len(self.possible_agents))
        if self.world:
            gifts = self._gifts(self.world[-1])
            shares = np.array(list(gifts.values())) / ENDOWMENT
        left = 1 - self.clock / self.horizon
        features = [
            left,
            self.rate,
            shares[own],
            shares.mean(),
        ]
        return np.array(features, np.float32)

    def restrict(self, seats: Sequence[Seat]) -> PublicGoods:
        """Return the game of only `seats`, at the same rate."""
        return self.only(seats)

    def oracle(self) -> CountWorth:
        """Return v(s) = 10 s max(1, rate * s) a round: a coalition by itself gives if it gains."""

        def values(counts_k1: NDArray[np.int64]) -> NDArray[np.float64]:
            s_k = counts_k1[:, 0]
            kept_k = self.horizon * ENDOWMENT * s_k
            # Giving multiplies what a coalition holds. It keeps where that is less.
            factor_k = np.maximum(1.0, self.rate * s_k)
            return np.asarray(kept_k * factor_k, np.float64)

        return CountWorth((self.seats,), values)

    def replay_oracle(self, history: History) -> CountWorth:
        """Return replay values by what seats gave: those who gave alike are one kind.

        A seat whose recorded actions are used up keeps.
        """
        kinds = kinds_by_line(self.possible_agents, history)
        gifts = dict(zip(self.actions, GIFTS, strict=True))
        given = [sum(gifts[action] for action in line) for line in kinds]
        given_K = np.array(given)

        def values(counts_kK: NDArray[np.int64]) -> NDArray[np.float64]:
            size_k = counts_kK.sum(axis=1)
            gifts_k = counts_kK @ given_K
            # Every unit given is lost to its giver and pays the rate to each member.
            kept_k = self.horizon * ENDOWMENT * size_k - gifts_k
            return np.asarray(kept_k + self.rate * size_k * gifts_k, np.float64)

        return CountWorth(tuple(kinds.values()), values)

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return all giving all, or all keeping where giving loses."""
        # A unit costs its giver 1 and pays everybody the rate.
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
        for seat, gift in self._gifts(self.world[-1]).items():
            bar = "#" * int(gift / BAR)
            line = f"{seat:<10} gives {gift:4g} {bar}"
            lines.append(line.rstrip())
        return "\n".join(lines)
