"""Costs and estates to share: the airport's runway, and the Talmud's bankruptcies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from games.coalitional.base import CoalitionalGame, amounts
from games.coalitional.decimals import whole_amounts
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import CoalitionWorth
from shapley_coop.records import Facts, Seat
from shapley_coop.shapley import airport


class Airport(CoalitionalGame):
    """Airlines share a runway that costs what the largest aircraft among them needs.

    v(S) = -max cost in S. With costs in rising order φ_i = -Σ_{k≤i} (c_k - c_{k-1}) / (n - k + 1):
    each stretch is paid evenly by those who need it (Littlechild & Owen, 1973).
    """

    name = "airport-runway"
    variants: ClassVar = ({"costs": [1, 3, 3, 7, 20]},)

    def __init__(
        self, costs: Sequence[float] = (12, 20, 33), *, render_mode: str | None = None
    ) -> None:
        self.costs = amounts(self.name, "costs", costs, least=2)
        seats = [f"airline_{i}" for i in range(len(self.costs))]
        super().__init__(seats, render_mode=render_mode)

    def characteristic(self) -> CoalitionWorth:
        """Return minus the greatest cost."""
        costs = np.array(self.costs)

        def values(members: NDArray[np.bool_]) -> NDArray[np.float64]:
            needs = np.where(members, costs, 0.0)
            # Subtracted from 0, since minus the cost of nobody would print as -0.
            return np.asarray(0.0 - needs.max(axis=1), np.float64)

        return CoalitionWorth(self.roster, values)

    def shapley(self, team: Sequence[Seat]) -> Sequence[float]:
        """Return what each airline pays of the stretches that it needs."""
        costs = [self.costs[self.roster.index(seat)] for seat in team]
        shares: list[float] = airport(costs).values.tolist()
        # Subtracted from 0, since minus the share of nobody would print as -0.
        return [0.0 - share for share in shares]

    def rules(self) -> Facts:
        """Return the runway that each airline needs."""
        return {"runway_costs": dict(zip(self.roster, self.costs, strict=True))}


class Bankruptcy(CoalitionalGame):
    """Creditors share an estate that is too small, and v(S) is what the others' claims leave.

    v(S) = max(0, estate - claims outside S) (O'Neill, 1982), whose Shapley value is his recursive
    completion: paying in full in random order. The default is the Talmud's three widows
    (Kethubot 93a) with an estate of 200: φ is 33 1/3, 83 1/3, 83 1/3, while the Talmud's own
    50, 75, 75 is the nucleolus (Aumann & Maschler, 1985).
    """

    name = "bankruptcy"
    variants: ClassVar = (
        {"estate": 100},
        {"estate": 300},
        {"estate": 6, "claims": [2, 3, 4, 5]},
    )

    def __init__(
        self,
        estate: float = 200,
        claims: Sequence[float] = (100, 200, 300),
        *,
        render_mode: str | None = None,
    ) -> None:
        self.claims = amounts(self.name, "claims", claims, least=2)
        (self.estate,) = amounts(self.name, "estate", [estate])
        # They are compared as the decimals that were given.
        units = whole_amounts([self.estate, *self.claims])
        estate_units, *claims_units = units.numbers.tolist()
        # An estate that is large enough pays every claim, and there is no game.
        if estate_units > sum(claims_units):
            raise ConfigError(
                f"{self.name} needs claims of more than the estate: claims sum to "
                f"{sum(claims_units) / units.per_one:g}, the estate is {self.estate:g}"
            )
        seats = [f"creditor_{i}" for i in range(len(self.claims))]
        super().__init__(seats, render_mode=render_mode)

    def characteristic(self) -> CoalitionWorth:
        """Return what is left once everybody outside is paid in full."""
        units = whole_amounts([self.estate, *self.claims])
        estate = units.numbers[0]
        claims = units._replace(numbers=units.numbers[1:])

        def values(members: NDArray[np.bool_]) -> NDArray[np.float64]:
            left = estate - claims.sums(~members)
            return units.as_floats(np.maximum(0, left))

        return CoalitionWorth(self.roster, values)

    def rules(self) -> Facts:
        """Return the estate and the claims."""
        return {
            "estate": self.estate,
            "claims": dict(zip(self.roster, self.claims, strict=True)),
        }
