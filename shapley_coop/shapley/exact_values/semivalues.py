"""Semivalues by name: the weight of a marginal contribution as a function of coalition size."""

from collections.abc import Callable
from math import comb, exp, lgamma
from typing import Literal

import numpy as np

from shapley_coop.shapley.arrays import Floats

Named = Literal["shapley", "banzhaf", "leave-one-out", "individual"]
SizeWeights = Callable[[int], Floats]
Index = Named | SizeWeights


def shapley_weights(n: int) -> Floats:
    """Return w(s) = s!(n-s-1)!/n! (Shapley, 1953): every order of the players equally likely."""
    return np.array([1.0 / (n * comb(n - 1, s)) for s in range(n)])


def banzhaf_weights(n: int) -> Floats:
    """Return w(s) = 2^-(n-1) (Banzhaf, 1965): every coalition equally likely."""
    return np.full(n, 0.5 ** max(n - 1, 0))


def leave_one_out_weights(n: int) -> Floats:
    """Return the weights of v(N) - v(N - i)."""
    return np.array([0.0] * (n - 1) + [1.0])[:n]


def individual_weights(n: int) -> Floats:
    """Return the weights of v({i}) - v(∅)."""
    return np.array([1.0] + [0.0] * (n - 1))[:n]


def beta_weights(alpha: float, beta: float) -> SizeWeights:
    """Return the Beta(alpha, beta)-Shapley weights (Kwon & Zou, 2022); (1, 1) is Shapley.

    A large alpha stresses small coalitions.

    Raises:
        ValueError: alpha or beta is not positive.
    """
    if not (alpha > 0 and beta > 0):
        raise ValueError(
            f"Beta-Shapley needs positive alpha and beta; got alpha={alpha}, beta={beta}"
        )
    base = _log_beta(alpha, beta)

    def weights(n: int) -> Floats:
        return np.array(
            [exp(_log_beta(s + beta, n - 1 - s + alpha) - base) for s in range(n)]
        )

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


NAMED: dict[str, SizeWeights] = {
    "shapley": shapley_weights,
    "banzhaf": banzhaf_weights,
    "leave-one-out": leave_one_out_weights,
    "individual": individual_weights,
}


def weights_of(index: Index, n: int) -> tuple[str, Floats]:
    """Return the name of an index and its n weights.

    Raises:
        ValueError: the name is unknown, or the weights are not n finite numbers.
    """
    if callable(index):
        name, rule = getattr(index, "__name__", "semivalue"), index
    elif index in NAMED:
        name, rule = index, NAMED[index]
    else:
        raise ValueError(
            f"no index is called {index!r}; there are {', '.join(NAMED)}, "
            "beta_weights(alpha, beta), binomial_weights(p), or your own function n -> n weights"
        )
    weights = np.asarray(rule(n), dtype=np.float64)
    if weights.shape != (n,) or not np.isfinite(weights).all():
        raise ValueError(
            f"the weights of {name} have shape {weights.shape}; {n} finite numbers are needed"
        )
    return name, weights
