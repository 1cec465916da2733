"""Names of coalitions in files and prompts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shapley_coop.records import Seat


def label(coalition: Sequence[Seat] | frozenset[Seat], seats: Sequence[Seat]) -> str:
    """Return the one name of a coalition: `nobody`, `everyone`, `everyone but a`, or `a+b`."""
    inside = frozenset(coalition)
    members = [seat for seat in seats if seat in inside]
    if not members:
        return "nobody"
    if len(members) == len(seats):
        return "everyone"
    if len(members) == len(seats) - 1 and len(seats) > 2:
        (absent,) = set(seats) - set(members)
        return f"everyone but {absent}"
    return "+".join(members)


def all_coalitions(n: int) -> NDArray[np.bool_]:
    """Return the bool matrix (2^n, n) of all coalitions; bit i of the row number is player i."""
    return (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)


def _all_counts(sizes: Sequence[int]) -> NDArray[np.int64]:
    """Return the rows of how many of each kind are in, the last kind fastest."""
    shape = tuple(size + 1 for size in sizes)
    return np.stack(np.unravel_index(np.arange(int(np.prod(shape))), shape), axis=1)
