"""Sums, minima and statistics inside the spans of a flat ragged tensor, without padding."""

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import lfilter
from torch import Tensor

# Elements worked on at once: few enough to stay in the processor cache, and for torch not to share
# them out among threads, which costs more than it gains where the cores are busy.
_BLOCK = 1 << 14


class Ends(NamedTuple):
    """Elements that take another value than the flat tensor holds, such as rewards of turns."""

    at_M: Tensor
    """Their indices, rising."""
    value_M: Tensor


def as_data(x: Tensor) -> Tensor:
    """Return numbers that are only read: without gradient, half precision as float32."""
    read = x.detach()
    return read.float() if read.dtype in (torch.bfloat16, torch.float16) else read


def span_ids(offsets: Tensor) -> Tensor:
    """Span number of every element: offsets [S+1] -> [K]."""
    return spread(torch.arange(offsets.numel() - 1), offsets)


def unique_ids(x_R: Tensor) -> Tensor:
    """Number equal elements, none below 0, equally, from 0 in rising order: [R].

    Time R where the largest is at most 32 R, by a table; else R log R, by sorting.
    """
    x = x_R.numpy()
    if len(x) and x.max() <= 32 * len(x):
        seen = np.zeros(int(x.max()) + 1, dtype=np.bool_)
        seen[x] = True
        return torch.from_numpy((np.cumsum(seen) - 1)[x])
    return torch.from_numpy(np.unique(x, return_inverse=True)[1].reshape(-1))


def spread(value_S: Tensor, offsets: Tensor) -> Tensor:
    """Repeat one value a span over the elements of the span: [S] -> [K]."""
    return torch.from_numpy(np.repeat(value_S.detach().numpy(), offsets.diff().numpy()))


def to_end(offsets: Tensor) -> Tensor:
    """Number of elements that follow each element inside its span: [K]."""
    last_K = spread(offsets[1:] - 1, offsets)
    return last_K - torch.arange(last_K.numel())


def filled(size: int, value: float) -> Tensor:
    """Return a float64 tensor that holds one value: [size].

    numpy asks for its memory in large pages, which makes the first writing of 80 MB twice as fast.
    """
    return torch.from_numpy(np.full(size, value))


def total(a_K: Tensor, b_K: Tensor) -> Tensor:
    """Return a + b: [K], twice as fast as by torch for the reason that `filled` gives."""
    return torch.from_numpy(a_K.detach().numpy() + b_K.detach().numpy())


def sum_to_end(
    x_K: Tensor, offsets: Tensor, discount: float = 1.0, ends: Ends | None = None
) -> Tensor:
    """Return y[k] = sum over j >= k in the same span of discount^(j-k) x[j]: [K], float64.

    `ends` takes the place of x where given. Raises ValueError on a number that is not finite.
    Spans are summed a block of about 16,384 elements at a time, so that rounding is relative to
    the sum of all |x| in the block (2e-16 of it), not of the span alone. Time K.
    """
    x, y = x_K.detach().numpy(), np.empty(x_K.numel())
    for first, last, spans, block in _blocks_of(offsets, ends):
        earned = block.put(x[first:last].astype(np.float64))
        _check(earned, first)
        _sum_block(earned, spans, discount, y[first:last])
    return torch.from_numpy(y)


def advantages(
    reward_K: Tensor,
    value_K: Tensor,
    offsets: Tensor,
    gamma: float,
    lam: float,
    ends: Ends | None = None,
) -> Tensor:
    """Return A[k] = r[k] + gamma V[k+1] - V[k] + gamma lam A[k+1] inside each span: [K], float64.

    V and A are 0 behind the last element. `ends` takes the place of r where given. Raises
    ValueError when an element is not finite. Rounding is that of `sum_to_end`. Time K.
    """
    reward, value = reward_K.detach().numpy(), value_K.detach().numpy()
    out = np.empty(len(value))
    for first, last, spans, block in _blocks_of(offsets, ends):
        here, sums = value[first:last], out[first:last]
        earned = block.put(reward[first:last].astype(np.float64))
        _check(here, first)
        _check(earned, first)
        if lam != 1.0:
            later = np.empty(len(here))
            np.multiply(here[1:], gamma, out=later[:-1])
            later[spans[1:][np.diff(spans) > 0] - 1] = 0.0
            earned += later
            earned -= here
        _sum_block(earned, spans, gamma * lam, sums)
        if lam == 1.0:  # the values in between cancel: what is left to earn, less V
            sums -= here
    return torch.from_numpy(out)


def subtract_(x_K: Tensor, value_S: Tensor, offsets: Tensor) -> Tensor:
    """Subtract one value a span from the elements of the span, in place: [K]."""
    x, value = x_K.numpy(), value_S.detach().numpy()
    row = 0
    for first, last, spans in _blocks(offsets.numpy()):
        count = len(spans) - 1
        x[first:last] -= np.repeat(value[row : row + count], np.diff(spans))
        row += count
    return x_K


def min_to_end(x_K: Tensor, offsets: Tensor) -> Tensor:
    """Return y[k] = min over j >= k in the same span of x[j]."""
    y_K = x_K.clone()
    left_K = to_end(offsets)
    step = 1
    while left_K.numel() and step <= int(left_K.max()):
        later = torch.where(left_K[:-step] >= step, y_K[step:], torch.inf)
        y_K[:-step] = torch.minimum(y_K[:-step], later)
        step *= 2
    return y_K


def next_in_span(x_K: Tensor, offsets: Tensor, after: float = 0.0) -> Tensor:
    """Return the following element of the same span, and `after` behind its last: [K]."""
    y_K = torch.empty_like(x_K)
    y_K[:-1] = x_K[1:]
    y_K[_last(offsets)] = after
    return y_K


def span_sum(x_K: Tensor, offsets: Tensor) -> Tensor:
    """Sum of every span: [K] -> [S]; an empty span sums to 0."""
    total_S: Tensor = torch.segment_reduce(x_K, "sum", offsets=offsets, initial=0)
    return total_S


def span_mean(x_K: Tensor, offsets: Tensor) -> Tensor:
    """Mean of every span: [K] -> [S]; an empty span has mean 0."""
    return span_sum(x_K, offsets) / offsets.diff().clamp(min=1)


def group_mean(x_N: Tensor, group_N: Tensor, groups: int) -> Tensor:
    """Mean of every group [G]; an empty group has mean 0."""
    count_G = torch.bincount(group_N, minlength=groups).clamp(min=1)
    return x_N.new_zeros(groups).index_add_(0, group_N, x_N) / count_G


def group_std(x_N: Tensor, group_N: Tensor, groups: int) -> Tensor:
    """Sample standard deviation (n-1) of every group [G]; groups of fewer than two have 0."""
    count_G = torch.bincount(group_N, minlength=groups)
    centred_N = x_N - group_mean(x_N, group_N, groups)[group_N]
    square_G = x_N.new_zeros(groups).index_add_(0, group_N, centred_N**2)
    return torch.sqrt(square_G / (count_G - 1).clamp(min=1))


def others_sum(x_N: Tensor, group_N: Tensor, groups: int) -> Tensor:
    """Sum of x over the other members of the same group: [N]."""
    return x_N.new_zeros(groups).index_add_(0, group_N, x_N)[group_N] - x_N


def whiten(x_K: Tensor, over_K: Tensor) -> Tensor:
    """(x - mean) / sqrt(var n/(n-1) + 1e-8), statistics of the n chosen elements, applied to all.

    Raises ValueError when fewer than two are chosen. var is the population variance.
    """
    chosen = x_K[over_K]
    if chosen.numel() < 2:
        raise ValueError(
            f"whitening needs at least two chosen elements, got {chosen.numel()}"
        )
    return (x_K - chosen.mean()) * torch.rsqrt(chosen.var(correction=1) + 1e-8)


def _last(offsets: Tensor) -> Tensor:
    """Index of the last element of every span that has one."""
    return offsets[1:][offsets.diff() > 0] - 1


class _Placed(NamedTuple):
    """The ends that lie in one block, counted from its first element."""

    at: NDArray[np.int64]
    value: NDArray[np.float64]

    def put(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Write the values of the ends into a block's own copy."""
        x[self.at] = self.value
        return x


def _blocks_of(
    offsets: Tensor, ends: Ends | None
) -> Iterator[tuple[int, int, NDArray[np.int64], _Placed]]:
    """Yield every block with the ends that lie in it."""
    at = np.empty(0, np.int64) if ends is None else ends.at_M.numpy()
    value = np.empty(0) if ends is None else ends.value_M.detach().numpy()
    for first, last, spans in _blocks(offsets.numpy()):
        a, b = np.searchsorted(at, (first, last))
        yield first, last, spans, _Placed(at[a:b] - first, value[a:b])


def _blocks(offsets: NDArray[np.int64]) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Cut the elements into runs of whole spans of about one block each."""
    marks = np.arange(_BLOCK, offsets[-1], _BLOCK)
    cuts = np.unique(np.searchsorted(offsets, [0, *marks, offsets[-1]]))
    for a, b in itertools.pairwise(cuts.tolist()):
        yield int(offsets[a]), int(offsets[b]), offsets[a : b + 1] - offsets[a]


def _check(x: NDArray[np.float64], first: int) -> None:
    """Raise ValueError where what is to be summed is no finite number."""
    with np.errstate(invalid="ignore"):
        whole = x.sum()
    if not math.isfinite(whole):
        place = int(np.argmin(np.isfinite(x)))
        raise ValueError(
            f"what is to be summed at element {first + place} is {x[place]}; "
            "rewards and values must be finite"
        )


def _sum_block(
    x: NDArray[np.float64],
    offsets: NDArray[np.int64],
    discount: float,
    out: NDArray[np.float64],
) -> None:
    """Discounted sums of a run of spans: one recursion over all, less what later spans put in."""
    lengths = np.diff(offsets)
    if (
        discount == 1.0
    ):  # what stands behind an element is the sum up to its end less that to it
        before = torch.cumsum(torch.from_numpy(x), 0).numpy()
        np.subtract(
            np.repeat(np.append(0.0, before)[offsets[1:]], lengths), before, out=out
        )
        out += x
        return
    y = lfilter([1.0], [1.0, -discount], x[::-1])[::-1]
    after = np.append(y, 0.0)[offsets[1:]]
    left = np.repeat(offsets[1:], lengths) - np.arange(len(x))
    power = discount ** np.arange(1 + int(lengths.max(initial=0)), dtype=np.float64)
    np.multiply(np.repeat(after, lengths), power[left], out=out)
    np.subtract(y, out, out=out)
