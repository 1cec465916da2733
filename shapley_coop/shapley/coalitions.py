"""Coalitions as Python ints (bit i = player i) and as boolean matrices, for any n."""

from collections.abc import Iterable, Sequence

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
