"""Sums, minima and statistics inside the spans of a flat ragged tensor, without padding."""

import numpy as np
import torch
from torch import Tensor

from shapley_coop.rl.trajectories.blocks import (
    Ends,
    blocks,
    last_elements,
    sum_block,
)


def as_data(x: Tensor) -> Tensor:
    """Return numbers that are only read: without gradient, half precision as float32."""
    data = x.detach()
    if data.dtype in (torch.bfloat16, torch.float16):
        return data.float()
    return data


def span_ids(offsets: Tensor) -> Tensor:
    """Span number of every element: offsets [S+1] -> [K]."""
    return spread(torch.arange(offsets.numel() - 1), offsets)


def unique_ids(x_R: Tensor) -> Tensor:
    """Number equal elements, none below 0, equally, from 0 in rising order: [R].

    Time R where the largest is at most 32 R, by a table, and else R log R, by sorting.
    """
    x = x_R.numpy()
    largest = int(x.max(initial=-1))
    if 0 <= largest <= 32 * len(x):
        # The number of an element is how many smaller ones there are, which a table counts.
        is_used = np.zeros(largest + 1, dtype=np.bool_)
        is_used[x] = True
        number = np.cumsum(is_used) - 1
        return torch.from_numpy(number[x])
    _, inverse = np.unique(x, return_inverse=True)
    return torch.from_numpy(inverse.reshape(-1))


def spread(value_S: Tensor, offsets: Tensor) -> Tensor:
    """Repeat one value a span over the elements of the span: [S] -> [K]."""
    value = value_S.detach().numpy()
    lengths = offsets.diff().numpy()
    # numpy repeats several times faster than torch here.
    repeated = np.repeat(value, lengths)
    return torch.from_numpy(repeated)


def to_end(offsets: Tensor) -> Tensor:
    """Number of elements that follow each element inside its span: [K]."""
    last_K = spread(offsets[1:] - 1, offsets)
    return last_K - torch.arange(last_K.numel())


def constant(size: int, value: float) -> Tensor:
    """Return a float64 tensor that holds one value: [size].

    numpy asks for its memory in large pages, which makes the first writing of 80 MB twice as fast.
    """
    return torch.from_numpy(np.full(size, value))


def total(a_K: Tensor, b_K: Tensor) -> Tensor:
    """Return a + b: [K], twice as fast as by torch for the reason that `constant` gives."""
    return torch.from_numpy(a_K.detach().numpy() + b_K.detach().numpy())


def sum_to_end(
    x_K: Tensor, offsets: Tensor, discount: float = 1.0, ends: Ends | None = None
) -> Tensor:
    """Return y[k] = sum over j >= k in the same span of discount^(j-k) x[j]: [K], float64.

    `ends`, if any, takes the place of x at its indices. Raises ValueError on a number that is not
    finite. Spans are summed a block of about 16,384 elements at a time, so that rounding is
    relative to the sum of all |x| in the block (2e-16 of it), not of the span alone. Time K.
    """
    x = x_K.detach().numpy()
    y = np.empty(len(x))
    for block in blocks(offsets, ends):
        earned = block.of(x).astype(np.float64)
        block.put_ends(earned)
        block.require_finite(earned)
        sum_block(earned, block.spans, discount, block.of(y))
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

    V and A are 0 behind the last element. `ends`, if any, takes the place of r at its indices.
    Raises ValueError when an element is not finite. Rounding is that of `sum_to_end`. Time K.
    """
    reward = reward_K.detach().numpy()
    value = value_K.detach().numpy()
    out = np.empty(len(value))
    for block in blocks(offsets, ends):
        here = block.of(value)
        earned = block.of(reward).astype(np.float64)
        # A view: what is written into it is written into the result.
        sums = block.of(out)
        block.put_ends(earned)
        block.require_finite(here)
        block.require_finite(earned)
        if lam == 1.0:
            # The values in between cancel. What remains is the sum still to earn, less V.
            sum_block(earned, block.spans, gamma, sums)
            sums -= here
            continue
        later = np.empty(len(here))
        np.multiply(here[1:], gamma, out=later[:-1])
        # Nothing follows the last element of a span, so its next value is 0.
        later[last_elements(block.spans)] = 0.0
        earned += later
        earned -= here
        sum_block(earned, block.spans, gamma * lam, sums)
    return torch.from_numpy(out)


def subtract_(x_K: Tensor, value_S: Tensor, offsets: Tensor) -> Tensor:
    """Subtract one value a span from the elements of the span, in place: [K]."""
    x = x_K.numpy()
    value = value_S.detach().numpy()
    span = 0
    for block in blocks(offsets, None):
        lengths = np.diff(block.spans)
        count = len(lengths)
        # Block by block, so that the repeated values stay in the processor cache.
        here = block.of(x)
        here -= np.repeat(value[span : span + count], lengths)
        span += count
    return x_K


def min_to_end(x_K: Tensor, offsets: Tensor) -> Tensor:
    """Return y[k] = min over j >= k in the same span of x[j]: [K]. Time K log of the longest."""
    y_K = x_K.clone()
    left_K = to_end(offsets)
    # After each round an element holds the minimum of twice as many elements from itself on.
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
    last = torch.from_numpy(last_elements(offsets.numpy()))
    y_K[last] = after
    return y_K


def span_sum(x_K: Tensor, offsets: Tensor) -> Tensor:
    """Sum of every span: [K] -> [S], where an empty span sums to 0."""
    total_S: Tensor = torch.segment_reduce(x_K, "sum", offsets=offsets, initial=0)
    return total_S


def span_mean(x_K: Tensor, offsets: Tensor) -> Tensor:
    """Mean of every span: [K] -> [S], where an empty span has mean 0."""
    return span_sum(x_K, offsets) / offsets.diff().clamp(min=1)


def group_mean(x_N: Tensor, group_N: Tensor, groups: int) -> Tensor:
    """Mean of every group: [N] -> [G], where an empty group has mean 0."""
    count_G = torch.bincount(group_N, minlength=groups).clamp(min=1)
    sum_G = x_N.new_zeros(groups).index_add_(0, group_N, x_N)
    return sum_G / count_G


def group_std(x_N: Tensor, group_N: Tensor, groups: int) -> Tensor:
    """Sample standard deviation (n-1) of every group: [N] -> [G].

    Groups of fewer than two have 0.
    """
    count_G = torch.bincount(group_N, minlength=groups)
    mean_G = group_mean(x_N, group_N, groups)
    centred_N = x_N - mean_G[group_N]
    square_G = x_N.new_zeros(groups).index_add_(0, group_N, centred_N**2)
    return torch.sqrt(square_G / (count_G - 1).clamp(min=1))


def others_sum(x_N: Tensor, group_N: Tensor, groups: int) -> Tensor:
    """Sum of x over the other members of the same group: [N]."""
    sum_G = x_N.new_zeros(groups).index_add_(0, group_N, x_N)
    return sum_G[group_N] - x_N


def whiten(x_K: Tensor, over_K: Tensor) -> Tensor:
    """(x - mean) / sqrt(var n/(n-1) + 1e-8), statistics of the n chosen elements, applied to all.

    Raises ValueError when fewer than two are chosen. var is the population variance.
    """
    chosen = x_K[over_K]
    if chosen.numel() < 2:
        raise ValueError(
            f"whitening needs at least two chosen elements, got {chosen.numel()}"
        )
    variance = chosen.var(correction=1)
    return (x_K - chosen.mean()) * torch.rsqrt(variance + 1e-8)


def whiten_own(x_K: Tensor, over_K: Tensor, own_K: Tensor) -> Tensor:
    """Whiten by the chosen elements, and write 0 on all that are not own: [K].

    Fewer than two chosen elements have no spread, and then all is 0.
    """
    if int(over_K.sum()) < 2:
        return torch.zeros_like(x_K)
    return torch.where(own_K, whiten(x_K, over_K), 0.0)
