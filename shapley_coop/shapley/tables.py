"""Tables of 2^n coalition values: validation, and the one linear map behind every semivalue."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import coalition_sizes, players

_LOW_BITS_MAX = (
    13  # 2^13 doubles a row: two of them stay in a core's second-level cache
)
_BLOCK_BITS = 3  # rows a step: products this small stay on one thread in every BLAS


def as_table(table: ArrayLike) -> Floats:
    """Return the table as float64, one value a coalition; bit i of the index is player i.

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
        near = 1 << max(values.size, 1).bit_length() - 1
        raise ValueError(
            f"a coalition table has 2^n values; {values.size} is no power of two "
            f"(nearest: {near} or {2 * near}). Include the empty coalition at index 0"
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
    """Choose the cut: working memory stays under 8 % of the table from n = 16 on."""
    low = min(n - n // 2, 8) if n < 16 else min(n - 9, _LOW_BITS_MAX)
    block = min(n - low, _BLOCK_BITS if low > 10 else 5)
    return Split(n - low - block, block, low)


@lru_cache(maxsize=32)
def _size_indicator(bits: int) -> Floats:
    """One-hot rows: entry (k, x) is 1 where x has k set bits; shape (bits + 1, 2^bits)."""
    indicator: Floats = (coalition_sizes(bits) == np.arange(bits + 1)[:, None]).astype(
        np.float64
    )
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

    Halves the array bit by bit from the top: O(2^bits), not O(bits · 2^bits).
    """
    bits = player_count(values)
    sums = np.empty(bits)
    rest = values
    for bit in range(bits - 1, -1, -1):
        half = 1 << bit
        top = rest[half:]
        sums[bit] = top.sum()
        rest = rest[:half] + top
    return sums, float(rest[0])


class Moments(NamedTuple):
    """What one pass over a table yields."""

    members: Floats
    """Σ over S ∋ i of weights[|S|] · v(S), for each player i; length n."""
    layers: Floats
    """Σ over |S| = s of v(S), for each size s; length n + 1."""


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
    select = _size_indicator(block)
    by_size = np.zeros((high + 1, 1 << low))
    row_sums = np.empty((1 << outer, 1 << block))
    picks = (np.arange(1 << block), coalition_sizes(block))
    blocks = table.reshape(1 << outer, 1 << block, 1 << low)
    with np.errstate(invalid="ignore", over="ignore"):
        for x, size in enumerate(coalition_sizes(outer).tolist()):
            rows = blocks[x]
            by_size[size : size + block + 1] += select @ rows
            row_sums[x] = (rows @ by_row[size : size + block + 1].T)[picks]
    if not np.isfinite(by_size.sum()):  # NaN and infinity survive every sum
        require_finite(table)
    high_sums, _ = member_sums(row_sums.reshape(-1))
    low_sums, _ = member_sums(np.einsum("kx,kx->x", by_size, by_row))
    sums = _layer_sums(by_size, low) if layers else np.zeros(0)
    return Moments(np.concatenate([low_sums, high_sums]), sums)


def _layer_sums(by_size: Floats, low: int) -> Floats:
    sums = np.zeros(by_size.shape[0] + low)
    sizes = coalition_sizes(low)
    for k, row in enumerate(by_size):
        sums[k : k + low + 1] += np.bincount(sizes, weights=row, minlength=low + 1)
    return sums
