"""Coalitions as masks (bit i is player i), as rows of a boolean matrix and as counts.

This is the only place that lists all coalitions of a game: every list runs in the order of
the masks, so that position k of one is the coalition of position k of any other.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from math import prod
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from shapley_coop.shapley.arrays import Bools, Counts, Ints

Name = TypeVar("Name", bound=Hashable)
Number = TypeVar("Number", np.float64, np.intp)


def full(n: int) -> int:
    """Return the mask of the grand coalition."""
    return (1 << n) - 1


def players(mask: int) -> list[int]:
    """Return the players of a mask, in order."""
    bits = f"{mask:b}"[::-1]
    return [i for i, bit in enumerate(bits) if bit == "1"]


def mask_of(members: Iterable[int]) -> int:
    """Return the mask of a set of players.

    Raises:
        ValueError: a player is negative or named twice.
    """
    mask = 0
    for player in members:
        if player < 0 or mask >> player & 1:
            raise ValueError(f"player {player} is negative or named twice")
        mask |= 1 << player
    return mask


def to_matrix(masks: Sequence[int], n: int) -> Bools:
    """Return the boolean matrix (len(masks) x n) of coalition masks, for any n."""
    # Python integers of any length become bytes, since numpy's own integers end at 64 players.
    width = (n + 7) // 8
    packed = b"".join(mask.to_bytes(width, "little") for mask in masks)
    bits = np.frombuffer(packed, dtype=np.uint8).reshape(len(masks), width)
    return np.unpackbits(bits, axis=1, count=n, bitorder="little").view(np.bool_)


def to_masks(matrix: Bools) -> list[int]:
    """Return the mask of each row of a boolean matrix (k x n), for any n."""
    packed = np.packbits(matrix, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]


def all_coalitions(n: int) -> Bools:
    """Return the boolean matrix (2^n x n) of all coalitions, row k being mask k."""
    return membership(np.arange(1 << n), n)


def membership(masks: Ints, n: int) -> Bools:
    """Return the boolean matrix (len(masks) x n) of masks of up to 62 players."""
    return (masks[:, None] >> np.arange(n) & 1).astype(np.bool_)


def table_indices(matrix: Bools) -> Ints:
    """Return the mask of each row (k x n) as an index into a table of up to 62 players."""
    indices: Ints = matrix @ player_bits(matrix.shape[1])
    return indices


def player_bits(n: int) -> Ints:
    """Return the n masks of each player alone."""
    bits: Ints = 1 << np.arange(n)
    return bits


def named_coalitions(names: Sequence[Name]) -> list[frozenset[Name]]:
    """Return all 2^n coalitions of named players, position k being mask k."""
    return [
        frozenset(names[i] for i in players(mask)) for mask in range(1 << len(names))
    ]


def subset_sums(parts: NDArray[Number]) -> NDArray[Number]:
    """Return the sum of every subset of the parts, position k being mask k.

    Of n parts there are 2^n sums. Of payoffs these are the payoffs of every coalition, and of
    disjoint masks in ascending order the masks of every union of them, ascending as well.
    """
    sums = np.zeros(1, dtype=parts.dtype)
    # Each part doubles the list: without it, and with it.
    for part in parts:
        sums = np.concatenate([sums, sums + part])
    return sums


@lru_cache(maxsize=32)
def coalition_sizes(n: int) -> Ints:
    """Return the number of players of each of the 2^n coalitions, read-only."""
    sizes = subset_sums(np.ones(n, dtype=np.intp))
    sizes.flags.writeable = False
    return sizes


def all_counts(sizes: Sequence[int]) -> Counts:
    """Return all vectors of how many players of each type are in.

    The matrix has ∏ (sizes + 1) rows, one column a type, and the last type runs fastest.
    """
    return next(count_blocks(sizes, prod(size + 1 for size in sizes)))


def count_blocks(sizes: Sequence[int], block: int) -> Iterator[Counts]:
    """Yield the rows of `all_counts` in blocks of up to `block` rows."""
    shape = tuple(size + 1 for size in sizes)
    if not shape:
        yield np.zeros((1, 0), dtype=np.int64)
        return
    total = prod(shape)
    for start in range(0, total, block):
        index = np.arange(start, min(start + block, total))
        yield np.stack(np.unravel_index(index, shape), axis=1).astype(np.int64)


class Members:
    """The players of masks as frozen sets, looked up byte by byte.

    An asynchronous game is asked for one coalition at a time, often; reading a byte from a
    table is much faster than testing its bits.
    """

    def __init__(self, n: int) -> None:
        self._width = (n + 7) // 8
        self._bytes: list[list[tuple[int, ...]]] = []
        for place in range(self._width):
            first = 8 * place
            row = [tuple(first + bit for bit in players(byte)) for byte in range(256)]
            self._bytes.append(row)

    def __call__(self, mask: int) -> frozenset[int]:
        """Return the players of a mask."""
        pieces = mask.to_bytes(self._width, "little")
        return frozenset(
            chain.from_iterable(map(list.__getitem__, self._bytes, pieces))
        )
