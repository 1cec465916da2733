"""Odd covariances on signed coalitions, and their Shapley functionals in closed form.

A coalition is z in {-1, +1}^n. Every kernel here is odd, k(-z, z') = -k(z, z'), because only the
odd part of a game has Shapley value. The mixture is

    a_0 <z, z'> / n  +  a_1 sum(z) sum(z') / n^2
        +  sum_j a_j sinh(b_j <z, s∘z'>) / sinh(b_j sum(s))  +  size  +  white,

where sinh is the odd part of the product kernel prod(1 + l_i z_i z'_i) with l_i = tanh(b_j s_i),
the random-flip kernel, s_i >= 0 is the relevance of player i, and n b_j is about the mean order
of interaction. The second term is what all players have in common: with it, few data draw the
values to an equal split rather than to zero. The size term is a function of |S| that vanishes
at the ends, so its Shapley value is zero; the white term is an independent value for every pair.
"""

from math import comb
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats

ORDERS = (1, 3, 8)
_SIZE_LENGTH = 0.5
_NODES_MAX = 24
_JITTER = 1e-9


class Kernel(NamedTuple):
    """The parameters of the mixture, in the unit of the standardised data."""

    relevance: Floats
    """s, length n."""
    linear: float
    common: float
    flips: Floats
    """a_j, one for each order."""
    size: float
    white: float

    @property
    def jitter(self) -> float:
        """Return what keeps the covariance positive definite in floating point."""
        smooth = self.linear + self.common + float(self.flips.sum()) + self.size
        return _JITTER * (smooth + self.white)


class Fixed(NamedTuple):
    """The terms that no relevance enters."""

    linear: Floats
    common: Floats
    size: Floats


class Parts(NamedTuple):
    """The covariance of two sets of coalitions, term by term, each with unit weight."""

    fixed: Fixed
    flips: list[Floats]
    slopes: list[Floats]
    """Derivative of each flip term by <z, s∘z'>, its normaliser held."""


def fixed_parts(one: Floats, two: Floats) -> Fixed:
    """Return the fixed terms for sign matrices of shapes (k, n) and (m, n)."""
    t, u = one.mean(axis=1), two.mean(axis=1)
    return Fixed((one @ two.T) / one.shape[1], np.outer(t, u), _size_kernel(t, u))


def parts(
    one: Floats, two: Floats, relevance: Floats, fixed: Fixed | None = None
) -> Parts:
    """Return the terms for sign matrices of shapes (k, n) and (m, n): each (k, m)."""
    n = one.shape[1]
    total = float(relevance.sum())
    inner = (one * relevance) @ two.T
    # The orders are whole numbers, so powers of two exponentials give all of them.
    up, down = np.exp((inner - total) / n), np.exp((inner + total) / -n)
    flips, slopes = [], []
    for order in ORDERS:
        normaliser = -np.expm1(-2 * order * total / n)
        high, low = _power(up, order), _power(down, order)
        flips.append((high - low) / normaliser)
        slopes.append((high + low) * (order / (n * normaliser)))
    return Parts(fixed or fixed_parts(one, two), flips, slopes)


def _power(base: Floats, exponent: int) -> Floats:
    """Return base**exponent by repeated squaring, ten times faster than the power function."""
    found: Floats | None = None
    while exponent:
        if exponent & 1:
            found = base if found is None else found * base
        exponent >>= 1
        if exponent:
            base = base * base
    return base if found is None else found


def covariance(kernel: Kernel, terms: Parts) -> Floats:
    """Return the covariance of the smooth part of the process (the white part left out)."""
    fixed = terms.fixed
    total: Floats = kernel.linear * fixed.linear + kernel.size * fixed.size
    total = total + kernel.common * fixed.common
    for weight, term in zip(kernel.flips, terms.flips, strict=True):
        total = total + weight * term
    return total


def variances(kernel: Kernel, signs: Floats) -> Floats:
    """Return the variance of the smooth part of the process at each row of signs (k, n)."""
    mean = signs.mean(axis=1)
    # <z, s∘z> is the same for every z, so each flip term is 1 there.
    flat = kernel.linear + float(kernel.flips.sum())
    levels, level = np.unique(mean, return_inverse=True)
    size = np.diag(_size_kernel(levels, levels))[level.reshape(-1)]
    return np.asarray(flat + kernel.common * mean**2 + kernel.size * size)


def _size_kernel(t: Floats, u: Floats) -> Floats:
    """Return an odd squared-exponential kernel of the mean sign, conditioned to 0 at +-1."""

    def odd(a: Floats, b: Floats) -> Floats:
        apart = np.exp(-((a[:, None] - b) ** 2) / (2 * _SIZE_LENGTH**2))
        across = np.exp(-((a[:, None] + b) ** 2) / (2 * _SIZE_LENGTH**2))
        return np.asarray(apart - across)

    one = np.ones(1)
    return np.asarray(odd(t, u) - odd(t, one) @ odd(one, u) / odd(one, one))


def shapley_covariance(kernel: Kernel, signs: Floats) -> Floats:
    """Return the covariance of each player's Shapley value with the process; shape (n, m).

    The value of a product kernel is an integral over the chance that the others are present
    (Owen, 1972): int l_i z'_i prod_{j != i} (1 + l_j z'_j t) dt over [-1, 1], by Gauss-Legendre.
    """
    n = signs.shape[1]
    present = signs > 0
    found = (
        2
        / n
        * (kernel.linear * signs + kernel.common * signs.mean(axis=1, keepdims=True))
    )
    nodes, weights = _legendre(n)
    for order, weight in zip(ORDERS, kernel.flips, strict=True):
        rate, shift = _rates(kernel.relevance, order)
        scaled = np.outer(rate, nodes)
        log_product = signs @ np.arctanh(scaled) + 0.5 * np.log1p(-(scaled**2)).sum(
            axis=0
        )
        product = np.exp(log_product - shift) * weights
        inside, outside = product @ (1 / (1 + scaled)).T, product @ (1 / (1 - scaled)).T
        found = found + weight * rate * np.where(present, inside, -outside)
    return np.asarray((found + kernel.white * pair_coefficients(present)).T)


def shapley_variance(kernel: Kernel) -> Floats:
    """Return the prior variance of each player's Shapley value; length n."""
    n = kernel.relevance.size
    nodes, weights = _legendre(n)
    grid, grid_weights = (
        np.outer(nodes, nodes).ravel(),
        np.outer(weights, weights).ravel(),
    )
    variance = np.full(n, 4 / n * (kernel.linear + kernel.common / n))
    for order, weight in zip(ORDERS, kernel.flips, strict=True):
        rate, shift = _rates(kernel.relevance, order)
        logs = np.log1p(np.outer(rate, grid))
        others = np.exp(logs.sum(axis=0) - shift - logs)
        variance = variance + weight * rate * (others @ grid_weights)
    squares = sum(comb(n - 1, s) * _marginal_weight(n, s) ** 2 for s in range(n))
    return np.asarray(variance + 4 * kernel.white * squares)


def pair_coefficients(
    present: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]",
) -> Floats:
    """Return the weight of each pair's odd value in each player's Shapley value; (m, n)."""
    n = present.shape[1]
    size = present.sum(axis=1)
    weights = np.array([_marginal_weight(n, s) for s in range(n)])
    joined = weights[np.maximum(size - 1, 0)][:, None]
    apart = weights[np.minimum(size, n - 1)][:, None]
    return np.asarray(np.where(present, 2 * joined, -2 * apart))


def _marginal_weight(n: int, s: int) -> float:
    return 1.0 / (n * comb(n - 1, s))


def _legendre(n: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(
        min(max(n // 2 + 1, 2), _NODES_MAX)
    )
    return nodes, weights


def _rates(relevance: Floats, order: int) -> tuple[Floats, float]:
    """Return l_i of one order, and the log of the product kernel's odd part at z = z'."""
    b = order / relevance.size
    rate = np.tanh(b * relevance)
    total = b * float(relevance.sum())
    log_sinh = total + float(np.log(-np.expm1(-2 * total))) - np.log(2.0)
    return rate, float(0.5 * np.log1p(-(rate**2)).sum() + log_sinh)
