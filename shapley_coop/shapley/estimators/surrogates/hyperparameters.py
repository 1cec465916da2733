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

TIGHT = 0.1
"""Prior deviation of the log relevance of players that are almost alike."""
LOOSE = 1.0
"""The same for players that are free to differ."""
ROWS_MAX = 250
"""Pairs that hyper-parameters are learned from, at most."""
_CHOICE_ROWS_MAX = 150  # the same where they only choose what to ask next
_STEPS = 40
# A hundredth of a nat changes nothing that these data could tell.
_TOLERANCE = 0.01
_FLIPS = len(ORDERS)
_WEIGHTS = _FLIPS + 4  # linear, common, flips, size, white
_EXPECTED_FLIPS = [0.3 / _FLIPS] * _FLIPS
_PRIOR = np.log([0.25, 0.25, *_EXPECTED_FLIPS, 0.03, 0.05])
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
    """Return the pairs scaled to a mean square of one.

    Where all are 0, the unit is the noise, or that of v where there is none.
    """
    mean_square = np.square(pairs.values).mean()
    scale = float(np.sqrt(mean_square))
    if scale == 0 and noise is not None:
        scale = float(np.sqrt(noise.variance))
    scale = scale or 1.0
    data = Pairs(
        signs=pairs.signs,
        values=pairs.values / scale,
        noise_shares=pairs.noise_shares,
    )
    if noise is None:
        return Standardised(data, scale, None)
    variance = noise.variance / scale**2
    prior = NoisePrior(variance, noise.freedom)
    return Standardised(data, scale, prior)


def learn_kernel(
    pairs: Pairs,
    rng: np.random.Generator,
    noise: NoisePrior | None = None,
) -> tuple[Kernel, float]:
    """Return the kernel by marginal likelihood alone, and the noise of one draw.

    The noise is in the kernel's unit. It is what a choice of further pairs needs, from
    fewer rows than a fit.
    """
    data, _, prior = standardise(pairs, noise)
    rows = random_rows(len(data), rng, _CHOICE_ROWS_MAX)
    few = data.take(rows)
    start = prior_mean(data.n, prior)
    theta = learn(few, start, TIGHT, prior)
    return unpack(theta, data.n)


def learn(
    pairs: Pairs,
    start: Floats,
    deviation: float,
    noise: NoisePrior | None,
) -> Floats:
    """Return the hyper-parameters of greatest posterior density near `start`, as logs.

    `deviation` is the prior deviation of the log relevance of players.
    """
    objective = LogPosterior(pairs, deviation, noise)
    low, high = objective.bounds()
    best, _ = minimise(objective, start, low, high, steps=_STEPS, tolerance=_TOLERANCE)
    return best


def random_rows(
    count: int,
    rng: np.random.Generator,
    most: int = ROWS_MAX,
) -> Ints:
    """Return at most so many of `count` row numbers. Row 0, the ends, is always there."""
    if count <= most:
        return np.arange(count)
    order = rng.permutation(count - 1)
    others = 1 + order[: most - 1]
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
    log_weights = theta[n : n + _WEIGHTS]
    weights = np.exp(log_weights)
    linear, common = weights[:2].tolist()
    flips = weights[2:-2]
    size, white = weights[-2:].tolist()
    kernel = Kernel(relevance, linear, common, flips, size, white)
    noise = 0.0
    if theta.size > n + _WEIGHTS:
        noise = float(np.exp(theta[-1]))
    return kernel, noise


class LogPosterior:
    """The negative log posterior of the hyper-parameters and its gradient.

    The order of parameters is: log relevances, log weights (linear, common, flips, size,
    white) and, where there is noise, the log variance of one draw.
    """

    def __init__(
        self,
        pairs: Pairs,
        deviation: float,
        noise: NoisePrior | None,
    ) -> None:
        self.pairs = pairs
        self.deviation = deviation
        self.noise = noise
        self.n = pairs.n
        self._constant = constant_terms(pairs.signs, pairs.signs)

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the least and the greatest value of each parameter."""
        # Beyond 1.5 n even the lowest order's rate tanh(b s) is near 1, so more is idle.
        saturation = float(np.log(1.5 * self.n))
        relevance = min(_LOG_RELEVANCE, saturation)
        ranges = [(-relevance, relevance)] * self.n
        ranges += [_LOG_WEIGHT] * _WEIGHTS
        if self.noise is not None:
            ranges.append(_LOG_NOISE)
        low, high = np.transpose(ranges)
        return low, high

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Return the value and the gradient, or infinity where rounding breaks the fit."""
        y = self.pairs.values
        signs = self.pairs.signs
        kernel, noise = unpack(theta, self.n)
        terms = covariance_terms(signs, signs, kernel.relevance, self._constant)
        total = covariance(kernel, terms)
        noise_of_rows = noise * self.pairs.noise_shares
        own = kernel.white + kernel.jitter + noise_of_rows
        diagonal = np.diag_indices_from(total)
        total[diagonal] += own
        try:
            factor = np.linalg.cholesky(total)
        except np.linalg.LinAlgError:
            return np.inf, np.zeros_like(theta)
        inverse = np.linalg.inv(total)
        solved = inverse @ y
        logs = np.log(np.diag(factor))
        half_log_determinant = float(logs.sum())
        fit = float(y @ solved)
        value = 0.5 * fit + half_log_determinant
        # The derivative by each entry of the covariance; all others follow from it.
        fit_part = np.outer(solved, solved)
        slope = 0.5 * (inverse - fit_part)
        gradient = self._likelihood_gradient(kernel, terms, slope, theta.size)
        if self.noise is not None:
            own_slopes = np.diag(slope)
            by_noise = own_slopes @ self.pairs.noise_shares
            gradient[-1] = noise * float(by_noise)
        return self._add_priors(theta, value, gradient)

    def _likelihood_gradient(
        self,
        kernel: Kernel,
        terms: CovarianceTerms,
        slope: Floats,
        length: int,
    ) -> Floats:
        """Return the derivatives by log relevances and log weights, 0 for the noise."""
        n = self.n
        constant = terms.constant
        by_linear = np.vdot(slope, constant.linear)
        by_common = np.vdot(slope, constant.common)
        by_size = np.vdot(slope, constant.size)
        by_white = np.trace(slope)
        by_flip = np.zeros(_FLIPS)
        for j, term in enumerate(terms.flips):
            derivative = np.vdot(slope, term)
            by_flip[j] = kernel.flips[j] * derivative
        gradient = np.zeros(length)
        gradient[:n] = self._relevance_gradient(kernel, terms, slope, by_flip)
        # A derivative by a log is that by the weight times the weight.
        by_weight = gradient[n : n + _WEIGHTS]
        by_weight[0] = kernel.linear * by_linear
        by_weight[1] = kernel.common * by_common
        by_weight[2:-2] = by_flip
        by_weight[-2] = kernel.size * by_size
        by_weight[-1] = kernel.white * by_white
        return gradient

    def _relevance_gradient(
        self,
        kernel: Kernel,
        terms: CovarianceTerms,
        slope: Floats,
        by_flip: Floats,
    ) -> Floats:
        """Return the derivatives by log relevances, through <z, s∘z'> and normalisers."""
        signs = self.pairs.signs
        total = float(kernel.relevance.sum())
        # All orders share one matrix product, which is what this costs.
        joint = np.zeros_like(slope)
        through_normalisers = 0.0
        for j, order in enumerate(ORDERS):
            joint += kernel.flips[j] * terms.slopes[j]
            b = order / self.n
            reach = b * total
            normaliser_slope = b / np.tanh(reach)
            through_normalisers += normaliser_slope * float(by_flip[j])
        joint *= slope
        products = (joint @ signs) * signs
        through_inner = products.sum(axis=0)
        by_relevance = through_inner - through_normalisers
        return np.asarray(kernel.relevance * by_relevance)

    def _add_priors(
        self,
        theta: Floats,
        value: float,
        gradient: Floats,
    ) -> tuple[float, Floats]:
        """Return value and gradient with the priors of all parameters added."""
        n = self.n
        weight_places = slice(n, n + _WEIGHTS)
        relevance = theta[:n] / self.deviation
        away = theta[weight_places] - _PRIOR
        weights = away / _PRIOR_DEVIATION
        relevance_penalty = 0.5 * float(relevance @ relevance)
        weight_penalty = 0.5 * float(weights @ weights)
        value += relevance_penalty + weight_penalty
        gradient[:n] += relevance / self.deviation
        gradient[weight_places] += weights / _PRIOR_DEVIATION
        if self.noise is not None and self.noise.freedom:
            # The pooled sample variance is chi-squared about the variance of one draw.
            half_freedom = 0.5 * self.noise.freedom
            log_variance = float(theta[-1])
            variance = float(np.exp(log_variance))
            ratio = self.noise.variance / variance
            value += half_freedom * (log_variance + ratio)
            gradient[-1] += half_freedom * (1 - ratio)
        return value, gradient
