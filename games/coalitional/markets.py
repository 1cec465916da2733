"""Two-sided markets: gloves that are worth something in pairs, and the market for horses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from games.coalitional.base import CoalitionalGame, amounts
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import CoalitionWorth, CountWorth, seat_count
from shapley_coop.records import Facts

BOHM_BAWERK_SELLERS = (10.0, 11.0, 15.0, 17.0, 20.0, 21.5, 25.0, 26.0)
BOHM_BAWERK_BUYERS = (30.0, 28.0, 26.0, 24.0, 22.0, 21.0, 20.0, 18.0, 17.0, 15.0)
"""Valuations of a horse in Böhm-Bawerk's example (1889): five pairs trade, at 21 to 21.5."""


class Gloves(CoalitionalGame):
    """Seats own a left or a right glove, and a pair is worth 1 (Shapley & Shubik, 1969).

    v(l, r) = min(l, r). For one left and two right gloves φ is 2/3, 1/6, 1/6.
    """

    name = "gloves"
    variants: ClassVar = ({"left": 2, "right": 2}, {"left": 3, "right": 9})

    def __init__(
        self, left: int = 1, right: int = 2, *, render_mode: str | None = None
    ) -> None:
        lefts = seat_count(self.name, "left", left, 1)
        rights = seat_count(self.name, "right", right, 1)
        self.left = tuple(f"left_{i}" for i in range(lefts))
        self.right = tuple(f"right_{i}" for i in range(rights))
        super().__init__((*self.left, *self.right), render_mode=render_mode)

    def characteristic(self) -> CountWorth:
        """Return min(l, r)."""

        def values(counts: NDArray[np.int64]) -> NDArray[np.float64]:
            pairs = counts.min(axis=1)
            return np.asarray(pairs, np.float64)

        return CountWorth((self.left, self.right), values)

    def rules(self) -> Facts:
        """Return who owns which glove."""
        return {"left_gloves": list(self.left), "right_gloves": list(self.right)}


class HorseMarket(CoalitionalGame):
    """Each seller owns a horse, each buyer wants one, and v(S) is the gain of the best trades.

    The assignment game (Shapley & Shubik, 1971) of Böhm-Bawerk's horse market: all horses are
    alike, so the buyers of highest value trade with the sellers of lowest. The default is its five
    trading pairs. `market="bohm-bawerk"` is all 18 traders.
    """

    name = "horse-market"
    variants: ClassVar = ({"sellers": [0.0], "buyers": [90.0, 100.0]},)

    def __init__(
        self,
        sellers: Sequence[float] | None = None,
        buyers: Sequence[float] | None = None,
        market: str = "trading",
        *,
        render_mode: str | None = None,
    ) -> None:
        if market not in ("trading", "bohm-bawerk"):
            raise ConfigError(
                f"{self.name} knows the markets 'trading' and 'bohm-bawerk', got {market!r}; for "
                f"another, give sellers and buyers"
            )
        # Beyond the five trading pairs nobody gains, and coalitions are too many to enumerate.
        most = 5 if market == "trading" else None
        self.asks = _valuations(
            self.name, "sellers", sellers, BOHM_BAWERK_SELLERS[:most]
        )
        self.bids = _valuations(self.name, "buyers", buyers, BOHM_BAWERK_BUYERS[:most])
        seats = [f"seller_{i}" for i in range(len(self.asks))]
        seats += [f"buyer_{i}" for i in range(len(self.bids))]
        super().__init__(seats, render_mode=render_mode)

    def characteristic(self) -> CoalitionWorth:
        """Return the sum of positive gains, cheapest sellers with keenest buyers."""
        asks, bids = np.array(self.asks), np.array(self.bids)
        cheapest = np.argsort(asks, kind="stable")
        keenest = np.argsort(-bids, kind="stable")
        pairs = min(len(asks), len(bids))

        def values(members: NDArray[np.bool_]) -> NDArray[np.float64]:
            sellers_in = members[:, : len(asks)]
            buyers_in = members[:, len(asks) :]
            # Who is absent asks for too much, or bids too little, to trade with anybody.
            inside_asks = np.where(sellers_in, asks, np.inf)[:, cheapest]
            inside_bids = np.where(buyers_in, bids, -np.inf)[:, keenest]
            low = np.sort(inside_asks, axis=1)[:, :pairs]
            high = -np.sort(-inside_bids, axis=1)[:, :pairs]
            gains = np.maximum(high - low, 0.0)
            return np.asarray(gains.sum(axis=1), np.float64)

        return CoalitionWorth(self.roster, values)

    def rules(self) -> Facts:
        """Return what a horse is worth to each seller and buyer."""
        valuations = (*self.asks, *self.bids)
        return {"a_horse_is_worth": dict(zip(self.roster, valuations, strict=True))}


def _valuations(
    game: str, parameter: str, value: Any, default: tuple[float, ...]
) -> tuple[float, ...]:
    return default if value is None else amounts(game, parameter, value)
