"""Sums to the end on the processor: run by run of whole spans, small enough for its cache."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dtbsv

from shapley_coop.shapley.arrays import Floats

# Elements worked on at once: few enough to stay in the processor cache.
_BLOCK = 1 << 14

Ints: TypeAlias = NDArray[np.int64]


class Block(NamedTuple):
    """A run of whole spans that is worked on at once."""

    first: int
    """Its first element."""
    last: int
    """The element behind its last."""
    spans: Ints
    """Offsets of its spans, counted from its first element."""
    end_at: Ints
    """Where the ends stand that lie in it, counted from its first element."""
    end_value: Floats

    def of(self, x: Floats) -> Floats:
        """Return a view of the block's elements."""
        return x[self.first : self.last]

    def sum_to_end_(self, x: Floats, discount: float) -> None:
        """Write y[k] = x[k] + discount y[k+1], inside every span of the block, over x.

        The recursion is a triangular system with one band beside its diagonal, and that band is 0
        where a span begins. So a sum holds nothing of other spans, not even what rounding left.
        """
        band = np.empty((2, len(x)), order="F")
        band[0] = -discount
        starts = self.spans[:-1]
        band[0, starts[starts < len(x)]] = 0.0
        band[1] = 1.0
        dtbsv(1, band, x, diag=1, overwrite_x=1)


def blocks(offsets: Ints, end_at: Ints, end_value: Floats) -> Iterator[Block]:
    """Cut the elements into runs of whole spans of about one block each.

    `end_at`, rising, says which elements have the values `end_value` instead of their own.
    """
    # A cut falls on the first span that begins behind a whole number of blocks.
    marks = np.arange(_BLOCK, offsets[-1], _BLOCK)
    cuts = np.unique(np.searchsorted(offsets, [0, *marks, offsets[-1]]))
    for a, b in itertools.pairwise(cuts.tolist()):
        first, last = int(offsets[a]), int(offsets[b])
        from_end, to_end = np.searchsorted(end_at, (first, last))
        yield Block(
            first,
            last,
            offsets[a : b + 1] - first,
            end_at[from_end:to_end] - first,
            end_value[from_end:to_end],
        )


def last_elements(offsets: Ints) -> Ints:
    """Return the index of the last element of every span that has one."""
    has_elements = np.diff(offsets) > 0
    last: Ints = offsets[1:][has_elements] - 1
    return last
