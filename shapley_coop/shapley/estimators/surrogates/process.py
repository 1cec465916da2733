"""The Gaussian process of the odd part of a game: hyper-parameters, Shapley value, deviation."""

from dataclasses import dataclass

import numpy as np

from shapley_coop.shapley.arrays import Bools, Floats, Ints
from shapley_coop.shapley.estimators.surrogates.kernels import (
    ORDERS,
    Kernel,
    Parts,
    covariance,
    fixed_parts,
    parts,
    shapley_covariance,
    shapley_variance,
)
from shapley_coop.shapley.estimators.surrogates.optimise import minimise

ROWS_MAX = 250  # hyper-parameters are learned on at most so many pairs
_CHOICE_ROWS_MAX = 150  # and on so many where they only choose what to ask next
_STEPS = 40
_FLIPS = len(ORDERS)
_WEIGHTS = _FLIPS + 4  # linear, common, flips, size, white
_PRIOR = np.log(np.array([0.25, 0.25] + [0.3 / _FLIPS] * _FLIPS + [0.03, 0.05]))
_PRIOR_DEVIATION = 3.0
_LOG_WEIGHT = (-16.0, 4.0)
_LOG_NOISE = (-14.0, 3.0)
_LOG_RELEVANCE = 4.0
_RELEVANCE_DEVIATIONS = (0.1, 1.0)
_FEW_ROWS, _FEW_ROWS_A_PLAYER = (
    120,
    6,
)  # up to here folds choose the prior, learning all anew
_FOLDS = 3
_WIDENING = 4.0
_JACKKNIFE = 2 / 3  # its share in the variance


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Odd values of complementary pairs: y(S) = (v(S) - v(N - S)) / 2."""

    signs: Floats
    """m x n, in {-1, +1}; the first row is the grand coalition, all +1."""
    values: Floats
    """Length m."""
    noise_shares: Floats
    """Variance of each value per unit of the variance of one draw: (1/r_S + 1/r_complement)/4."""

    def take(self, rows: Ints | Bools) -> "Pairs":
        """Return the pairs of these row numbers, or of a mask of rows."""
        return Pairs(self.signs[rows], self.values[rows], self.noise_shares[rows])


@dataclass(frozen=True, slots=True)
class NoisePrior:
    """What repeated draws say of the variance of one draw."""

    variance: float
    freedom: int


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """A fitted process and its Shapley value."""

    kernel: Kernel
    scale: float
    noise: float
    """Variance of one draw, in the unit of v squared; 0 for a deterministic game."""
    values: Floats
    smooth_values: Floats
    """The Shapley value of what `predict` returns: the white part left out."""
    stderr: Floats
    noise_stderr: Floats
    """The part of `stderr` due to the game's noise."""
    left_out: Floats
    """Error of each pair but the ends' predicted from the others; length m - 1."""
    _signs: Floats
    _weights: Floats

    @property
    def left_out_error(self) -> float:
        """Mean squared error of a pair predicted from the others."""
        return float(np.mean(self.left_out**2)) if self.left_out.size else 0.0

    def predict(self, signs: Floats) -> Floats:
        """Return the posterior mean of the odd part (white part left out); signs k x n."""
        terms = parts(signs, self._signs, self.kernel.relevance)
        return np.asarray(self.scale * (covariance(self.kernel, terms) @ self._weights))


def fit(
    pairs: Pairs, rng: np.random.Generator, noise: NoisePrior | None = None
) -> Process:
    """Learn the kernel by marginal likelihood and return the process; O(m^3 + m^2 n).

    Two priors on how much players differ in relevance are tried; the loose one is kept where it
    predicts left-out pairs clearly better. `noise` None means a deterministic game.
    """
    data, scale, scaled_noise = _standardised(pairs, noise)
    few = data.take(_subset(len(data.values), rng))
    n = data.signs.shape[1]
    start = _start(n, scaled_noise)
    tight, loose = _RELEVANCE_DEVIATIONS
    theta = _learn(few, start, tight, scaled_noise)
    simple = _solve(data, *_unpack(theta, n), scale)
    rich = _solve(data, *_unpack(_learn(few, theta, loose, scaled_noise), n), scale)
    if len(data.values) > max(_FEW_ROWS, _FEW_ROWS_A_PLAYER * n):
        return rich if _clearly_better(rich.left_out, simple.left_out, 2.0) else simple
    if not _clearly_better(rich.left_out, simple.left_out, 0.0):
        return simple
    errors = [_held_out(few, start, d, scaled_noise) for d in (tight, loose)]
    return rich if _clearly_better(errors[1], errors[0], 0.3) else simple


def learn(
    pairs: Pairs, rng: np.random.Generator, noise: NoisePrior | None = None
) -> tuple[Kernel, float]:
    """Return the kernel by marginal likelihood alone, and the noise of one draw in its unit."""
    data, _, prior = _standardised(pairs, noise)
    few = data.take(_subset(len(data.values), rng, _CHOICE_ROWS_MAX))
    n = data.signs.shape[1]
    return _unpack(_learn(few, _start(n, prior), _RELEVANCE_DEVIATIONS[0], prior), n)


def _standardised(
    pairs: Pairs, noise: NoisePrior | None
) -> tuple[Pairs, float, NoisePrior | None]:
    scale = float(np.sqrt(np.square(pairs.values).mean())) or 1.0
    data = Pairs(pairs.signs, pairs.values / scale, pairs.noise_shares)
    return data, scale, noise and NoisePrior(noise.variance / scale**2, noise.freedom)


def _learn(
    pairs: Pairs, start: Floats, deviation: float, noise: NoisePrior | None
) -> Floats:
    objective = _Objective(pairs, deviation, noise)
    # A hundredth of a nat changes nothing that these data could tell.
    return minimise(
        objective, start, *objective.bounds(), steps=_STEPS, tolerance=0.01
    )[0]


def _held_out(
    pairs: Pairs, start: Floats, deviation: float, noise: NoisePrior | None
) -> Floats:
    """Predict each fold of the pairs with everything learned from the others; errors."""
    fold = np.append(-1, np.arange(len(pairs.values) - 1) % _FOLDS)
    errors = np.zeros(len(pairs.values))
    for k in range(_FOLDS):
        train, test = fold != k, fold == k
        rows = pairs.take(train)
        kernel, own = _unpack(
            _learn(rows, start, deviation, noise), pairs.signs.shape[1]
        )
        guess = _solve(rows, kernel, own, 1.0).predict(pairs.signs[test])
        errors[test] = pairs.values[test] - guess
    return errors[1:]


def _clearly_better(rich: Floats, simple: Floats, standard_errors: float) -> bool:
    """Say whether the first errors are smaller than the second by so many standard errors."""
    gain = simple**2 - rich**2
    error = float(gain.std()) / max(gain.size, 1) ** 0.5
    return bool(float(gain.mean()) > standard_errors * error)


def _subset(count: int, rng: np.random.Generator, most: int = ROWS_MAX) -> Ints:
    if count <= most:
        return np.arange(count)
    return np.concatenate([[0], 1 + rng.permutation(count - 1)[: most - 1]])


def _start(n: int, noise: NoisePrior | None) -> Floats:
    tail = [] if noise is None else [np.log(max(noise.variance, np.exp(_LOG_NOISE[0])))]
    return np.concatenate([np.zeros(n), _PRIOR, tail])


def _unpack(theta: Floats, n: int) -> tuple[Kernel, float]:
    relevance, weights = np.exp(theta[:n]), np.exp(theta[n : n + _WEIGHTS])
    noise = float(np.exp(theta[-1])) if theta.size > n + _WEIGHTS else 0.0
    linear, common, size, white = weights[[0, 1, -2, -1]].tolist()
    return Kernel(relevance, linear, common, weights[2:-2], size, white), noise


class _Objective:
    """The negative log posterior of the hyper-parameters and its gradient."""

    def __init__(
        self, pairs: Pairs, deviation: float, noise: NoisePrior | None
    ) -> None:
        self.pairs, self.deviation, self.noise = pairs, deviation, noise
        self.n = pairs.signs.shape[1]
        self.fixed = fixed_parts(pairs.signs, pairs.signs)

    def bounds(self) -> tuple[Floats, Floats]:
        relevance = min(_LOG_RELEVANCE, float(np.log(1.5 * self.n)))
        noise = [] if self.noise is None else [_LOG_NOISE]
        low = (
            [-relevance] * self.n + [_LOG_WEIGHT[0]] * _WEIGHTS + [b[0] for b in noise]
        )
        high = (
            [relevance] * self.n + [_LOG_WEIGHT[1]] * _WEIGHTS + [b[1] for b in noise]
        )
        return np.array(low), np.array(high)

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        n, y = self.n, self.pairs.values
        kernel, noise = _unpack(theta, n)
        terms = parts(self.pairs.signs, self.pairs.signs, kernel.relevance, self.fixed)
        total = covariance(kernel, terms)
        total[np.diag_indices_from(total)] += (
            kernel.white + kernel.jitter + noise * self.pairs.noise_shares
        )
        try:
            factor = np.linalg.cholesky(total)
        except np.linalg.LinAlgError:
            return np.inf, np.zeros_like(theta)
        inverse = np.linalg.inv(total)
        solved = inverse @ y
        value = 0.5 * float(y @ solved) + float(np.log(np.diag(factor)).sum())
        slope = 0.5 * (inverse - np.outer(solved, solved))
        gradient = np.zeros_like(theta)
        gradient[n] = kernel.linear * np.vdot(slope, terms.fixed.linear)
        gradient[n + 1] = kernel.common * np.vdot(slope, terms.fixed.common)
        by_flip = gradient[n + 2 : n + 2 + _FLIPS]
        for j in range(_FLIPS):
            by_flip[j] = kernel.flips[j] * np.vdot(slope, terms.flips[j])
        gradient[n + _WEIGHTS - 2] = kernel.size * np.vdot(slope, terms.fixed.size)
        gradient[n + _WEIGHTS - 1] = kernel.white * np.trace(slope)
        gradient[:n] = self._relevance_slope(kernel, terms, slope, by_flip)
        if self.noise is not None:
            gradient[-1] = noise * float(np.diag(slope) @ self.pairs.noise_shares)
        return self._add_priors(theta, value, gradient)

    def _relevance_slope(
        self, kernel: Kernel, terms: Parts, slope: Floats, by_weight: Floats
    ) -> Floats:
        signs, total = self.pairs.signs, float(kernel.relevance.sum())
        joint = np.zeros_like(slope)
        constant = 0.0
        for j, order in enumerate(ORDERS):
            joint += kernel.flips[j] * terms.slopes[j]
            b = order / self.n
            constant += b / np.tanh(b * total) * float(by_weight[j])
        joint *= slope
        return np.asarray(
            kernel.relevance * (((joint @ signs) * signs).sum(axis=0) - constant)
        )

    def _add_priors(
        self, theta: Floats, value: float, gradient: Floats
    ) -> tuple[float, Floats]:
        n = self.n
        relevance = theta[:n] / self.deviation
        weights = (theta[n : n + _WEIGHTS] - _PRIOR) / _PRIOR_DEVIATION
        value += 0.5 * float(relevance @ relevance) + 0.5 * float(weights @ weights)
        gradient[:n] += relevance / self.deviation
        gradient[n : n + _WEIGHTS] += weights / _PRIOR_DEVIATION
        if self.noise is not None and self.noise.freedom:
            # The pooled sample variance is chi-squared about the variance of one draw.
            ratio = self.noise.variance / float(np.exp(theta[-1]))
            value += 0.5 * self.noise.freedom * (float(theta[-1]) + ratio)
            gradient[-1] += 0.5 * self.noise.freedom * (1 - ratio)
        return value, gradient


def _solve(data: Pairs, kernel: Kernel, noise: float, scale: float) -> Process:
    """Condition on all pairs and read the Shapley value off."""
    total = covariance(kernel, parts(data.signs, data.signs, kernel.relevance))
    own = noise * data.noise_shares
    total[np.diag_indices_from(total)] += kernel.white + kernel.jitter + own
    inverse = np.linalg.inv(total)
    solved = inverse @ data.values
    cross = shapley_covariance(kernel, data.signs)
    reach = cross @ inverse
    variance = shapley_variance(kernel) - (reach * cross).sum(axis=1)
    noise_variance = (reach**2) @ own
    precision = np.diag(inverse)
    left_out = (solved / precision)[1:]
    # Hyper-parameters are plugged in; where left-out pairs miss by more than the process
    # expects, its deviation is widened by as much, and more where there are few pairs.
    surprise = max(
        float(np.mean(left_out**2 * precision[1:])) if left_out.size else 1.0, 1.0
    )
    surprise *= 1 + _WIDENING / len(data.values)
    variance = np.maximum(variance, 0.0) * surprise
    if not noise:
        # A process is too sure of games with kinks; what leaving each pair out does to the values
        # (a jackknife) knows of kinks, but a smooth game rests on more than it sees.
        jackknife = np.square(reach[:, 1:] * left_out).sum(axis=1)
        variance = (1 - _JACKKNIFE) * variance + _JACKKNIFE * jackknife
    return Process(
        kernel=kernel,
        scale=scale,
        noise=noise * scale**2,
        values=scale * (cross @ solved),
        smooth_values=scale
        * (shapley_covariance(kernel._replace(white=0.0), data.signs) @ solved),
        stderr=scale * np.sqrt(variance),
        noise_stderr=scale * np.sqrt(np.minimum(noise_variance, variance)),
        left_out=scale * left_out,
        _signs=data.signs,
        _weights=solved,
    )
