"""Exact semivalues from a full table: their weights, the values and the record that holds them.

A semivalue is a mean of marginal contributions v(S + i) - v(S) whose weight depends on the size
of S alone. Every index here is one list of weights for the sizes 0 … n - 1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb, exp, lgamma
from types import FunctionType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.tables import (
    as_table,
    player_count,
    require_finite,
    weigh,
)

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
    memory; above, pass `open_table(path)`. With w the weights of the index, φ_i is
    Σ_{S∋i} (w(s-1) + w(s)) v(S) - Σ_{S≠N} w(s) v(S), so one pass serves all players.

    Raises:
        ValueError: the length is no power of two, a value is not finite, the index is unknown.
    """
    values = as_table(table)
    n = player_count(values)
    name, weights = index_weights(index, n)
    ends = float(values[0]), float(values[-1])
    if n == 0:
        require_finite(values)
        return Exact(np.zeros(0), *ends, name)
    # v(S) enters with w(s - 1) for a player of S and with w(s) for one outside. The sum over S
    # without i is the sum over all S minus that over S with i, so i's own sum takes both.
    padded = np.concatenate([[0.0], weights, [0.0]])
    moments = weigh(values, padded[:-1] + padded[1:])
    outside = float(weights @ moments.layers[:-1])
    return Exact(moments.members - outside, *ends, name)


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
    base = _log_beta(alpha, beta)

    def weights(n: int) -> Floats:
        logs = [_log_beta(s + beta, n - 1 - s + alpha) - base for s in range(n)]
        return np.array([exp(log) for log in logs])

    return weights


def binomial_weights(p: float) -> SizeWeights:
    """Return w(s) = p^s (1-p)^(n-1-s): each other player is present with probability p.

    Raises:
        ValueError: p is outside [0, 1].
    """
    if not 0 <= p <= 1:
        raise ValueError(f"a probability of presence lies in [0, 1]; got {p}")
    return lambda n: np.array([p**s * (1 - p) ** (n - 1 - s) for s in range(n)])


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
    weights = np.asarray(rule(n), dtype=np.float64)
    if weights.shape != (n,) or not np.isfinite(weights).all():
        raise ValueError(
            f"the weights of {name} have shape {weights.shape}; {n} finite numbers are needed"
        )
    return name, weights
