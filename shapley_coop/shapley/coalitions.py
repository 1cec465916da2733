"""Coalitions as Python ints (bit i = player i) and as boolean matrices, for any n."""

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


def to_matrix(masks: Sequence[int], n: int) -> Bools:
    """Return the boolean matrix (len(masks) x n) of coalition masks."""
    width = (n + 7) // 8
    packed = b"".join(mask.to_bytes(width, "little") for mask in masks)
    bits = np.frombuffer(packed, dtype=np.uint8).reshape(len(masks), width)
    return np.unpackbits(bits, axis=1, count=n, bitorder="little").view(np.bool_)


def to_masks(matrix: Bools) -> list[int]:
    """Return the mask of each row of a boolean matrix (k x n)."""
    packed = np.packbits(matrix, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]


def full(n: int) -> int:
    """Return the mask of the grand coalition."""
    return (1 << n) - 1


def players(mask: int) -> list[int]:
    """Return the players of a mask, in order."""
    return [i for i, bit in enumerate(f"{mask:b}"[::-1]) if bit == "1"]


class Members:
    """The players of masks as frozen sets, looked up byte by byte."""

    def __init__(self, n: int) -> None:
        self._width = (n + 7) // 8
        self._bytes = [
            [tuple(8 * place + bit for bit in players(byte)) for byte in range(256)]
            for place in range(self._width)
        ]

    def __call__(self, mask: int) -> frozenset[int]:
        """Return the players of a mask."""
        found = map(list.__getitem__, self._bytes, mask.to_bytes(self._width, "little"))
        return frozenset(chain.from_iterable(found))


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
