"""Weighted voting: a coalition with enough votes wins 1, any other nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from games.coalitional.base import CoalitionalGame, amounts
from games.coalitional.decimals import whole_amounts
from shapley_coop.errors import ConfigError, unknown
from shapley_coop.interfaces.game import CountWorth
from shapley_coop.records import Facts


class Body(NamedTuple):
    """A voting body."""

    quota: float
    """Votes that are needed to win."""
    votes: tuple[tuple[str, float], ...]
    """Every member's name and votes."""


def _members(*groups: tuple[float, str]) -> tuple[tuple[str, float], ...]:
    """Return members from (votes, names) of groups whose members have equal votes."""
    members = []
    for votes, names in groups:
        members += [(name, votes) for name in names.split()]
    return tuple(members)


BODIES = {
    # Council of the European Economic Community, Treaty of Rome, Art. 148 (1958-1973).
    "eec-1958": Body(
        12,
        _members(
            (4, "germany france italy"),
            (2, "belgium netherlands"),
            (1, "luxembourg"),
        ),
    ),
    # UN Charter, Art. 27: nine of fifteen votes, those of all five permanent members among them.
    # As weights 7 and 1 with quota 39 (Straffin, 1983).
    "un-security-council": Body(
        39,
        _members(
            (7, "china france russia britain usa"),
            (1, "elected " * 10),
        ),
    ),
    # Council of the European Union of 27, votes of the Treaty of Nice (2007-2014). The further
    # conditions on the number of members and their population are left out.
    "eu-council-nice": Body(
        255,
        _members(
            (29, "germany france italy britain"),
            (27, "spain poland"),
            (14, "romania"),
            (13, "netherlands"),
            (12, "belgium czechia greece hungary portugal"),
            (10, "austria bulgaria sweden"),
            (7, "denmark ireland lithuania slovakia finland"),
            (4, "cyprus estonia latvia luxembourg slovenia"),
            (3, "malta"),
        ),
    ),
}


class WeightedVoting(CoalitionalGame):
    """Seats hold votes, and v(S) = 1 if those of S reach the quota (Shapley & Shubik, 1954).

    φ is the Shapley-Shubik power index. Give a known `body`, or `quota` and `weights` of your own.
    Seats of equal votes are one kind, so 27 members are counted and not enumerated.
    """

    name = "weighted-voting"
    variants: ClassVar = (
        {"body": "un-security-council"},
        {"quota": 5, "weights": [3, 2, 2, 1]},
    )

    def __init__(
        self,
        body: str = "eec-1958",
        quota: float | None = None,
        weights: Sequence[float] | None = None,
        *,
        render_mode: str | None = None,
    ) -> None:
        if body not in BODIES:
            raise ConfigError(f"{self.name}: {unknown('body', str(body), BODIES)}")
        if (quota is None) != (weights is None):
            raise ConfigError(
                f"{self.name} needs both quota and weights, or neither and a body"
            )
        if quota is None:
            self.quota, members = BODIES[body]
        else:
            own = amounts(self.name, "weights", weights, least=2)
            amounts(self.name, "quota", [quota])
            self.quota = quota
            members = tuple(("member", weight) for weight in own)
        self.votes = {}
        for number, (name, votes) in enumerate(members):
            self.votes[f"{name}_{number}"] = votes
        # Votes and quota are compared as the decimals that were given.
        units = whole_amounts([self.quota, *self.votes.values()])
        needed, *votes_in_units = units.numbers.tolist()
        total = sum(votes_in_units)
        if not total < 2 * needed <= 2 * total:
            raise ConfigError(
                f"{self.name} cannot be set up with quota={self.quota:g}: the votes sum to "
                f"{total / units.per_one:g}; a quota lies above half of them, or two coalitions "
                f"could win at once, and not above all, or nobody could"
            )
        super().__init__(tuple(self.votes), render_mode=render_mode)

    def characteristic(self) -> CountWorth:
        """Return 1 where the votes reach the quota."""
        kinds: dict[float, list[str]] = {}
        for seat, votes in self.votes.items():
            kinds.setdefault(votes, []).append(seat)
        units = whole_amounts([self.quota, *kinds])
        quota = units.numbers[0]
        votes_of_kind = units._replace(numbers=units.numbers[1:])

        def values(counts: NDArray[np.int64]) -> NDArray[np.float64]:
            wins = votes_of_kind.sums(counts) >= quota
            return np.where(wins, 1.0, 0.0)

        seats_by_kind = tuple(tuple(seats) for seats in kinds.values())
        return CountWorth(seats_by_kind, values)

    def rules(self) -> Facts:
        """Return the quota and everybody's votes."""
        return {"quota": self.quota, "votes": self.votes}
