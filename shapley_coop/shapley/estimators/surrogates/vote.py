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
    data: Evaluations,
    pairs: Pairs,
    rng: np.random.Generator,
) -> Vote | None:
    """Fit v = 1 where a weighted sum reaches a quota. None means that v is not two-valued.

    Logistic regression with weights >= 0 on every evaluated coalition. Its error is
    measured on held-out folds, in the unit of the odd values, so it can be compared with
    that of the process.
    """
    masks = list(data)
    outcomes = data.values(masks)
    low = float(outcomes.min())
    high = float(outcomes.max())
    is_extreme = (outcomes == low) | (outcomes == high)
    two_valued = is_extreme.all() and high > low
    if not two_valued or data[0] != low:
        return None
    # Outcomes are labelled -1 and 1, as the logistic loss wants them.
    present = to_matrix(masks, data.n).astype(np.float64)
    label = np.where(outcomes == high, 1.0, -1.0)
    theta = _logistic(present, label)
    if not theta[:-1].any():
        return None
    height = high - low
    unit_error = _held_out_error(present, label, pairs, rng)
    error = unit_error * height**2
    power = _power_index(theta)
    deviation = _weight_deviation(present, label, theta)
    return Vote(
        values=height * power,
        stderr=height * deviation,
        error=error,
    )


class _Likelihood:
    """The penalised negative log likelihood of weights and a negated quota."""

    def __init__(
        self,
        present: Floats,
        label: Floats,
    ) -> None:
        self.signs = 2 * present - 1
        self.label = label

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Return the value and the gradient."""
        weights = theta[:-1]
        n = weights.size
        score = self.signs @ weights
        margin = self.label * (score + theta[-1])
        clipped = np.clip(margin, -_MARGIN_MAX, _MARGIN_MAX)
        pull = self.label / (1 + np.exp(clipped))
        losses = np.logaddexp(0, -margin)
        ridge = 0.5 * _RIDGE * float(theta @ theta)
        value = float(losses.sum()) + ridge
        by_weight = -self.signs.T @ pull
        by_quota = -pull.sum()
        gradient = np.append(by_weight, by_quota) + _RIDGE * theta
        # Weights are drawn to their common mean: with few data, players count alike.
        mean = max(float(weights.mean()), 1e-12)
        relative = weights / mean
        excess = relative - 1
        value += 0.5 * _EQUALITY * float(excess @ excess)
        through_mean = float(excess @ relative) / n
        by_relative = excess - through_mean
        gradient[:-1] += _EQUALITY * by_relative / mean
        return value, gradient


def _logistic(present: Floats, label: Floats) -> Floats:
    """Return weights >= 0 and a negated quota, by L-BFGS on a penalised likelihood."""
    n = present.shape[1]
    low = np.append(np.zeros(n), -_BOUND)
    high = np.full(n + 1, _BOUND)
    equal_weights = np.full(n, 1.0 / n)
    start = np.append(equal_weights, 0.0)
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
    whole_sum = min(_WEIGHT_SUM, 100 * weights.size)
    unit = weights.sum() / whole_sum
    in_units = np.round(weights / unit)
    whole = in_units.astype(np.intp)
    # The margin is sum(w over present) - sum(w over absent) + bias >= 0.
    whole_bias = bias / unit
    quota = (whole.sum() - whole_bias) / 2
    return weighted_voting(whole.tolist(), quota).values


def _held_out_error(
    present: Floats,
    label: Floats,
    pairs: Pairs,
    rng: np.random.Generator,
) -> float:
    """Return the mean squared error of each fold's pairs, fitted without its coalitions."""
    m, n = pairs.signs.shape
    fold_of_pair = np.asarray(rng.integers(_FOLDS, size=m))
    fold_of_pair[0] = -1  # every fit knows the ends
    direction = np.asarray(rng.random(n))
    fold = _folds_of_coalitions(present, pairs.signs, fold_of_pair, direction)
    largest = float(np.abs(pairs.values).max())
    scale = 2 * largest or 1.0
    total = 0.0
    for k in range(_FOLDS):
        train = fold != k
        test = fold_of_pair == k
        theta = _logistic(present[train], label[train])
        bias = theta[-1]
        test_signs = pairs.signs[test]
        score = test_signs @ theta[:-1]
        wins = (score + bias >= 0) * 1.0
        # The complement's score is the negated one, since every sign is.
        complement_wins = -score + bias >= 0
        guess = (wins - complement_wins) / 2
        odd_values = pairs.values[test] / scale
        errors = guess - odd_values
        total += float(np.square(errors).sum())
    inner_pairs = max(m - 1, 1)
    return float(total / inner_pairs)


def _folds_of_coalitions(
    present: Floats,
    pair_signs: Floats,
    fold_of_pair: Ints,
    direction: Floats,
) -> Ints:
    """Return the fold of each coalition's pair, or -1 where its pair is in none.

    Coalitions are told apart by their projection on a random direction. A complement's
    projection is the negated one.
    """
    pair_keys = _projections(pair_signs, direction)
    fold_of_key = dict(zip(pair_keys, fold_of_pair.tolist(), strict=True))
    signs = 2 * present - 1
    folds: list[int] = []
    for key in _projections(signs, direction):
        mirrored = fold_of_key.get(-key, -1)
        folds.append(fold_of_key.get(key, mirrored))
    return np.array(folds)


def _projections(signs: Floats, direction: Floats) -> list[float]:
    """Return the projection of each row, rounded so that equal rows compare equal."""
    projections = (signs @ direction).tolist()
    return [round(projection, 12) for projection in projections]


def _weight_deviation(
    present: Floats,
    label: Floats,
    theta: Floats,
) -> Floats:
    """Return the deviation of weight shares under the Laplace approximation."""
    constant = np.ones((len(present), 1))
    player_signs = 2 * present - 1
    signs = np.hstack([player_signs, constant])
    margin = label * (signs @ theta)
    clipped = np.clip(margin, -_MARGIN_MAX, _MARGIN_MAX)
    against = 1 + np.exp(clipped)
    in_favour = 1 + np.exp(-clipped)
    curvature = 1 / (against * in_favour)
    ridge = _RIDGE * np.eye(theta.size)
    weighed = signs.T * curvature
    hessian = weighed @ signs + ridge
    covariance = np.linalg.inv(hessian)
    spread = covariance[:-1, :-1]
    # A share is w_i / sum(w); its derivatives carry the deviation of w over.
    weights = theta[:-1]
    total = float(weights.sum())
    shares = weights / total
    identity = np.eye(weights.size)
    jacobian = (identity - shares[:, None]) / total
    variance = np.einsum("ij,jk,ik->i", jacobian, spread, jacobian)
    deviation = np.sqrt(variance)
    return np.asarray(deviation)
