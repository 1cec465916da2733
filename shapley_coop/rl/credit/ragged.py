"""Sums, minima and statistics inside the spans of a flat ragged tensor, without padding."""

import itertools
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import lfilter
from torch import Tensor

_BLOCK = 1 << 18  # elements worked on at once: few enough to stay in the processor cache


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


def sum_to_end(x_K: Tensor, offsets: Tensor, discount: float = 1.0) -> Tensor:
    """Return y[k] = sum over j >= k in the same span of discount^(j-k) x[j]: [K], float64.

    Raises ValueError when an element is not finite. Time K.
    """
    if not bool(x_K.sum().isfinite()):
        raise ValueError(f"{int((~torch.isfinite(x_K)).sum())} elements to sum are not finite")
    x, y = x_K.detach().numpy(), np.empty(x_K.numel())
    for first, last, spans in _blocks(offsets.numpy()):
        y[first:last] = _sum_block(x[first:last], spans, discount)
    return torch.from_numpy(y)


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
        raise ValueError(f"whitening needs at least two chosen elements, got {chosen.numel()}")
    return (x_K - chosen.mean()) * torch.rsqrt(chosen.var(correction=1) + 1e-8)


def _last(offsets: Tensor) -> Tensor:
    """Index of the last element of every span that has one."""
    return offsets[1:][offsets.diff() > 0] - 1


def _blocks(offsets: NDArray[np.int64]) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Cut the elements into runs of whole spans of about one block each."""
    marks = np.arange(_BLOCK, offsets[-1], _BLOCK)
    cuts = np.unique(np.searchsorted(offsets, [0, *marks, offsets[-1]]))
    for a, b in itertools.pairwise(cuts.tolist()):
        yield int(offsets[a]), int(offsets[b]), offsets[a : b + 1] - offsets[a]


def _sum_block(
    x: NDArray[np.float64], offsets: NDArray[np.int64], discount: float
) -> NDArray[np.float64]:
    """Discounted sums of a run of spans: one recursion over all, less what later spans put in."""
    y = lfilter([1.0], [1.0, -discount], x[::-1])[::-1]
    after = np.append(y, 0.0)[offsets[1:]]
    lengths = np.diff(offsets)
    left = np.repeat(offsets[1:], lengths) - np.arange(len(x))
    power = discount ** np.arange(1 + int(lengths.max(initial=0)), dtype=np.float64)
    sums: NDArray[np.float64] = y - np.repeat(after, lengths) * power[left]
    return sums
