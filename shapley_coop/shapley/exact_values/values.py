"""Exact semivalues from a full table: their weights, the values and the record that holds them.

A semivalue is a mean of marginal contributions v(S + i) - v(S) whose weight depends on the size
of S alone. Every index here is one list of weights for the sizes 0 … n - 1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from math import comb, exp, lgamma
from types import FunctionType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats, Ints, as_floats
from shapley_coop.shapley.coalitions import all_coalitions, coalition_sizes
from shapley_coop.shapley.tables import (
    as_table,
    linear_result,
    player_count,
    require_finite,
    weigh,
)

# Up to this many players every marginal contribution is taken by itself.
_GAINS_MAX = 10

IndexName = Literal["shapley", "banzhaf", "leave-one-out", "individual"]
SizeWeights = Callable[[int], Floats]
Index = IndexName | SizeWeights
"""A name, or a function from n to the n weights of coalition sizes 0 … n - 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """A value per player, computed exactly."""

    values: Floats
    """Length n, in the unit of the table."""
    empty: float
    """v(∅)."""
    grand: float
    """v(N)."""
    index: str = "shapley"
    """Which semivalue."""

    @property
    def residual(self) -> float:
        """Return Σ values - (v(N) - v(∅)).

        It is rounding error for Shapley values, and real for other indices.
        """
        return float(self.values.sum()) - (self.grand - self.empty)


def exact(table: ArrayLike, index: Index = "shapley") -> Exact:
    """Return the Shapley value, or another semivalue, of a game given as a table.

    `table` has 2^n values; bit i of the index is player i. O(2^n) time, n up to 24 or so in
    memory; above, pass `open_table(path)`. A value is right to the rounding of the largest
    marginal contribution, of more than 10 players to that of the largest |v(S) - v(∅)|.

    Raises:
        ValueError: the length is no power of two, a value is not finite or masked, the index is
            unknown, or the result is too large for a float.
    """
    values = as_table(table)
    n = player_count(values)
    name, weights = index_weights(index, n)
    ends = float(values[0]), float(values[-1])
    if n == 0:
        require_finite(values)
        return Exact(np.zeros(0), *ends, name)
    return Exact(
        linear_result(partial(semivalues, weights=weights), values), *ends, name
    )


def semivalues(values: Floats, weights: Floats) -> Floats:
    """Return Σ over S without i of w(|S|) (v(S + i) - v(S)) for each of n >= 1 players.

    `values` is a table of 2^n and `weights` the n weights. Where a value is not finite, the
    result is not either.
    """
    n = player_count(values)
    if n <= _GAINS_MAX:
        # Nothing but the values of two neighbours cancels, so no player takes digits from another.
        neighbours = _neighbours(n)
        gains = values[neighbours.joined] - values[neighbours.without]
        weighed = gains * weights[neighbours.size]
        return np.asarray(weighed.sum(axis=1))
    # v(S) enters with w(s - 1) for a player of S and with w(s) for one outside. The sum over S
    # without i is the sum over all S minus that over S with i, so i's own sum takes both, and one
    # pass serves all players.
    padded = np.concatenate([[0.0], weights, [0.0]])
    moments = weigh(values, padded[:-1] + padded[1:], padded[1:])
    return moments.members - moments.total


def table_weights(n: int, index: Index = "shapley") -> Floats:
    """Return the n x 2^n weights with which the values of a table enter each player's value."""
    _, weights = index_weights(index, n)
    sizes = coalition_sizes(n)
    members = all_coalitions(n).T
    # v(S) enters with w(s - 1) for a player of S, and with -w(s) for one outside.
    padded = np.concatenate([[0.0], weights, [0.0]])
    return np.where(members, padded[sizes], -padded[sizes + 1])


class _Neighbours(NamedTuple):
    """Coalitions that differ by one player, n x 2^(n - 1) masks each, a row a player."""

    without: Ints
    joined: Ints
    size: Ints
    """Of the coalition without the player."""


@lru_cache(maxsize=_GAINS_MAX)
def _neighbours(n: int) -> _Neighbours:
    members = all_coalitions(n).T
    joined = np.stack([np.flatnonzero(row) for row in members])
    without = np.stack([np.flatnonzero(~row) for row in members])
    return _Neighbours(without, joined, coalition_sizes(n)[without])


def banzhaf(table: ArrayLike) -> Exact:
    """Return the Banzhaf value: the mean marginal contribution over all coalitions."""
    return exact(table, "banzhaf")


def leave_one_out(table: ArrayLike) -> Exact:
    """Return v(N) - v(N - i) for each player."""
    return exact(table, "leave-one-out")


def shapley_weights(n: int) -> Floats:
    """Return w(s) = s!(n-s-1)!/n! (Shapley, 1953): every order of the players equally likely."""
    return np.array([1.0 / (n * comb(n - 1, s)) for s in range(n)])


def banzhaf_weights(n: int) -> Floats:
    """Return w(s) = 2^-(n-1) (Banzhaf, 1965): every coalition equally likely."""
    return np.full(n, 0.5 ** max(n - 1, 0))


def leave_one_out_weights(n: int) -> Floats:
    """Return the weights of v(N) - v(N - i)."""
    weights = np.zeros(n)
    weights[-1:] = 1.0
    return weights


def individual_weights(n: int) -> Floats:
    """Return the weights of v({i}) - v(∅)."""
    weights = np.zeros(n)
    weights[:1] = 1.0
    return weights


def beta_weights(alpha: float, beta: float) -> SizeWeights:
    """Return the weights of Beta(alpha, beta)-Shapley (Kwon & Zou, 2022).

    Beta(1, 1) is Shapley. A large alpha stresses small coalitions.

    Raises:
        ValueError: alpha or beta is not positive.
    """
    if not (alpha > 0 and beta > 0):
        raise ValueError(
            f"Beta-Shapley needs positive alpha and beta; got alpha={alpha}, beta={beta}"
        )
    # A partial, unlike a function within a function, can be sent to another process.
    return partial(_beta_weights, alpha, beta)


def binomial_weights(p: float) -> SizeWeights:
    """Return w(s) = p^s (1-p)^(n-1-s): each other player is present with probability p.

    Raises:
        ValueError: p is outside [0, 1].
    """
    if not 0 <= p <= 1:
        raise ValueError(f"a probability of presence lies in [0, 1]; got {p}")
    return partial(_binomial_weights, p)


def _beta_weights(alpha: float, beta: float, n: int) -> Floats:
    base = _log_beta(alpha, beta)
    logs = [_log_beta(s + beta, n - 1 - s + alpha) - base for s in range(n)]
    return np.array([exp(log) for log in logs])


def _binomial_weights(p: float, n: int) -> Floats:
    return np.array([p**s * (1 - p) ** (n - 1 - s) for s in range(n)])


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


NAMED_WEIGHTS: dict[str, SizeWeights] = {
    "shapley": shapley_weights,
    "banzhaf": banzhaf_weights,
    "leave-one-out": leave_one_out_weights,
    "individual": individual_weights,
}


def index_weights(index: Index, n: int) -> tuple[str, Floats]:
    """Return the name of an index and its n weights.

    Raises:
        ValueError: the name is unknown, or the weights are not n finite numbers.
    """
    if callable(index):
        # A callable object that is no function, such as a partial, has no name of its own.
        name = index.__name__ if isinstance(index, FunctionType) else "semivalue"
        rule = index
    elif index in NAMED_WEIGHTS:
        name, rule = index, NAMED_WEIGHTS[index]
    else:
        raise ValueError(
            f"no index is called {index!r}; there are {', '.join(NAMED_WEIGHTS)}, "
            "beta_weights(alpha, beta), binomial_weights(p), or your own function n -> n weights"
        )
    weights = as_floats(rule(n))
    if weights.shape != (n,) or not np.isfinite(weights).all():
        raise ValueError(
            f"the weights of {name} have shape {weights.shape}; {n} finite numbers are needed"
        )
    return name, weights
