"""The worth of a game with one more seat that changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shapley_coop.interfaces.game import CoalitionWorth, CountWorth
from shapley_coop.records import Seat


def with_null_kind(worth: CountWorth, null: Seat) -> CountWorth:
    """Return a worth by counts with one more kind, the null seat, which changes nothing."""
    draws = worth.draws

    def values(counts: NDArray[np.int64]) -> NDArray[np.float64]:
        return worth.values(counts[:, :-1])

    def values_by_draw(counts: NDArray[np.int64]) -> NDArray[np.float64]:
        assert draws is not None
        return draws(counts[:, :-1])

    kinds = (*worth.kinds, (null,))
    by_draw = None if draws is None else values_by_draw
    return replace(worth, kinds=kinds, values=values, draws=by_draw)


def with_null_member(worth: CoalitionWorth, null: Seat) -> CoalitionWorth:
    """Return a worth by coalition with one more seat, the null seat, which changes nothing."""
    draws, numbers = worth.draws, worth.plays

    def values(members: NDArray[np.bool_]) -> NDArray[np.float64]:
        return worth.values(members[:, :-1])

    def values_by_draw(members: NDArray[np.bool_]) -> NDArray[np.float64]:
        assert draws is not None
        return draws(members[:, :-1])

    def plays(members: NDArray[np.bool_]) -> NDArray[np.int64]:
        assert numbers is not None
        return numbers(members[:, :-1])

    seats = (*worth.seats, null)
    by_draw = None if draws is None else values_by_draw
    shapley = None if worth.shapley is None else (*worth.shapley, 0.0)
    return replace(
        worth,
        seats=seats,
        values=values,
        draws=by_draw,
        plays=None if numbers is None else plays,
        shapley=shapley,
    )
