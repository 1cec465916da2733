"""The Gaussian process of the odd part of a game, its Shapley value and its deviation."""

from dataclasses import dataclass

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.estimators.pairs.noise import NoisePrior
from shapley_coop.shapley.estimators.pairs.odd_values import Pairs
from shapley_coop.shapley.estimators.surrogates.hyperparameters import (
    LOOSE,
    TIGHT,
    learn,
    prior_mean,
    random_rows,
    standardise,
    unpack,
)
from shapley_coop.shapley.estimators.surrogates.kernel_values import (
    shapley_covariance,
    shapley_variance,
)
from shapley_coop.shapley.estimators.surrogates.kernels import (
    Kernel,
    covariance,
    covariance_terms,
)

# Up to so many rows, folds choose the prior and learn everything anew.
_FEW_ROWS = 120
_FEW_ROWS_A_PLAYER = 6
_FOLDS = 3
_WIDENING = 4.0  # over the number of pairs: how much a variance from few is widened
_JACKKNIFE = 2 / 3  # its share in the variance


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """A fitted process and its Shapley value."""

    kernel: Kernel
    scale: float
    """The unit of the kernel, in that of v."""
    noise: float
    """Variance of one draw, in the unit of v squared. It is 0 for a deterministic game."""
    values: Floats
    smooth_values: Floats
    """The Shapley value of what `predict` returns, without the white term."""
    stderr: Floats
    noise_stderr: Floats
    """The part of `stderr` due to the game's noise."""
    reach: Floats
    """n x m, by which the values are sums of the pairs' values."""
    left_out: Floats
    """Error of each pair but the ends' predicted from the others, of length m - 1."""
    _signs: Floats
    _weights: Floats

    @property
    def left_out_error(self) -> float:
        """Mean squared error of a pair predicted from the others."""
        if not self.left_out.size:
            return 0.0
        return float(np.mean(self.left_out**2))

    def predict(self, signs: Floats) -> Floats:
        """Return the posterior mean of the odd part, without the white term.

        `signs` is k x n.
        """
        terms = covariance_terms(signs, self._signs, self.kernel.relevance)
        mean = covariance(self.kernel, terms) @ self._weights
        return np.asarray(self.scale * mean)


def fit_process(
    pairs: Pairs,
    rng: np.random.Generator,
    noise: NoisePrior | None = None,
) -> Process:
    """Learn the kernel by marginal likelihood and return the process.

    Two priors on how much players differ in relevance are tried. The loose one is kept
    where it predicts left-out pairs clearly better. `noise` None means a deterministic
    game. O(m^3 + m^2 n) for m pairs.
    """
    data, scale, prior = standardise(pairs, noise)
    rows = random_rows(len(data), rng)
    few = data.take(rows)
    n = data.n
    start = prior_mean(n, prior)
    tight = learn(few, start, TIGHT, prior)
    simple = _condition(data, *unpack(tight, n), scale)
    # The loose prior starts where the tight one ended, which saves most of its steps.
    loose = learn(few, tight, LOOSE, prior)
    rich = _condition(data, *unpack(loose, n), scale)
    few_rows = max(_FEW_ROWS, _FEW_ROWS_A_PLAYER * n)
    if len(data) > few_rows:
        rich_wins = _clearly_better(rich.left_out, simple.left_out, 2.0)
        return rich if rich_wins else simple
    if not _clearly_better(rich.left_out, simple.left_out, 0.0):
        return simple
    # With few rows the kernel itself is fitted to the pairs left out, so learn it anew.
    tight_errors = _held_out_errors(few, start, TIGHT, prior)
    loose_errors = _held_out_errors(few, start, LOOSE, prior)
    return rich if _clearly_better(loose_errors, tight_errors, 0.3) else simple


def _held_out_errors(
    pairs: Pairs,
    start: Floats,
    deviation: float,
    noise: NoisePrior | None,
) -> Floats:
    """Return the errors of each fold of the pairs, with everything learned from others."""
    # The ends, row 0, are in every fit.
    inner = np.arange(len(pairs) - 1)
    fold = np.append(-1, inner % _FOLDS)
    errors = np.zeros(len(pairs))
    for k in range(_FOLDS):
        train = fold != k
        test = fold == k
        rest = pairs.take(train)
        theta = learn(rest, start, deviation, noise)
        kernel, noise_variance = unpack(theta, pairs.n)
        process = _condition(rest, kernel, noise_variance, 1.0)
        test_signs = pairs.signs[test]
        test_values = pairs.values[test]
        errors[test] = test_values - process.predict(test_signs)
    return errors[1:]


def _clearly_better(
    rich: Floats,
    simple: Floats,
    standard_errors: float,
) -> bool:
    """Return whether the first errors are smaller by so many standard errors."""
    gain = simple**2 - rich**2
    root_size = max(gain.size, 1) ** 0.5
    error = float(gain.std()) / root_size
    least = standard_errors * error
    return bool(float(gain.mean()) > least)


def _condition(
    data: Pairs,
    kernel: Kernel,
    noise: float,
    scale: float,
) -> Process:
    """Condition the process on all pairs and read its Shapley value off."""
    terms = covariance_terms(data.signs, data.signs, kernel.relevance)
    total = covariance(kernel, terms)
    noise_of_rows = noise * data.noise_shares
    own = kernel.white + kernel.jitter + noise_of_rows
    diagonal = np.diag_indices_from(total)
    total[diagonal] += own
    inverse = np.linalg.inv(total)
    solved = inverse @ data.values
    cross = shapley_covariance(kernel, data.signs)
    reach = cross @ inverse
    explained = (reach * cross).sum(axis=1)
    variance = shapley_variance(kernel) - explained
    noise_variance = (reach**2) @ noise_of_rows
    # Leaving one pair out has a closed form, so no further inverse is needed.
    precision = np.diag(inverse)
    left_out = (solved / precision)[1:]
    surprise = _surprise(left_out, precision[1:])
    variance = np.maximum(variance, 0.0) * surprise
    if not noise:
        # A process is too sure of games with kinks. What leaving each pair out does to the
        # values (a jackknife) knows of kinks, but a smooth game rests on more than it sees.
        changes = reach[:, 1:] * left_out
        jackknife = np.square(changes).sum(axis=1)
        variance = (1 - _JACKKNIFE) * variance + _JACKKNIFE * jackknife
    smooth_kernel = kernel._replace(white=0.0)
    smooth_cross = shapley_covariance(smooth_kernel, data.signs)
    noise_part = np.minimum(noise_variance, variance)
    return Process(
        kernel=kernel,
        scale=scale,
        noise=noise * scale**2,
        values=scale * (cross @ solved),
        smooth_values=scale * (smooth_cross @ solved),
        stderr=scale * np.sqrt(variance),
        noise_stderr=scale * np.sqrt(noise_part),
        reach=reach,
        left_out=scale * left_out,
        _signs=data.signs,
        _weights=solved,
    )


def _surprise(left_out: Floats, precision: Floats) -> float:
    """Return the factor by which the posterior variance is too small.

    Hyper-parameters are plugged in as if they were known. Where left-out pairs miss by more
    than the process expects, its variance is widened by as much, and by more where there
    are few pairs.
    """
    pairs = left_out.size + 1
    widening = 1 + _WIDENING / pairs
    if not left_out.size:
        return widening
    relative_squares = left_out**2 * precision
    ratio = float(np.mean(relative_squares))
    return max(ratio, 1.0) * widening
