"""Exact Shapley values of games with a known formula: weighted sums, voting, airport."""

from collections.abc import Callable, Iterator, Sequence
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats, Ints, as_floats
from shapley_coop.shapley.exact_values.values import Exact
from shapley_coop.shapley.units import too_large

# Cells of the distributions over q, a gigabyte of them.
_CELLS_MAX = 1 << 27


def weighted_sum(weights: Sequence[int], worth: Callable[[Ints], ArrayLike]) -> Exact:
    """Return the Shapley value of v(S) = worth(sum of the weights of S).

    `weights` are n whole numbers of at least 0; `worth` takes an array of sums and returns as
    many values. With every other player present with probability q, the sum of the others has
    a distribution computed by convolution; the value is its integral over q from 0 to 1
    (Owen, 1972), a polynomial of degree n - 1 that Gauss-Legendre nodes integrate exactly.
    Leaving each player out by halves takes O(n log n) convolutions instead of n^2:
    O(n^2 log n · total weight) time.

    Raises:
        ValueError: weights are not whole, negative, or too large; `worth` fails its shape or
            returns values that are not finite, or differ by more than the largest float.
    """
    whole = _whole_weights(weights)
    n = whole.size
    worths = _ask_worth(worth, int(whole.sum()) + 1)
    empty, grand = float(worths[0]), float(worths[-1])
    if n == 0:
        return Exact(np.zeros(0), empty, empty)
    nodes, node_weights = unit_legendre(n)
    # With nobody present the sum is 0 for certain, at every probability q.
    nobody = np.zeros((nodes.size, worths.size))
    nobody[:, 0] = 1.0
    if not isfinite(float(worths.max()) - float(worths.min())):
        raise too_large(float(worths[np.abs(worths).argmax()]), "worth")
    values = np.zeros(n)
    for i, others in _leave_one_out(nobody, whole, nodes, np.arange(n)):
        weight = int(whole[i])
        gain = worths[weight:] - worths[: worths.size - weight]
        expected_gain = others[:, : gain.size] @ gain
        values[i] = node_weights @ expected_gain
    return Exact(values, empty, grand)


def weighted_voting(weights: Sequence[int], quota: float) -> Exact:
    """Return the power index of Shapley & Shubik (1954).

    v(S) = 1 where the weight of S reaches the quota, else 0. Cost and errors are those of
    `weighted_sum`.

    Raises:
        ValueError: the quota is not finite; as `weighted_sum`.
    """
    if not isfinite(quota):
        raise ValueError(f"a quota is a finite number of votes; got {quota}")
    return weighted_sum(weights, lambda sums: (sums >= quota).astype(np.float64))


def airport(costs: ArrayLike) -> Exact:
    """Return the Shapley value of v(S) = the largest cost in S, v of nobody = 0.

    The players whose cost reaches a step share that step equally (Littlechild & Owen, 1973).
    O(n log n). For a game that costs rather than earns, change the sign of the result.

    Raises:
        ValueError: costs are negative or not finite.
    """
    array = as_floats(costs)
    if array.ndim != 1 or not np.isfinite(array).all() or (array < 0).any():
        raise ValueError(
            f"airport costs are a list of finite numbers >= 0; got {costs!r}"
        )
    n = array.size
    order = np.argsort(array, kind="stable")
    # The k-th cheapest player shares its step with itself and the n - k dearer ones.
    steps = np.diff(array[order], prepend=0.0)
    shares = steps / np.arange(n, 0, -1)
    values = np.empty(n)
    values[order] = np.cumsum(shares)
    return Exact(values, 0.0, float(array.max(initial=0.0)))


def unit_legendre(n: int) -> tuple[Floats, Floats]:
    """Return nodes and weights on [0, 1] that integrate polynomials of degree n - 1."""
    nodes, weights = np.polynomial.legendre.leggauss(max((n + 1) // 2, 1))
    return (nodes + 1) / 2, weights / 2


def _whole_weights(weights: Sequence[int]) -> Ints:
    array = np.asarray(weights)
    numeric = array.ndim == 1 and np.issubdtype(array.dtype, np.number)
    # Floats are taken where they are whole, since weights often come out of a division.
    if not numeric or not np.isfinite(array).all():
        raise _not_whole(weights)
    if (array < 0).any() or (array != np.floor(array)).any():
        raise _not_whole(weights)
    total = sum(int(weight) for weight in array.tolist())
    nodes = (array.size + 1) // 2
    if nodes * (total + 1) > _CELLS_MAX:
        raise ValueError(
            f"{array.size} weights of total {total} need too much memory; divide the "
            "weights by a common factor or round them"
        )
    return array.astype(np.intp)


def _not_whole(weights: Sequence[int]) -> ValueError:
    return ValueError(f"weights are whole numbers >= 0, one a player; got {weights!r}")


def _ask_worth(worth: Callable[[Ints], ArrayLike], count: int) -> Floats:
    values = as_floats(worth(np.arange(count)))
    if values.shape != (count,) or not np.isfinite(values).all():
        raise ValueError(
            f"worth returned shape {values.shape} for {count} sums; it must return {count} "
            "finite values"
        )
    return values


def _leave_one_out(
    sums: Floats, weights: Ints, nodes: Floats, players: Ints
) -> Iterator[tuple[int, Floats]]:
    """Yield each player with the distribution of the sum of all others, by halving.

    `sums` is the distribution without any of `players`, a row a node.
    """
    if players.size == 1:
        yield int(players[0]), sums
        return
    half = players.size // 2
    first, second = players[:half], players[half:]
    # Either half is left out one by one, once the whole of the other was added.
    for inside, outside in ((first, second), (second, first)):
        grown = sums
        for weight in weights[outside].tolist():
            grown = _add_player(grown, weight, nodes)
        yield from _leave_one_out(grown, weights, nodes, inside)


def _add_player(sums: Floats, weight: int, nodes: Floats) -> Floats:
    """Return the distribution with one more player, present with each node's probability."""
    if weight == 0:
        return sums
    q = nodes[:, None]
    grown = (1 - q) * sums
    grown[:, weight:] += q * sums[:, :-weight]
    return grown
