"""Worth of coalitions whose members can only cooperate along links (Myerson 1977)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shapley_coop.credit.worth.shapes import Worth, expanded, memoised
from shapley_coop.interfaces.game import CoalitionWorth, CountWorth
from shapley_coop.records import Coalition, Seat

Link = tuple[Seat, Seat]


def communicating(
    worth: Worth, seats: Sequence[Seat], links: Sequence[Link]
) -> CoalitionWorth:
    """Return the worth of coalitions whose members work together only where links connect them.

    v(S) is the sum of v over the connected parts of S (Myerson, 1977); its Shapley value is the
    Myerson value. `links` are unordered pairs of seats.
    """
    full = expanded(worth, seats) if isinstance(worth, CountWorth) else worth
    near: dict[Seat, set[Seat]] = {seat: set() for seat in seats}
    for one, other in links:
        near[one].add(other)
        near[other].add(one)

    def value(coalition: Coalition) -> float:
        parts, left = [], set(coalition)
        while left:
            part, edge = set[Seat](), {next(seat for seat in seats if seat in left)}
            while edge:
                part |= edge
                edge = set().union(*(near[seat] for seat in edge)) & left - part
            left -= part
            parts.append([seat in part for seat in seats])
        if not parts:
            parts = [[False] * len(seats)]
        return float(full.values(np.array(parts)).sum())

    return memoised(seats, value)
