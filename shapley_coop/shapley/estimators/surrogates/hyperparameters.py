"""The hyper-parameters of the Gaussian process, learned by marginal likelihood."""

from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.estimators.pairs.noise import NoisePrior
from shapley_coop.shapley.estimators.pairs.odd_values import Pairs
from shapley_coop.shapley.estimators.surrogates.kernels import (
    ORDERS,
    CovarianceTerms,
    Kernel,
    constant_terms,
    covariance,
    covariance_terms,
)
from shapley_coop.shapley.estimators.surrogates.optimise import minimise

TIGHT, LOOSE = 0.1, 1.0
"""Prior deviations of the log relevance of players: almost alike, or free to differ."""
ROWS_MAX = 250
"""Pairs that hyper-parameters are learned from, at most."""
_CHOICE_ROWS_MAX = 150  # the same where they only choose what to ask next
_STEPS = 40
# A hundredth of a nat changes nothing that these data could tell.
_TOLERANCE = 0.01
_FLIPS = len(ORDERS)
_WEIGHTS = _FLIPS + 4  # linear, common, flips, size, white
_PRIOR = np.log(np.array([0.25, 0.25] + [0.3 / _FLIPS] * _FLIPS + [0.03, 0.05]))
_PRIOR_DEVIATION = 3.0
_LOG_WEIGHT = (-16.0, 4.0)
_LOG_NOISE = (-14.0, 3.0)
_LOG_RELEVANCE = 4.0


class Standardised(NamedTuple):
    """Pairs in the unit of their root mean square, and the noise prior in that unit."""

    pairs: Pairs
    scale: float
    """The unit, in that of v."""
    noise: NoisePrior | None


def standardise(pairs: Pairs, noise: NoisePrior | None) -> Standardised:
    """Return the pairs scaled to a mean square of one, or as they are where all are 0."""
    scale = float(np.sqrt(np.square(pairs.values).mean())) or 1.0
    data = Pairs(pairs.signs, pairs.values / scale, pairs.noise_shares)
    if noise is None:
        return Standardised(data, scale, None)
    prior = NoisePrior(noise.variance / scale**2, noise.freedom)
    return Standardised(data, scale, prior)


def learn_kernel(
    pairs: Pairs, rng: np.random.Generator, noise: NoisePrior | None = None
) -> tuple[Kernel, float]:
    """Return the kernel by marginal likelihood alone, and the noise of one draw.

    The noise is in the kernel's unit. It is what a choice of further pairs needs, from
    fewer rows than a fit.
    """
    data, _, prior = standardise(pairs, noise)
    few = data.take(random_rows(len(data.values), rng, _CHOICE_ROWS_MAX))
    n = data.signs.shape[1]
    start = prior_mean(n, prior)
    return unpack(learn(few, start, TIGHT, prior), n)


def learn(
    pairs: Pairs, start: Floats, deviation: float, noise: NoisePrior | None
) -> Floats:
    """Return the hyper-parameters of greatest posterior density near `start`, as logs.

    `deviation` is the prior deviation of the log relevance of players.
    """
    objective = LogPosterior(pairs, deviation, noise)
    low, high = objective.bounds()
    best, _ = minimise(objective, start, low, high, steps=_STEPS, tolerance=_TOLERANCE)
    return best


def random_rows(count: int, rng: np.random.Generator, most: int = ROWS_MAX) -> Ints:
    """Return at most so many of `count` row numbers. Row 0, the ends, is always there."""
    if count <= most:
        return np.arange(count)
    others = 1 + rng.permutation(count - 1)[: most - 1]
    return np.concatenate([[0], others])


def prior_mean(n: int, noise: NoisePrior | None) -> Floats:
    """Return where learning starts: relevances of 1, weights and noise as expected."""
    relevance = np.zeros(n)
    if noise is None:
        return np.concatenate([relevance, _PRIOR])
    least = np.exp(_LOG_NOISE[0])
    log_noise = np.log(max(noise.variance, least))
    return np.concatenate([relevance, _PRIOR, [log_noise]])


def unpack(theta: Floats, n: int) -> tuple[Kernel, float]:
    """Return the kernel of a vector of logs, and the variance of one draw (0 if absent)."""
    relevance = np.exp(theta[:n])
    weights = np.exp(theta[n : n + _WEIGHTS])
    has_noise = theta.size > n + _WEIGHTS
    noise = float(np.exp(theta[-1])) if has_noise else 0.0
    linear, common, size, white = weights[[0, 1, -2, -1]].tolist()
    flips = weights[2:-2]
    return Kernel(relevance, linear, common, flips, size, white), noise


class LogPosterior:
    """The negative log posterior of the hyper-parameters and its gradient.

    The order of parameters is: log relevances, log weights (linear, common, flips, size,
    white) and, where there is noise, the log variance of one draw.
    """

    def __init__(
        self, pairs: Pairs, deviation: float, noise: NoisePrior | None
    ) -> None:
        self.pairs = pairs
        self.deviation = deviation
        self.noise = noise
        self.n = pairs.signs.shape[1]
        self._constant = constant_terms(pairs.signs, pairs.signs)

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the least and the greatest value of each parameter."""
        # Beyond 1.5 n even the lowest order's rate tanh(b s) is near 1, so more is idle.
        relevance = min(_LOG_RELEVANCE, float(np.log(1.5 * self.n)))
        low = [-relevance] * self.n + [_LOG_WEIGHT[0]] * _WEIGHTS
        high = [relevance] * self.n + [_LOG_WEIGHT[1]] * _WEIGHTS
        if self.noise is not None:
            low.append(_LOG_NOISE[0])
            high.append(_LOG_NOISE[1])
        return np.array(low), np.array(high)

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Return the value and the gradient, or infinity where rounding breaks the fit."""
        y = self.pairs.values
        signs = self.pairs.signs
        kernel, noise = unpack(theta, self.n)
        terms = covariance_terms(signs, signs, kernel.relevance, self._constant)
        total = covariance(kernel, terms)
        own = kernel.white + kernel.jitter + noise * self.pairs.noise_shares
        total[np.diag_indices_from(total)] += own
        try:
            factor = np.linalg.cholesky(total)
        except np.linalg.LinAlgError:
            return np.inf, np.zeros_like(theta)
        inverse = np.linalg.inv(total)
        solved = inverse @ y
        half_log_determinant = float(np.log(np.diag(factor)).sum())
        value = 0.5 * float(y @ solved) + half_log_determinant
        # The derivative by each entry of the covariance; all others follow from it.
        slope = 0.5 * (inverse - np.outer(solved, solved))
        gradient = self._likelihood_gradient(kernel, terms, slope, theta.size)
        if self.noise is not None:
            gradient[-1] = noise * float(np.diag(slope) @ self.pairs.noise_shares)
        return self._add_priors(theta, value, gradient)

    def _likelihood_gradient(
        self, kernel: Kernel, terms: CovarianceTerms, slope: Floats, length: int
    ) -> Floats:
        """Return the derivatives by log relevances and log weights, 0 for the noise."""
        n = self.n
        constant = terms.constant
        gradient = np.zeros(length)
        gradient[n] = kernel.linear * np.vdot(slope, constant.linear)
        gradient[n + 1] = kernel.common * np.vdot(slope, constant.common)
        by_flip = gradient[n + 2 : n + 2 + _FLIPS]
        for j in range(_FLIPS):
            by_flip[j] = kernel.flips[j] * np.vdot(slope, terms.flips[j])
        gradient[n + _WEIGHTS - 2] = kernel.size * np.vdot(slope, constant.size)
        gradient[n + _WEIGHTS - 1] = kernel.white * np.trace(slope)
        gradient[:n] = self._relevance_gradient(kernel, terms, slope, by_flip)
        return gradient

    def _relevance_gradient(
        self, kernel: Kernel, terms: CovarianceTerms, slope: Floats, by_flip: Floats
    ) -> Floats:
        """Return the derivatives by log relevances, through <z, s∘z'> and normalisers."""
        signs = self.pairs.signs
        total = float(kernel.relevance.sum())
        joint = np.zeros_like(slope)
        through_normalisers = 0.0
        for j, order in enumerate(ORDERS):
            joint += kernel.flips[j] * terms.slopes[j]
            b = order / self.n
            through_normalisers += b / np.tanh(b * total) * float(by_flip[j])
        joint *= slope
        through_inner = ((joint @ signs) * signs).sum(axis=0)
        return np.asarray(kernel.relevance * (through_inner - through_normalisers))

    def _add_priors(
        self, theta: Floats, value: float, gradient: Floats
    ) -> tuple[float, Floats]:
        """Return value and gradient with the priors of all parameters added."""
        n = self.n
        relevance = theta[:n] / self.deviation
        weights = (theta[n : n + _WEIGHTS] - _PRIOR) / _PRIOR_DEVIATION
        relevance_penalty = 0.5 * float(relevance @ relevance)
        weight_penalty = 0.5 * float(weights @ weights)
        value += relevance_penalty + weight_penalty
        gradient[:n] += relevance / self.deviation
        gradient[n : n + _WEIGHTS] += weights / _PRIOR_DEVIATION
        if self.noise is not None and self.noise.freedom:
            # The pooled sample variance is chi-squared about the variance of one draw.
            half_freedom = 0.5 * self.noise.freedom
            log_variance = float(theta[-1])
            ratio = self.noise.variance / float(np.exp(log_variance))
            value += half_freedom * (log_variance + ratio)
            gradient[-1] += half_freedom * (1 - ratio)
        return value, gradient
