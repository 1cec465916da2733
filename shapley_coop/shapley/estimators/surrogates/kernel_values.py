"""Shapley values of the kernels in closed form, as covariances with the process."""

from math import comb
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Bools, Floats
from shapley_coop.shapley.estimators.surrogates.kernels import ORDERS, Kernel

_NODES_MAX = 24  # of the Gauss-Legendre rule, which is exact up to 48 players


class _Quadrature(NamedTuple):
    """A rule for integrals over [-1, 1]."""

    nodes: Floats
    weights: Floats


class _FlipTerm(NamedTuple):
    """A product kernel of one order."""

    rate: Floats
    """l_i for each player i."""
    log_scale: float
    """Log of the kernel's odd part at z = z'."""


def shapley_covariance(kernel: Kernel, signs: Floats) -> Floats:
    """Return the covariance of each player's Shapley value with the process, shape (n, m).

    `signs` is m x n. The value of a product kernel is an integral over the chance that the
    others are present (Owen, 1972): int l_i z'_i prod_{j != i} (1 + l_j z'_j t) dt over
    [-1, 1], here by Gauss-Legendre quadrature.
    """
    n = signs.shape[1]
    present = signs > 0
    mean = signs.mean(axis=1, keepdims=True)
    # The first two terms are additive games, whose values can be read off.
    linear = kernel.linear * signs
    common = kernel.common * mean
    additive = linear + common
    total = 2 / n * additive
    rule = _quadrature(n)
    for order, weight in zip(ORDERS, kernel.flips, strict=True):
        term = _flip_term(kernel.relevance, order)
        scale = weight * term.rate
        marginal = _flip_marginals(term, rule, signs)
        total = total + scale * marginal
    white = kernel.white * pair_coefficients(present)
    total = total + white
    return np.asarray(total.T)


def _flip_marginals(
    term: _FlipTerm,
    rule: _Quadrature,
    signs: Floats,
) -> Floats:
    """Return the Shapley value of each product kernel (m x n), over the rates."""
    scaled = np.outer(term.rate, rule.nodes)
    # log(1 + z x) is z artanh(x) + log(1 - x²) / 2, so one matrix product serves all.
    odd = signs @ np.arctanh(scaled)
    squares = scaled**2
    even = np.log1p(-squares).sum(axis=0)
    log_product = odd + 0.5 * even
    product = np.exp(log_product - term.log_scale)
    integrand = product * rule.weights
    # Player i's own factor is divided out: 1 + l_i t where present, else 1 - l_i t.
    present_factor = 1 / (1 + scaled)
    absent_factor = 1 / (1 - scaled)
    inside = integrand @ present_factor.T
    outside = integrand @ absent_factor.T
    present = signs > 0
    return np.asarray(np.where(present, inside, -outside))


def shapley_variance(kernel: Kernel) -> Floats:
    """Return the prior variance of each player's Shapley value, of length n."""
    n = kernel.relevance.size
    # A variance is a functional of both coalitions, so the rule runs over a grid.
    rule = _quadrature(n)
    grid = np.outer(rule.nodes, rule.nodes).ravel()
    grid_weights = np.outer(rule.weights, rule.weights).ravel()
    slope_variance = kernel.linear + kernel.common / n
    variance = np.full(n, 4 / n * slope_variance)
    for order, weight in zip(ORDERS, kernel.flips, strict=True):
        term = _flip_term(kernel.relevance, order)
        logs = np.log1p(np.outer(term.rate, grid))
        whole = logs.sum(axis=0)
        others = np.exp(whole - term.log_scale - logs)
        integral = others @ grid_weights
        scale = weight * term.rate
        variance = variance + scale * integral
    # White values are independent, so the squares of their coefficients add up.
    squares = 0.0
    for size in range(n):
        coalitions = comb(n - 1, size)
        weight = _marginal_weight(n, size)
        squares += coalitions * weight**2
    white = 4 * kernel.white * squares
    return np.asarray(variance + white)


def pair_coefficients(present: Bools) -> Floats:
    """Return the weight of each pair's odd value in each player's Shapley value.

    `present` and the result are m x n, a row for one coalition of each pair.
    """
    n = present.shape[1]
    size = present.sum(axis=1)
    sizes = range(n)
    weights = np.array([_marginal_weight(n, s) for s in sizes])
    # A member joined the others of S; an absent player would join all of S.
    others = np.maximum(size - 1, 0)
    joiners = np.minimum(size, n - 1)
    inside = 2 * weights[others, None]
    outside = -2 * weights[joiners, None]
    return np.where(present, inside, outside)


def _marginal_weight(n: int, s: int) -> float:
    """Return the weight of one marginal contribution to a coalition of s players."""
    coalitions = comb(n - 1, s)
    return 1.0 / (n * coalitions)


def _quadrature(n: int) -> _Quadrature:
    """Return the Gauss-Legendre rule for polynomials of degree n - 1."""
    half = n // 2
    sufficient = max(half + 1, 2)
    degree = min(sufficient, _NODES_MAX)
    nodes, weights = np.polynomial.legendre.leggauss(degree)
    return _Quadrature(nodes, weights)


def _flip_term(relevance: Floats, order: int) -> _FlipTerm:
    """Return the product kernel of one order."""
    b = order / relevance.size
    rate = np.tanh(b * relevance)
    total = b * float(relevance.sum())
    # log sinh(total), written so that it does not overflow
    remainder = -np.expm1(-2 * total)
    log_remainder = float(np.log(remainder))
    log_sinh = total + log_remainder - np.log(2.0)
    squares = rate**2
    even = np.log1p(-squares).sum()
    log_scale = float(0.5 * even + log_sinh)
    return _FlipTerm(rate, log_scale)
