"""Runs of whole spans of a flat ragged tensor, small enough to be worked on at once."""

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import lfilter
from torch import Tensor

from shapley_coop.shapley.arrays import Floats

# Elements worked on at once: few enough to stay in the processor cache, and for torch not to share
# them out among threads, which costs more than it gains where the cores are busy.
_BLOCK = 1 << 14


Ints: TypeAlias = NDArray[np.int64]


class Ends(NamedTuple):
    """Elements that take another value than the flat tensor holds, such as rewards of turns."""

    at_M: Tensor
    """Their indices, rising."""
    value_M: Tensor


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

    def put_ends(self, x: Floats) -> None:
        """Write the values of the ends into a block's own copy."""
        x[self.end_at] = self.end_value

    def require_finite(self, x: Floats) -> None:
        """Raise ValueError where what is to be summed is no finite number."""
        # One sum finds out faster than a test of every element whether all are finite.
        with np.errstate(invalid="ignore"):
            whole = x.sum()
        if math.isfinite(whole):
            return
        place = int(np.argmin(np.isfinite(x)))
        raise ValueError(
            f"what is to be summed at element {self.first + place} is {x[place]}; "
            "rewards and values must be finite"
        )


def blocks(offsets: Tensor, ends: Ends | None) -> Iterator[Block]:
    """Cut the elements into runs of whole spans of about one block each."""
    edges = offsets.numpy()
    end_at = np.empty(0, np.int64)
    end_value = np.empty(0)
    if ends is not None:
        end_at = ends.at_M.numpy()
        end_value = ends.value_M.detach().numpy()
    # A cut falls on the first span that begins behind a whole number of blocks.
    marks = np.arange(_BLOCK, edges[-1], _BLOCK)
    cuts = np.unique(np.searchsorted(edges, [0, *marks, edges[-1]]))
    for a, b in itertools.pairwise(cuts.tolist()):
        first = int(edges[a])
        last = int(edges[b])
        from_end, to_end_ = np.searchsorted(end_at, (first, last))
        yield Block(
            first,
            last,
            edges[a : b + 1] - first,
            end_at[from_end:to_end_] - first,
            end_value[from_end:to_end_],
        )


def last_elements(offsets: Ints) -> Ints:
    """Return the index of the last element of every span that has one."""
    has_elements = np.diff(offsets) > 0
    last: Ints = offsets[1:][has_elements] - 1
    return last


def sum_block(
    x: Floats,
    offsets: Ints,
    discount: float,
    out: Floats,
) -> None:
    """Sum a run of spans to their ends: one recursion over all, less what later spans put in."""
    lengths = np.diff(offsets)
    if discount == 1.0:
        # What stands behind an element is the sum up to its span's end less the sum up to it.
        # torch sums up several times faster than numpy.
        before = torch.cumsum(torch.from_numpy(x), 0).numpy()
        at_end = np.append(0.0, before)[offsets[1:]]
        np.subtract(np.repeat(at_end, lengths), before, out=out)
        out += x
        return
    # y[k] = x[k] + discount y[k+1] is a filter of first order, run from the end.
    backwards = lfilter([1.0], [1.0, -discount], x[::-1])
    y = backwards[::-1]
    # The recursion runs on into the next span. Its part there, discounted, is taken off again.
    after = np.append(y, 0.0)[offsets[1:]]
    left = np.repeat(offsets[1:], lengths) - np.arange(len(x))
    longest = int(lengths.max(initial=0))
    # Powers are looked up, since raising each element to its own would take longest of all.
    power = discount ** np.arange(1 + longest, dtype=np.float64)
    np.multiply(np.repeat(after, lengths), power[left], out=out)
    np.subtract(y, out, out=out)
