"""Exact pair interactions from a table: Shapley and Banzhaf interaction indices of order 2."""

from functools import lru_cache, partial
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import all_coalitions, coalition_sizes
from shapley_coop.shapley.tables import (
    as_table,
    linear_result,
    player_count,
    require_finite,
    row_weights,
    weigh,
)

# A block of 2^5 rows of 2^11 doubles stays in a core's second-level cache.
_LOW_BITS_MAX = 11
_BLOCK_BITS = 5

PairIndex = Literal["shapley", "banzhaf"]


def pair_interactions(table: ArrayLike, index: PairIndex = "shapley") -> Floats:
    """Return the symmetric n x n matrix of pair interactions, with a diagonal of zeros.

    Entry (i, j) is the weighted mean over S without i and j of
    v(S + ij) - v(S + i) - v(S + j) + v(S): positive where two players complement each other.
    Weights s!(n-s-2)!/(n-1)! (Grabisch & Roubens, 1999) or 2^-(n-2). O(n^2) sums of one
    weighted pass over the table; O(2^n) time.

    Raises:
        ValueError: the length is no power of two, a value is not finite or masked, the index is
            unknown, or the result is too large for a float.
    """
    values = as_table(table)
    n = player_count(values)
    weights = pair_weights(n, index)
    if n < 2:
        require_finite(values)
        return np.zeros((n, n))
    interactions = linear_result(partial(_interactions, weights=weights), values)
    np.fill_diagonal(interactions, 0.0)
    return interactions


def _interactions(values: Floats, weights: Floats) -> Floats:
    n = player_count(values)
    # The coefficient of v(S) for a pair is p(s-2), -p(s-1) or p(s) as S holds both, one or none
    # of it; inclusion-exclusion turns that into a term for all S, S with i, S with j, S with both.
    p = np.concatenate([[0.0, 0.0], weights, [0.0, 0.0]])
    both, one, none = p[: n + 1], p[1 : n + 2], p[2 : n + 3]
    moments = weigh(values, one + none, none)
    joint = _joint_sums(values, both + 2 * one + none)
    one_holds = moments.members
    return np.asarray(joint - one_holds[:, None] - one_holds[None, :] + moments.total)


def pair_weights(n: int, index: PairIndex) -> Floats:
    """Return the weight of a pair's joint effect on a coalition of size 0 … n - 2."""
    if index == "shapley":
        return np.array([1.0 / ((n - 1) * comb(n - 2, s)) for s in range(n - 1)])
    if index == "banzhaf":
        return np.full(max(n - 1, 0), 0.5 ** max(n - 2, 0))
    raise ValueError(f"no pair index is called {index!r}; there are shapley, banzhaf")


def _joint_sums(table: Floats, weights: Floats) -> Floats:
    """Return the sums of weights[|S|] · (v(S) - v(∅)) over the S that hold both i and j, n x n."""
    n = player_count(table)
    low = min((n + 4) // 2, _LOW_BITS_MAX, n)
    block = min(n - low, _BLOCK_BITS)
    high = n - low
    outer = high - block
    by_row = row_weights(tuple(weights.tolist()), high, low)
    columns = _member_columns(low)
    column_sums = np.zeros(1 << low)
    row_sums = np.empty((1 << outer, 1 << block, low + 1))
    blocks = table.reshape(1 << outer, 1 << block, 1 << low)
    weighed = np.empty((1 << block, 1 << low))
    ones = np.ones(1 << block)
    empty = float(table[0])
    # One pass, as in `weigh`. A block of rows is weighed into the same memory each time.
    for x, size in enumerate(coalition_sizes(outer).tolist()):
        for y, more in enumerate(coalition_sizes(block).tolist()):
            row = blocks[x, y]
            # As in `weigh`, what all coalitions have in common is taken out first.
            if empty:
                row = np.subtract(row, empty, out=weighed[y])
            np.multiply(row, by_row[size + more], out=weighed[y])
        column_sums += ones @ weighed
        np.matmul(weighed, columns, out=row_sums[x])
    rows = row_sums.reshape(1 << high, low + 1)
    low_member, high_member = _membership(low), _membership(high)
    # A row's sums over the coalitions of each low player, and in the last column over all.
    cross = high_member @ rows[:, :low]
    low_pairs = (low_member * column_sums) @ low_member.T
    high_pairs = (high_member * rows[:, low]) @ high_member.T
    return np.block([[low_pairs, cross.T], [cross, high_pairs]])


@lru_cache(maxsize=16)
def _member_columns(bits: int) -> Floats:
    """Return the transposed membership with a column of ones, of shape (2^bits, bits + 1)."""
    return np.vstack([_membership(bits), np.ones(1 << bits)]).T.copy()


@lru_cache(maxsize=16)
def _membership(bits: int) -> Floats:
    """Return 1 at (i, x) where x has bit i, of shape (bits, 2^bits)."""
    return np.ascontiguousarray(all_coalitions(bits).T, dtype=np.float64)
