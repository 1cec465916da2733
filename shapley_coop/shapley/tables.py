"""Tables of 2^n coalition values: validation, and the linear map behind semivalues."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats, as_floats
from shapley_coop.shapley.coalitions import coalition_sizes, players
from shapley_coop.shapley.units import Unit, unit_of

# Rows of 2^13 doubles: a row, its weights and its sums stay in a core's second-level cache.
_LOW_BITS_MAX = 13


def as_table(table: ArrayLike) -> Floats:
    """Return the table as float64, one value a coalition, where bit i of the index is player i.

    Float64 arrays, memory-mapped ones too, are not copied. Whether the values are finite is
    left to the sums over them, which show it without another pass.

    Raises:
        ValueError: not one-dimensional, the length is no power of two, a value is masked.
    """
    values = as_floats(table)
    if values.ndim != 1:
        raise ValueError(
            f"a coalition table has one dimension of 2^n values; this one has shape {values.shape}"
        )
    if values.size == 0 or values.size & (values.size - 1):
        power_below = 1 << max(values.size, 1).bit_length() - 1
        raise ValueError(
            f"a coalition table has 2^n values; {values.size} is no power of two (nearest: "
            f"{power_below} or {2 * power_below}). Include the empty coalition at index 0"
        )
    return values


def require_finite(values: Floats) -> None:
    """Raise a ValueError that names the first coalition whose value is NaN or infinite."""
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        first = int(bad[0])
        raise ValueError(
            f"{bad.size} coalition values are not finite; the first is {values[first]} "
            f"for players {players(first)} (index {first}). Evaluate these coalitions again"
        )


def linear_result(compute: Callable[[Floats], Floats], values: Floats) -> Floats:
    """Return what a linear function of a game makes of its table, at any magnitude.

    The function is 0 where all values are alike, so the origin of the game plays no part in it.
    Only where its sums leave the range of floats is the table brought to another unit.

    Raises:
        ValueError: a value of the table is not finite, or the result is too large for a float.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        result = compute(values)
    # NaN and infinity survive every sum, so a finite result speaks for all values.
    if np.isfinite(result).all():
        return result
    table, unit = normalise(values)
    return unit.restore(compute(table))


def normalise(values: Floats) -> tuple[Floats, Unit]:
    """Return the table with v(empty) = 0 and a spread near 1, and the unit that it is in.

    Raises:
        ValueError: a value is not finite.
    """
    require_finite(values)
    unit = unit_of(values, float(values[0]))
    return unit.normalise(values), unit


def player_count(table: Floats) -> int:
    """Return n of a table of 2^n values."""
    return table.size.bit_length() - 1


def open_table(path: str | Path) -> Floats:
    """Map a `.npy` file of 2^n float64 values without reading it into memory."""
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    if mapped.dtype != np.float64:
        raise ValueError(f"{path} holds {mapped.dtype}; save the table as float64")
    return as_table(mapped)


def low_bits(n: int) -> int:
    """Return how many bits of an index of n bits run within a row of `weigh`.

    Short rows cost time for each of them, and long ones memory.
    """
    return min((n + 6) // 2, n, _LOW_BITS_MAX)


@lru_cache(maxsize=16)
def row_weights(weights: tuple[float, ...], high: int, low: int) -> Floats:
    """Spread weights over a matrix: entry (k, x) is weights[k + size of x].

    Its shape is (high + 1, 2^low).
    """
    sizes = np.arange(high + 1)[:, None] + coalition_sizes(low)
    rows: Floats = np.asarray(weights)[sizes]
    return rows


def member_sums(values: Floats) -> tuple[Floats, float]:
    """Return Σ of the entries whose index has bit i set, for each bit, and the sum of all.

    O(2^bits), not O(bits · 2^bits).
    """
    bits = player_count(values)
    sums = np.empty(bits)
    rest = values
    # The top half holds the entries with the highest bit. Adding it to the bottom half forgets
    # that bit, and leaves half as many entries for the bit below.
    for bit in reversed(range(bits)):
        half = 1 << bit
        top = rest[half:]
        sums[bit] = top.sum()
        rest = rest[:half] + top
    return sums, float(rest[0])


class Moments(NamedTuple):
    """What one pass over a table yields."""

    members: Floats
    """Σ over S ∋ i of weights[|S|] · (v(S) - v(empty)), for each player i, of length n."""
    total: float
    """Σ over all S of total_weights[|S|] · (v(S) - v(empty))."""


def weigh(table: Floats, weights: Floats, total_weights: Floats) -> Moments:
    """Weigh the table, less v(empty), by size and sum it over the coalitions of each player.

    Of both weights there are n + 1, one a size.

    The table is read once, in rows of 2^l values. A row is added to those of its size, which
    serves the players of the low bits, and multiplied by the weights of its size, which serves
    the others: no player has a pass, and no weight vector has length 2^n. O(2^n) time; memory
    O(n 2^l) with l up to 13. Values that are not finite show in the sums.
    """
    n = player_count(table)
    low = low_bits(n)
    high = n - low
    by_row = row_weights(tuple(weights.tolist()), high, low)
    by_size = np.zeros((high + 1, 1 << low))
    row_sums = np.empty(1 << high)
    # Looking rows up in a list is faster than in a matrix.
    weights_of_size, sums_of_size = list(by_row), list(by_size)
    empty = float(table[0])
    shifted = np.empty(1 << low)
    rows = table.reshape(1 << high, 1 << low)
    for x, size in enumerate(coalition_sizes(high).tolist()):
        row = rows[x]
        # What all coalitions have in common would cancel in the end, and take digits with it.
        if empty:
            row = np.subtract(row, empty, out=shifted)
        sums = sums_of_size[size]
        np.add(sums, row, out=sums)
        row_sums[x] = row @ weights_of_size[size]
    high_sums, _ = member_sums(row_sums)
    low_sums, _ = member_sums(np.einsum("kx,kx->x", by_size, by_row))
    members = np.concatenate([low_sums, high_sums])
    by_row_of_total = row_weights(tuple(total_weights.tolist()), high, low)
    # A scalar product as long as this would wait for several threads on a busy machine.
    total = float(np.einsum("kx,kx->", by_size, by_row_of_total))
    return Moments(members, total)
