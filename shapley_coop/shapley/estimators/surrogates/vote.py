"""Weighted votes fitted to games of two outcomes."""

from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.coalitions import to_matrix
from shapley_coop.shapley.estimators.pairs.odd_values import Pairs
from shapley_coop.shapley.estimators.surrogates.optimise import minimise
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.exact_values.structured import weighted_voting

_RIDGE = 0.003
_EQUALITY = 1.0  # precision of relative weights about 1
_WEIGHT_SUM = 2500  # whole-number weights sum to about this
_FOLDS = 4
_STEPS = 80
_TOLERANCE = 1e-5
_BOUND = 200.0
_MARGIN_MAX = 60  # beyond, exponentials overflow and nothing is left to tell


class Vote(NamedTuple):
    """A weighted vote fitted to a game of two outcomes."""

    values: Floats
    stderr: Floats
    error: float
    """Mean squared error of the odd values of held-out coalitions' pairs."""


def weighted_vote(
    data: Evaluations, pairs: Pairs, rng: np.random.Generator
) -> Vote | None:
    """Fit v = 1 where a weighted sum reaches a quota. None means that v is not two-valued.

    Logistic regression with weights >= 0 on every evaluated coalition. Its error is
    measured on held-out folds, in the unit of the odd values, so it can be compared with
    that of the process.
    """
    masks = list(data)
    outcomes = np.array([data[mask] for mask in masks])
    low = float(outcomes.min())
    high = float(outcomes.max())
    is_extreme = (outcomes == low) | (outcomes == high)
    two_valued = is_extreme.all() and high > low
    if not two_valued or data[0] != low:
        return None
    present = to_matrix(masks, data.n).astype(np.float64)
    label = np.where(outcomes == high, 1.0, -1.0)
    theta = _logistic(present, label)
    if not theta[:-1].any():
        return None
    height = high - low
    error = _held_out_error(present, label, pairs, rng) * height**2
    values = height * _power_index(theta)
    stderr = height * _weight_deviation(present, label, theta)
    return Vote(values, stderr, error)


class _Likelihood:
    """The penalised negative log likelihood of weights and a negated quota."""

    def __init__(self, present: Floats, label: Floats) -> None:
        self.signs = 2 * present - 1
        self.label = label

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Return the value and the gradient."""
        weights = theta[:-1]
        n = weights.size
        margin = self.label * (self.signs @ weights + theta[-1])
        clipped = np.clip(margin, -_MARGIN_MAX, _MARGIN_MAX)
        pull = self.label / (1 + np.exp(clipped))
        ridge = 0.5 * _RIDGE * float(theta @ theta)
        value = float(np.logaddexp(0, -margin).sum()) + ridge
        fit_gradient = np.append(-self.signs.T @ pull, -pull.sum())
        gradient = fit_gradient + _RIDGE * theta
        # Weights are drawn to their common mean: with few data, players count alike.
        mean = max(float(weights.mean()), 1e-12)
        relative = weights / mean
        excess = relative - 1
        value += 0.5 * _EQUALITY * float(excess @ excess)
        through_mean = float(excess @ relative) / n
        gradient[:-1] += _EQUALITY * (excess - through_mean) / mean
        return value, gradient


def _logistic(present: Floats, label: Floats) -> Floats:
    """Return weights >= 0 and a negated quota, by L-BFGS on a penalised likelihood."""
    n = present.shape[1]
    low = np.append(np.zeros(n), -_BOUND)
    high = np.full(n + 1, _BOUND)
    start = np.append(np.full(n, 1.0 / n), 0.0)
    theta, _ = minimise(
        _Likelihood(present, label),
        start,
        low,
        high,
        steps=_STEPS,
        tolerance=_TOLERANCE,
    )
    return theta


def _power_index(theta: Floats) -> Floats:
    """Return the power index of the fitted vote, its weights rounded to whole numbers."""
    weights = theta[:-1]
    bias = float(theta[-1])
    unit = weights.sum() / min(_WEIGHT_SUM, 100 * weights.size)
    whole = np.round(weights / unit).astype(np.intp)
    # The margin is sum(w over present) - sum(w over absent) + bias >= 0.
    quota = (whole.sum() - bias / unit) / 2
    return weighted_voting(whole.tolist(), quota).values


def _held_out_error(
    present: Floats, label: Floats, pairs: Pairs, rng: np.random.Generator
) -> float:
    """Return the mean squared error of each fold's pairs, fitted without its coalitions."""
    m, n = pairs.signs.shape
    fold_of_pair = np.asarray(rng.integers(_FOLDS, size=m))
    fold_of_pair[0] = -1  # every fit knows the ends
    direction = np.asarray(rng.random(n))
    fold = _folds_of_coalitions(present, pairs.signs, fold_of_pair, direction)
    scale = 2 * float(np.abs(pairs.values).max()) or 1.0
    total = 0.0
    for k in range(_FOLDS):
        theta = _logistic(present[fold != k], label[fold != k])
        test = fold_of_pair == k
        score = pairs.signs[test] @ theta[:-1]
        wins = (score + theta[-1] >= 0) * 1.0
        complement_wins = -score + theta[-1] >= 0
        guess = (wins - complement_wins) / 2
        errors = guess - pairs.values[test] / scale
        total += float(np.square(errors).sum())
    return float(total / max(m - 1, 1))


def _folds_of_coalitions(
    present: Floats, pair_signs: Floats, fold_of_pair: Ints, direction: Floats
) -> Ints:
    """Return the fold of each coalition's pair, or -1 where its pair is in none.

    Coalitions are told apart by their projection on a random direction. A complement's
    projection is the negated one.
    """
    pair_keys = (pair_signs @ direction).tolist()
    fold_of_key = {
        round(float(key), 12): fold
        for key, fold in zip(pair_keys, fold_of_pair.tolist(), strict=True)
    }
    signs = 2 * present - 1
    folds: list[int] = []
    for key in (signs @ direction).tolist():
        mirrored = fold_of_key.get(round(-key, 12), -1)
        folds.append(fold_of_key.get(round(key, 12), mirrored))
    return np.array(folds)


def _weight_deviation(present: Floats, label: Floats, theta: Floats) -> Floats:
    """Return the deviation of weight shares under the Laplace approximation."""
    constant = np.ones((len(present), 1))
    signs = np.hstack([2 * present - 1, constant])
    margin = np.clip(label * (signs @ theta), -_MARGIN_MAX, _MARGIN_MAX)
    curvature = 1 / ((1 + np.exp(margin)) * (1 + np.exp(-margin)))
    ridge = _RIDGE * np.eye(theta.size)
    hessian = (signs.T * curvature) @ signs + ridge
    spread = np.linalg.inv(hessian)[:-1, :-1]
    # A share is w_i / sum(w); its derivatives carry the deviation of w over.
    weights = theta[:-1]
    total = float(weights.sum())
    shares = (weights / total)[:, None]
    jacobian = (np.eye(weights.size) - shares) / total
    variance = np.einsum("ij,jk,ik->i", jacobian, spread, jacobian)
    return np.asarray(np.sqrt(variance))
