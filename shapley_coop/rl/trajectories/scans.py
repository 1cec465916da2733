"""Sums and minima from each element to the end of its span, on the processor or a device."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from shapley_coop.rl.trajectories.blocks import Block, blocks, last_elements
from shapley_coop.rl.trajectories.gate import as_data
from shapley_coop.rl.trajectories.ragged import next_in_span, to_end


class Ends(NamedTuple):
    """Elements that take another value than the flat tensor holds, such as rewards of turns."""

    at_M: Tensor
    """Their indices, rising."""
    value_M: Tensor


def sum_to_end(
    x_K: Tensor, offsets: Tensor, discount: float = 1.0, ends: Ends | None = None
) -> Tensor:
    """Return y[k] = sum over j >= k in the same span of discount^(j-k) x[j]: [K], float64.

    `ends`, if any, takes the place of x at its indices. Nothing of another span enters a sum, and
    rounding is relative to the span's own numbers. Raises ValueError where a sum is not finite.
    Time K, and K log of the longest span on a device.
    """
    x = as_data(x_K)
    if x.device.type != "cpu":
        return _require_finite(_sum_on_device(_with(x, ends), offsets, discount))
    return _require_finite(_sum_on_processor(x, offsets, discount, ends))


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
    Raises ValueError where an advantage is not finite. Rounding and time are those of `sum_to_end`.
    """
    value = as_data(value_K)
    reward = as_data(reward_K)
    if value.device.type != "cpu":
        reward = _with(reward, ends)
        out = _advantages_on_device(reward, value, offsets, gamma, lam)
    else:
        out = _advantages_on_processor(reward, value, offsets, gamma, lam, ends)
    return _require_finite(out)


def min_to_end(x_K: Tensor, offsets: Tensor) -> Tensor:
    """Return y[k] = min over j >= k in the same span of x[j]: [K]. Time K log of the longest."""
    y_K = x_K.clone()
    left_K = to_end(offsets)
    # After each round an element holds the minimum of twice as many elements from itself on.
    for step in _doubled_steps(offsets):
        later = torch.where(left_K[:-step] >= step, y_K[step:], torch.inf)
        y_K[:-step] = torch.minimum(y_K[:-step], later)
    return y_K


def _blocks(offsets: Tensor, ends: Ends | None) -> Iterator[Block]:
    if ends is None:
        return blocks(offsets.numpy(), np.empty(0, np.int64), np.empty(0))
    value_M = as_data(ends.value_M)
    return blocks(offsets.numpy(), ends.at_M.numpy(), value_M.numpy())


def _sum_on_processor(
    x_K: Tensor, offsets: Tensor, discount: float, ends: Ends | None
) -> Tensor:
    x = x_K.numpy()
    y = np.empty(len(x))
    for block in _blocks(offsets, ends):
        # A view: what is written into it is written into the result.
        sums = block.of(y)
        sums[:] = block.of(x)
        sums[block.end_at] = block.end_value
        block.sum_to_end_(sums, discount)
    return torch.from_numpy(y)


def _advantages_on_processor(
    reward_K: Tensor,
    value_K: Tensor,
    offsets: Tensor,
    gamma: float,
    lam: float,
    ends: Ends | None,
) -> Tensor:
    reward, value = reward_K.numpy(), value_K.numpy()
    out = np.empty(len(value))
    for block in _blocks(offsets, ends):
        here = block.of(value)
        sums = block.of(out)
        sums[:] = block.of(reward)
        sums[block.end_at] = block.end_value
        if lam == 1.0:
            # The values in between cancel. What remains is the sum still to earn, less V.
            block.sum_to_end_(sums, gamma)
            sums -= here
            continue
        later = np.empty(len(here))
        np.multiply(here[1:], gamma, out=later[:-1])
        # Nothing follows the last element of a span, so its next value is 0.
        later[last_elements(block.spans)] = 0.0
        sums += later
        sums -= here
        block.sum_to_end_(sums, gamma * lam)
    return torch.from_numpy(out)


def _with(x_K: Tensor, ends: Ends | None) -> Tensor:
    """Return the elements with the ends among them."""
    if ends is None:
        return x_K
    return x_K.index_copy(0, ends.at_M, as_data(ends.value_M))


def _sum_on_device(x_K: Tensor, offsets: Tensor, discount: float) -> Tensor:
    """Sum by doubling: after each round an element holds twice as many from itself on."""
    y_K = x_K.clone()
    left_K = to_end(offsets)
    for step in _doubled_steps(offsets):
        later = torch.where(left_K[:-step] >= step, y_K[step:], 0.0)
        y_K[:-step].add_(later, alpha=discount**step)
    return y_K


def _advantages_on_device(
    reward_K: Tensor, value_K: Tensor, offsets: Tensor, gamma: float, lam: float
) -> Tensor:
    if lam == 1.0:
        return _sum_on_device(reward_K, offsets, gamma) - value_K
    delta_K = reward_K + gamma * next_in_span(value_K, offsets) - value_K
    return _sum_on_device(delta_K, offsets, gamma * lam)


def _doubled_steps(offsets: Tensor) -> list[int]:
    """Return 1, 2, 4, ... below the length of the longest span."""
    lengths = offsets.diff()
    if not lengths.numel():
        return []
    longest = int(lengths.max())
    return [1 << round_ for round_ in range(max(longest - 1, 0).bit_length())]


def _require_finite(sums_K: Tensor) -> Tensor:
    # One sum finds out faster than a test of every element whether all are finite.
    if bool(sums_K.sum().isfinite()):
        return sums_K
    places = (~sums_K.isfinite()).nonzero()
    if places.numel():
        # Sums run from the end, so the last that is not finite is where it began.
        at = int(places[-1])
        raise ValueError(
            f"the sum to the end at element {at} is {float(sums_K[at])}: rewards and values, and "
            "what they sum to, must be finite"
        )
    return sums_K
