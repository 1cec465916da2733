"""Sums, minima and statistics inside the spans of a flat ragged tensor, without padding."""

import itertools

import torch
from torch import Tensor

_BLOCK = 1 << 17  # tokens of one block: small enough that its passes stay in the processor cache


def span_ids(offsets: Tensor) -> Tensor:
    """Span number of every element: offsets [S+1] -> [K]."""
    return torch.repeat_interleave(offsets.diff())


def unique_ids(x: Tensor) -> Tensor:
    """Number equal rows of x equally, from 0 in rising order: [R] or [R, D] -> [R]."""
    ids: Tensor = torch.unique(x, dim=0, return_inverse=True)[1]
    return ids


def spread(value_S: Tensor, offsets: Tensor) -> Tensor:
    """Repeat one value a span over the elements of the span: [S] -> [K]."""
    return torch.repeat_interleave(value_S, offsets.diff())


def to_end(offsets: Tensor) -> Tensor:
    """Number of elements that follow each element inside its span: [K]."""
    last_K = spread(offsets[1:], offsets) - 1
    return last_K - torch.arange(last_K.numel())


def sum_to_end(x_K: Tensor, offsets: Tensor, discount: float = 1.0) -> Tensor:
    """Return y[k] = sum over j >= k in the same span of discount^(j-k) x[j].

    Distances double from pass to pass, so K elements in spans of at most L cost K log2 L work.
    """
    y_K = x_K.clone()
    for first, last, spans in _blocks(offsets):
        _sum_block(y_K[first:last], to_end(spans), discount)
    return y_K


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
    y_K = torch.full_like(x_K, after)
    y_K[:-1] = x_K[1:]
    y_K[_last(offsets)] = after
    return y_K


def span_sum(x_K: Tensor, offsets: Tensor) -> Tensor:
    """Sum of every span: [K] -> [S]; an empty span sums to 0."""
    return torch.zeros(offsets.numel() - 1, dtype=x_K.dtype).index_add_(0, span_ids(offsets), x_K)


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


def _blocks(offsets: Tensor) -> list[tuple[int, int, Tensor]]:
    """Cut the elements into runs of whole spans of about one block each."""
    total = int(offsets[-1])
    marks = torch.arange(1, 1 + total // _BLOCK) * _BLOCK
    cuts = torch.searchsorted(offsets, marks).tolist()
    edges = sorted({0, *cuts, offsets.numel() - 1})
    return [
        (int(offsets[a]), int(offsets[b]), offsets[a : b + 1] - offsets[a])
        for a, b in itertools.pairwise(edges)
        if offsets[a] < offsets[b]
    ]


def _sum_block(y_K: Tensor, left_K: Tensor, discount: float) -> None:
    """Add to each element, in place, the discounted elements behind it in its span."""
    step, weight, longest = 1, discount, int(left_K.max())
    while step <= longest:
        y_K[:-step] += torch.where(left_K[:-step] >= step, y_K[step:], 0.0) * weight
        step, weight = step * 2, weight * weight
