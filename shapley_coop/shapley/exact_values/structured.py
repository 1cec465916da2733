"""Exact Shapley values of games with a known formula: weighted sums, voting, airport."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.exact_values.values import Exact

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
        ValueError: weights are not whole, negative, or too large; `worth` fails its shape.
    """
    w = _checked_weights(weights)
    worths = _ask_worth(worth, int(w.sum()) + 1)
    if not w.size:
        return Exact(np.zeros(0), float(worths[0]), float(worths[0]))
    nodes, node_weights = unit_legendre(w.size)
    start = np.zeros((nodes.size, worths.size))
    start[:, 0] = 1.0
    values = np.zeros(w.size)
    for i, others in _leave_one_out(start, w, nodes, np.arange(w.size)):
        gain = worths[w[i] :] - worths[: worths.size - w[i]]
        values[i] = node_weights @ (others[:, : gain.size] @ gain)
    return Exact(values, float(worths[0]), float(worths[-1]))


def weighted_voting(weights: Sequence[int], quota: float) -> Exact:
    """Return the Shapley-Shubik power index: v(S) = 1 where the weight of S reaches the quota.

    See `weighted_sum` for cost and errors.
    """
    return weighted_sum(weights, lambda sums: (sums >= quota).astype(np.float64))


def airport(costs: ArrayLike) -> Exact:
    """Return the Shapley value of v(S) = the largest cost in S, v of nobody = 0.

    The players whose cost reaches a step share that step equally (Littlechild & Owen, 1973).
    O(n log n). For a game that costs rather than earns, change the sign of the result.

    Raises:
        ValueError: costs are negative or not finite.
    """
    c = np.asarray(costs, dtype=np.float64)
    if c.ndim != 1 or not np.isfinite(c).all() or (c < 0).any():
        raise ValueError(
            f"airport costs are a list of finite numbers >= 0; got {costs!r}"
        )
    order = np.argsort(c, kind="stable")
    steps = np.diff(c[order], prepend=0.0) / np.arange(c.size, 0, -1)
    values = np.empty(c.size)
    values[order] = np.cumsum(steps)
    return Exact(values, 0.0, float(c.max(initial=0.0)))


def unit_legendre(n: int) -> tuple[Floats, Floats]:
    """Return nodes and weights on [0, 1] that integrate polynomials of degree n - 1."""
    nodes, weights = np.polynomial.legendre.leggauss(max((n + 1) // 2, 1))
    return (nodes + 1) / 2, weights / 2


def _checked_weights(weights: Sequence[int]) -> Ints:
    given = np.asarray(weights)
    whole = given.ndim == 1 and np.issubdtype(given.dtype, np.number)
    if not whole or (given < 0).any() or (given != np.floor(given)).any():
        raise ValueError(
            f"weights are whole numbers >= 0, one a player; got {weights!r}"
        )
    w = given.astype(np.intp)
    if (w.size + 1) // 2 * (int(w.sum()) + 1) > _CELLS_MAX:
        raise ValueError(
            f"{w.size} weights of total {int(w.sum())} need too much memory; divide the "
            "weights by a common factor or round them"
        )
    return w


def _ask_worth(worth: Callable[[Ints], ArrayLike], count: int) -> Floats:
    values = np.asarray(worth(np.arange(count)), dtype=np.float64)
    if values.shape != (count,) or not np.isfinite(values).all():
        raise ValueError(
            f"worth returned shape {values.shape} for {count} sums; it must return {count} "
            "finite values"
        )
    return values


def _leave_one_out(
    sums: Floats, weights: Ints, nodes: Floats, players: Ints
) -> Iterator[tuple[int, Floats]]:
    """Yield each player with the distribution of the sum of all others, by halving."""
    if players.size == 1:
        yield int(players[0]), sums
        return
    half = players.size // 2
    for kept, added in (
        (players[:half], players[half:]),
        (players[half:], players[:half]),
    ):
        grown = sums
        for weight in weights[added].tolist():
            grown = _add_player(grown, weight, nodes)
        yield from _leave_one_out(grown, weights, nodes, kept)


def _add_player(sums: Floats, weight: int, nodes: Floats) -> Floats:
    if weight == 0:
        return sums
    q = nodes[:, None]
    grown = (1 - q) * sums
    grown[:, weight:] += q * sums[:, :-weight]
    return grown
