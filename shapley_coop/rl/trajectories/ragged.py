"""Spans of a flat ragged tensor, without padding: their lengths, sums and statistics."""

import numpy as np
import torch
from torch import Tensor

# Elements worked on at once: few enough to stay in the processor cache.
_PART = 1 << 14
_LARGEST = torch.iinfo(torch.int64).max


def span_ids(offsets: Tensor) -> Tensor:
    """Span number of every element: offsets [S+1] -> [K]."""
    numbers = torch.arange(offsets.numel() - 1, device=offsets.device)
    return spread(numbers, offsets)


def unique_ids(x_R: Tensor) -> Tensor:
    """Number equal elements, none below 0, equally, from 0 in rising order: [R].

    Time R where the largest is at most 32 R, by a table, and else R log R, by sorting, which is
    also how a device does it.
    """
    if x_R.device.type != "cpu":
        number_R: Tensor = torch.unique(x_R, return_inverse=True)[1]
        return number_R
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


def unique_pairs(a_R: Tensor, b_R: Tensor) -> Tensor:
    """Number equal pairs, none below 0, equally, from 0 in rising order: [R]."""
    if not a_R.numel():
        return a_R.clone()
    width = int(b_R.max()) + 1
    if (int(a_R.max()) + 1) * width > _LARGEST:
        # Without gaps the products stay small, however large the numbers are.
        a_R, b_R = unique_ids(a_R), unique_ids(b_R)
        width = int(b_R.max()) + 1
    return unique_ids(a_R * width + b_R)


def spread(value_S: Tensor, offsets: Tensor) -> Tensor:
    """Repeat one value a span over the elements of the span: [S] -> [K]."""
    value = value_S.detach()
    lengths = offsets.diff()
    if value.device.type != "cpu":
        # A device is told how many there will be, since it could not know before it is done.
        size = int(offsets[-1])
        return torch.repeat_interleave(value, lengths, output_size=size)
    # numpy repeats several times faster than torch here.
    repeated = np.repeat(value.numpy(), lengths.numpy())
    return torch.from_numpy(repeated)


def to_end(offsets: Tensor) -> Tensor:
    """Number of elements that follow each element inside its span: [K]."""
    last_K = spread(offsets[1:] - 1, offsets)
    return last_K - torch.arange(last_K.numel(), device=last_K.device)


def constant(size: int, value: float, device: torch.device) -> Tensor:
    """Return a float64 tensor that holds one value: [size].

    numpy asks for its memory in large pages, which makes the first writing of 80 MB twice as fast.
    """
    if device.type != "cpu":
        return torch.full((size,), value, dtype=torch.float64, device=device)
    return torch.from_numpy(np.full(size, value))


def total(a_K: Tensor, b_K: Tensor) -> Tensor:
    """Return a + b: [K], twice as fast as by torch for the reason that `constant` gives."""
    if a_K.device.type != "cpu":
        return a_K + b_K
    return torch.from_numpy(a_K.numpy() + b_K.numpy())


def subtract_(x_K: Tensor, value_S: Tensor, offsets: Tensor) -> Tensor:
    """Subtract one value a span from the elements of the span, in place: [K]."""
    if x_K.device.type != "cpu":
        return x_K.sub_(spread(value_S, offsets))
    x = x_K.numpy()
    value = value_S.detach().numpy()
    edges = offsets.numpy()
    lengths = np.diff(edges)
    # A part at a time, so that the repeated values stay in the processor cache.
    spans = max(_PART * len(lengths) // max(len(x), 1), 1)
    for first in range(0, len(lengths), spans):
        part = slice(first, first + spans)
        last = min(first + spans, len(lengths))
        x[edges[first] : edges[last]] -= np.repeat(value[part], lengths[part])
    return x_K


def next_in_span(x_K: Tensor, offsets: Tensor, after: float = 0.0) -> Tensor:
    """Return the following element of the same span, and `after` behind its last: [K]."""
    y_K = torch.empty_like(x_K)
    y_K[:-1] = x_K[1:]
    y_K[last_elements(offsets)] = after
    return y_K


def last_elements(offsets: Tensor) -> Tensor:
    """Return the index of the last element of every span that has one, in order."""
    has_elements = offsets.diff() > 0
    return offsets[1:][has_elements] - 1


def span_sum(x_K: Tensor, offsets: Tensor) -> Tensor:
    """Sum of every span: [K] -> [S], where an empty span sums to 0."""
    if offsets.numel() < 2:
        # Not every device can sum up nothing.
        return x_K.new_zeros(0)
    total_S: Tensor = torch.segment_reduce(x_K, "sum", offsets=offsets, initial=0)
    return total_S


def span_mean(x_K: Tensor, offsets: Tensor) -> Tensor:
    """Mean of every span: [K] -> [S], where an empty span has mean 0."""
    return span_sum(x_K, offsets) / offsets.diff().clamp(min=1)


def group_size(group_N: Tensor, groups: int) -> Tensor:
    """Return how many members every group has: [N] -> [G]."""
    one_N = torch.ones_like(group_N)
    return group_N.new_zeros(groups).index_add_(0, group_N, one_N)


def group_mean(x_N: Tensor, group_N: Tensor, groups: int) -> Tensor:
    """Mean of every group: [N] -> [G], where an empty group has mean 0."""
    count_G = group_size(group_N, groups).clamp(min=1)
    sum_G = x_N.new_zeros(groups).index_add_(0, group_N, x_N)
    return sum_G / count_G


def group_std(x_N: Tensor, group_N: Tensor, groups: int) -> Tensor:
    """Sample standard deviation (n-1) of every group: [N] -> [G].

    Groups of fewer than two have 0.
    """
    count_G = group_size(group_N, groups)
    mean_G = group_mean(x_N, group_N, groups)
    centred_N = x_N - mean_G[group_N]
    # In units of the group's largest, since squares of large numbers are beyond all numbers.
    largest_G = x_N.new_zeros(groups)
    largest_G.scatter_reduce_(0, group_N, centred_N.abs(), "amax")
    unit_G = torch.where(largest_G > 0, largest_G, 1.0)
    scaled_N = centred_N / unit_G[group_N]
    square_G = x_N.new_zeros(groups).index_add_(0, group_N, scaled_N**2)
    return unit_G * torch.sqrt(square_G / (count_G - 1).clamp(min=1))


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
    # Squares of large numbers are beyond all numbers. Powers of two change no other digit.
    largest = chosen.abs().amax().clamp(min=1.0)
    unit = torch.ldexp(torch.ones_like(largest), torch.frexp(largest).exponent - 1)
    scaled = chosen / unit
    floor = (1e-8 / unit / unit).clamp(min=torch.finfo(unit.dtype).tiny)
    factor = torch.rsqrt(scaled.var(correction=1) + floor) / unit
    return (x_K - scaled.mean() * unit) * factor


def whiten_own(x_K: Tensor, over_K: Tensor, own_K: Tensor) -> Tensor:
    """Whiten by the chosen elements, and write 0 on all that are not own: [K].

    Fewer than two chosen elements have no spread, and then all is 0.
    """
    if int(over_K.sum()) < 2:
        return torch.zeros_like(x_K)
    return torch.where(own_K, whiten(x_K, over_K), 0.0)
