"""Tables of 2^n coalition values: validation, and the one linear map behind every semivalue."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import coalition_sizes, players

# Rows of 2^13 doubles: two of them stay in a core's second-level cache.
_LOW_BITS_MAX = 13
# 2^3 rows a step: products this small stay on one thread in every BLAS.
_BLOCK_BITS = 3


def as_table(table: ArrayLike) -> Floats:
    """Return the table as float64, one value a coalition, where bit i of the index is player i.

    Float64 arrays, memory-mapped ones too, are not copied. Whether the values are finite is
    left to `weigh`, whose sums show it without another pass.

    Raises:
        ValueError: not one-dimensional, or the length is no power of two.
    """
    values = np.asarray(table, dtype=np.float64)
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


def player_count(table: Floats) -> int:
    """Return n of a table of 2^n values."""
    return table.size.bit_length() - 1


def open_table(path: str | Path) -> Floats:
    """Map a `.npy` file of 2^n float64 values without reading it into memory."""
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    if mapped.dtype != np.float64:
        raise ValueError(f"{path} holds {mapped.dtype}; save the table as float64")
    return as_table(mapped)


class Split(NamedTuple):
    """How the n bits of an index are cut: outer bits, block bits, low bits (a matrix row)."""

    outer: int
    block: int
    low: int


def split_bits(n: int) -> Split:
    """Choose the cut, with working memory under 8 % of the table from n = 16 on."""
    low = min(n - 9, _LOW_BITS_MAX)
    # Tables of fewer players fit the cache as they are, so they are cut in the middle.
    if n < 16:
        low = min(n - n // 2, 8)
    # Short rows make up for it by more of them a step.
    most_rows = _BLOCK_BITS if low > 10 else 5
    block = min(n - low, most_rows)
    return Split(n - low - block, block, low)


@lru_cache(maxsize=32)
def _size_indicator(bits: int) -> Floats:
    """Return 1 at (k, x) where x has k set bits, of shape (bits + 1, 2^bits)."""
    sizes = np.arange(bits + 1)[:, None]
    indicator: Floats = (coalition_sizes(bits) == sizes).astype(np.float64)
    return indicator


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
    """Σ over S ∋ i of weights[|S|] · v(S), for each player i, an array of length n."""
    layers: Floats
    """Σ over |S| = s of v(S), for each size s, an array of length n + 1."""


def weigh(table: Floats, weights: Floats, *, layers: bool = True) -> Moments:
    """Weigh the table by coalition size and sum it over the coalitions of each player.

    The table is read once, as a 2^h x 2^l matrix in blocks of rows. Rows of equal size are
    added up (which serves the low players), and each row is multiplied by the weights of its
    size (which serves the high players), so no player has a pass and no weight vector has
    length 2^n. O(2^n) time; memory O(n · 2^l) with l ≤ 13.

    Raises:
        ValueError: a value is NaN or infinite.
    """
    n = player_count(table)
    outer, block, low = split_bits(n)
    high = outer + block
    by_row = row_weights(tuple(weights.tolist()), high, low)
    by_size = np.zeros((high + 1, 1 << low))
    row_sums = np.empty((1 << outer, 1 << block))
    blocks = table.reshape(1 << outer, 1 << block, 1 << low)
    select = _size_indicator(block)
    rows_and_sizes = (np.arange(1 << block), coalition_sizes(block))
    # Sums that are not finite are looked into below, where the coalition can be named.
    with np.errstate(invalid="ignore", over="ignore"):
        for x, size in enumerate(coalition_sizes(outer).tolist()):
            rows = blocks[x]
            sizes = slice(size, size + block + 1)
            by_size[sizes] += select @ rows
            # Each row times the weights of every size that a row of this block can have, in one
            # product, of which each row's own size is kept.
            by_every_size = rows @ by_row[sizes].T
            row_sums[x] = by_every_size[rows_and_sizes]
    # NaN and infinity survive every sum, so one look at all of them is enough.
    if not np.isfinite(by_size.sum()):
        require_finite(table)
    high_sums, _ = member_sums(row_sums.reshape(-1))
    low_sums, _ = member_sums(np.einsum("kx,kx->x", by_size, by_row))
    members = np.concatenate([low_sums, high_sums])
    return Moments(members, _layer_sums(by_size, low) if layers else np.zeros(0))


def _layer_sums(by_size: Floats, low: int) -> Floats:
    """Return the sum of each coalition size, from rows added up by the size of their high bits."""
    sums = np.zeros(by_size.shape[0] + low)
    sizes = coalition_sizes(low)
    for high_size, row in enumerate(by_size):
        by_low_size = np.bincount(sizes, weights=row, minlength=low + 1)
        sums[high_size : high_size + low + 1] += by_low_size
    return sums
