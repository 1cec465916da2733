"""Odd covariances between coalitions, which are written as vectors of signs.

A coalition is z in {-1, +1}^n. Every kernel here is odd, k(-z, z') = -k(z, z'), because
only the odd part of a game has Shapley value. The mixture is

    a_0 <z, z'> / n  +  a_1 sum(z) sum(z') / n^2
        +  sum_j a_j sinh(b_j <z, s∘z'>) / sinh(b_j sum(s))  +  size  +  white.

The sinh term is the odd part of the product kernel prod(1 + l_i z_i z'_i) with
l_i = tanh(b_j s_i), the kernel of random flips. Here s_i >= 0 is the relevance of player i,
and n b_j is about the mean order of interaction. The second term is what all players have
in common: with it, few data draw the values to an equal split rather than to zero. The size
term is a function of |S| that vanishes at the ends, so its Shapley value is zero. The white
term is an independent value for every pair.
"""

from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats

ORDERS = (1, 3, 8)
"""Orders n b_j of the random-flip terms."""
_SIZE_LENGTH = 0.5  # in mean signs, which run from -1 to 1
_JITTER = 1e-9


class Kernel(NamedTuple):
    """The parameters of the mixture, in the unit of the standardised data."""

    relevance: Floats
    """s, of length n."""
    linear: float
    common: float
    flips: Floats
    """a_j, one for each order."""
    size: float
    white: float

    @property
    def jitter(self) -> float:
        """Return what keeps the covariance positive definite in floating point."""
        flips = float(self.flips.sum())
        smooth = self.linear + self.common + flips + self.size
        total = smooth + self.white
        return _JITTER * total


class ConstantTerms(NamedTuple):
    """The terms of a covariance that do not depend on the relevance of players."""

    linear: Floats
    common: Floats
    size: Floats


class CovarianceTerms(NamedTuple):
    """The covariance of two sets of coalitions, term by term, each with unit weight."""

    constant: ConstantTerms
    flips: list[Floats]
    slopes: list[Floats]
    """Derivative of each flip term by <z, s∘z'>, with its normaliser kept constant."""


def constant_terms(one: Floats, two: Floats) -> ConstantTerms:
    """Return the terms without relevance for sign matrices of shapes (k, n) and (m, n)."""
    n = one.shape[1]
    inner = one @ two.T
    linear = inner / n
    mean_one = one.mean(axis=1)
    mean_two = two.mean(axis=1)
    common = np.outer(mean_one, mean_two)
    size = _size_kernel(mean_one, mean_two)
    return ConstantTerms(linear, common, size)


def covariance_terms(
    one: Floats,
    two: Floats,
    relevance: Floats,
    constant: ConstantTerms | None = None,
) -> CovarianceTerms:
    """Return all terms for sign matrices of shapes (k, n) and (m, n), each (k, m).

    `constant` holds the terms without relevance where they were computed before.
    """
    n = one.shape[1]
    total = float(relevance.sum())
    weighed = one * relevance
    inner = weighed @ two.T
    # The orders are whole numbers, so powers of two exponentials give all of them.
    up = np.exp((inner - total) / n)
    down = np.exp((inner + total) / -n)
    flips: list[Floats] = []
    slopes: list[Floats] = []
    for order in ORDERS:
        decay = -2 * order * total / n
        normaliser = -np.expm1(decay)
        high = _power(up, order)
        low = _power(down, order)
        odd = high - low
        even = high + low
        flips.append(odd / normaliser)
        slope_scale = order / (n * normaliser)
        slopes.append(even * slope_scale)
    if constant is None:
        constant = constant_terms(one, two)
    return CovarianceTerms(constant, flips, slopes)


def _power(base: Floats, exponent: int) -> Floats:
    """Return base**exponent, exponent >= 1, ten times faster than the power function."""
    product: Floats | None = None
    # Repeated squaring: the bits of the exponent say which squares to multiply.
    while exponent:
        if exponent & 1:
            product = base if product is None else product * base
        exponent >>= 1
        if exponent:
            base = base * base
    return base if product is None else product


def covariance(kernel: Kernel, terms: CovarianceTerms) -> Floats:
    """Return the covariance of the smooth part of the process, without the white term."""
    constant = terms.constant
    linear = kernel.linear * constant.linear
    common = kernel.common * constant.common
    size = kernel.size * constant.size
    total: Floats = linear + size + common
    for weight, term in zip(kernel.flips, terms.flips, strict=True):
        total = total + weight * term
    return total


def variances(kernel: Kernel, signs: Floats) -> Floats:
    """Return the variance of the smooth part of the process at each row of signs (k, n)."""
    mean = signs.mean(axis=1)
    # <z, s∘z> is the same for every z, so each flip term is 1 there.
    flips = float(kernel.flips.sum())
    flat = kernel.linear + flips
    # There are few sizes, so the size term is computed once for each.
    levels, level = np.unique(mean, return_inverse=True)
    at_levels = np.diag(_size_kernel(levels, levels))
    size = at_levels[level.reshape(-1)]
    common = kernel.common * mean**2
    total = flat + common + kernel.size * size
    return np.asarray(total)


def _size_kernel(t: Floats, u: Floats) -> Floats:
    """Return an odd squared-exponential kernel of mean signs, conditioned to 0 at +-1."""
    one = np.ones(1)
    # An effect of size at the ends would have value. Conditioning on zero removes it.
    at_end = _odd_exponential(one, one)
    to_end = _odd_exponential(t, one)
    from_end = _odd_exponential(one, u)
    explained = to_end @ from_end / at_end
    prior = _odd_exponential(t, u)
    return np.asarray(prior - explained)


def _odd_exponential(a: Floats, b: Floats) -> Floats:
    """Return the odd part of the squared-exponential kernel for each a and b."""
    width = 2 * _SIZE_LENGTH**2
    difference = a[:, None] - b
    mirrored = a[:, None] + b
    near = np.exp(-(difference**2) / width)
    across = np.exp(-(mirrored**2) / width)
    return np.asarray(near - across)
