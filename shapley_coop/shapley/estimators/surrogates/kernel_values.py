"""Shapley values of the kernels in closed form, as covariances with the process."""

from math import comb

import numpy as np

from shapley_coop.shapley.arrays import Bools, Floats
from shapley_coop.shapley.estimators.surrogates.kernels import ORDERS, Kernel

_NODES_MAX = 24  # of the Gauss-Legendre rule, which is exact up to 48 players


def shapley_covariance(kernel: Kernel, signs: Floats) -> Floats:
    """Return the covariance of each player's Shapley value with the process, shape (n, m).

    `signs` is m x n. The value of a product kernel is an integral over the chance that the
    others are present (Owen, 1972): int l_i z'_i prod_{j != i} (1 + l_j z'_j t) dt over
    [-1, 1], here by Gauss-Legendre quadrature.
    """
    n = signs.shape[1]
    present = signs > 0
    linear = kernel.linear * signs
    common = kernel.common * signs.mean(axis=1, keepdims=True)
    total = 2 / n * (linear + common)
    nodes, weights = _quadrature(n)
    for order, weight in zip(ORDERS, kernel.flips, strict=True):
        rate, shift = _flip_rates(kernel.relevance, order)
        scaled = np.outer(rate, nodes)
        # log(1 + z x) is z artanh(x) + log(1 - x²) / 2, so one matrix product serves all.
        even = np.log1p(-(scaled**2)).sum(axis=0)
        log_product = signs @ np.arctanh(scaled) + 0.5 * even
        product = np.exp(log_product - shift) * weights
        # Player i's own factor is divided out: 1 + l_i t where present, else 1 - l_i t.
        inside = product @ (1 / (1 + scaled)).T
        outside = product @ (1 / (1 - scaled)).T
        marginal = np.where(present, inside, -outside)
        total = total + weight * rate * marginal
    white = kernel.white * pair_coefficients(present)
    return np.asarray((total + white).T)


def shapley_variance(kernel: Kernel) -> Floats:
    """Return the prior variance of each player's Shapley value, of length n."""
    n = kernel.relevance.size
    nodes, weights = _quadrature(n)
    grid = np.outer(nodes, nodes).ravel()
    grid_weights = np.outer(weights, weights).ravel()
    additive = 4 / n * (kernel.linear + kernel.common / n)
    variance = np.full(n, additive)
    for order, weight in zip(ORDERS, kernel.flips, strict=True):
        rate, shift = _flip_rates(kernel.relevance, order)
        logs = np.log1p(np.outer(rate, grid))
        whole = logs.sum(axis=0)
        others = np.exp(whole - shift - logs)
        variance = variance + weight * rate * (others @ grid_weights)
    squares = sum(comb(n - 1, s) * _marginal_weight(n, s) ** 2 for s in range(n))
    return np.asarray(variance + 4 * kernel.white * squares)


def pair_coefficients(present: Bools) -> Floats:
    """Return the weight of each pair's odd value in each player's Shapley value.

    `present` and the result are m x n, a row for one coalition of each pair.
    """
    n = present.shape[1]
    size = present.sum(axis=1)
    weights = np.array([_marginal_weight(n, s) for s in range(n)])
    joined = weights[np.maximum(size - 1, 0)][:, None]
    apart = weights[np.minimum(size, n - 1)][:, None]
    return np.asarray(np.where(present, 2 * joined, -2 * apart))


def _marginal_weight(n: int, s: int) -> float:
    """Return the weight of one marginal contribution to a coalition of s players."""
    return 1.0 / (n * comb(n - 1, s))


def _quadrature(n: int) -> tuple[Floats, Floats]:
    """Return Gauss-Legendre nodes and weights for polynomials of degree n - 1."""
    degree = min(max(n // 2 + 1, 2), _NODES_MAX)
    nodes, weights = np.polynomial.legendre.leggauss(degree)
    return nodes, weights


def _flip_rates(relevance: Floats, order: int) -> tuple[Floats, float]:
    """Return l_i of one order, and the log of the product kernel's odd part at z = z'."""
    b = order / relevance.size
    rate = np.tanh(b * relevance)
    total = b * float(relevance.sum())
    # log sinh(total), written so that it does not overflow
    log_sinh = total + float(np.log(-np.expm1(-2 * total))) - np.log(2.0)
    even = np.log1p(-(rate**2)).sum()
    return rate, float(0.5 * even + log_sinh)
