"""Simple games that may explain every pair: additive ones, and weighted votes."""

from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import to_matrix
from shapley_coop.shapley.estimators.surrogates.optimise import minimise
from shapley_coop.shapley.estimators.surrogates.process import Pairs
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.exact_values.structured import weighted_voting

_ROUNDING = 1e-9
_RIDGE = 0.003
_EQUALITY = 1.0  # precision of relative weights about 1
_LEVELS = 2500  # whole-number weights sum to about this
_FOLDS = 4


def additive(pairs: Pairs) -> Floats | None:
    """Return the values where the odd part is additive to rounding, else None.

    Needs more pairs than players, so that the fit could have failed.
    """
    signs, y = pairs.signs, pairs.values
    m, n = signs.shape
    if m < n + max(4, n // 10):
        return None
    slopes, _, rank, _ = np.linalg.lstsq(signs, y, rcond=None)
    scale = float(np.abs(y).max())
    scaled: Floats = 2 * np.asarray(slopes, dtype=np.float64)
    exact = rank == n and float(np.abs(signs @ slopes - y).max()) <= _ROUNDING * scale
    return scaled if exact else None


class Vote(NamedTuple):
    """A weighted vote fitted to a game of two outcomes."""

    values: Floats
    stderr: Floats
    error: float
    """Mean squared error of the odd values of held-out coalitions' pairs."""


def weighted_vote(
    data: Evaluations, pairs: Pairs, rng: np.random.Generator
) -> Vote | None:
    """Fit v = 1 where a weighted sum reaches a quota, or return None where v is not two-valued.

    Logistic regression with weights >= 0 on every evaluated coalition; its error is measured on
    held-out folds, in the unit of the odd values, so it can be compared with the process.
    """
    masks = list(data)
    outcomes = np.array([data[mask] for mask in masks])
    low, high = float(outcomes.min()), float(outcomes.max())
    two_valued = ((outcomes == low) | (outcomes == high)).all() and high > low
    if not two_valued or data[0] != low:
        return None
    present = to_matrix(masks, data.n).astype(np.float64)
    label = np.where(outcomes == high, 1.0, -1.0)
    theta = _logistic(present, label)
    if not theta[:-1].any():
        return None
    error = _held_out_error(present, label, pairs, rng) * (high - low) ** 2
    values = (high - low) * _power(theta)
    stderr = (high - low) * _weight_deviation(present, label, theta)
    return Vote(values, stderr, error)


def _logistic(present: Floats, label: Floats) -> Floats:
    """Return weights >= 0 and a negated quota, by L-BFGS on a penalised likelihood.

    The penalty draws weights to their common mean, so that with few data players count alike.
    """
    n = present.shape[1]
    signs = 2 * present - 1

    def objective(theta: Floats) -> tuple[float, Floats]:
        margin = label * (signs @ theta[:-1] + theta[-1])
        pull = label / (1 + np.exp(np.clip(margin, -60, 60)))
        value = float(np.logaddexp(0, -margin).sum()) + 0.5 * _RIDGE * float(
            theta @ theta
        )
        gradient = np.append(-signs.T @ pull, -pull.sum()) + _RIDGE * theta
        mean = max(float(theta[:-1].mean()), 1e-12)
        relative = theta[:-1] / mean
        away = relative - 1
        value += 0.5 * _EQUALITY * float(away @ away)
        gradient[:-1] += _EQUALITY * (away - float(away @ relative) / n) / mean
        return value, gradient

    low = np.append(np.zeros(n), -200.0)
    start = np.append(np.full(n, 1.0 / n), 0.0)
    theta, _ = minimise(
        objective, start, low, np.full(n + 1, 200.0), steps=80, tolerance=1e-5
    )
    return theta


def _power(theta: Floats) -> Floats:
    """Return the power index of the fitted vote, its weights rounded to whole numbers."""
    weights, bias = theta[:-1], float(theta[-1])
    unit = weights.sum() / min(_LEVELS, 100 * weights.size)
    whole = np.round(weights / unit).astype(np.intp)
    # The margin is sum(w over present) - sum(w over absent) + bias >= 0.
    quota = (whole.sum() - bias / unit) / 2
    return weighted_voting(whole.tolist(), quota).values


def _held_out_error(
    present: Floats, label: Floats, pairs: Pairs, rng: np.random.Generator
) -> float:
    """Predict the pairs of each fold by a fit without their coalitions; mean squared error."""
    m, n = pairs.signs.shape
    fold_of_pair = np.asarray(rng.integers(_FOLDS, size=m))
    fold_of_pair[0] = -1
    powers = rng.random(n)  # a random projection tells coalitions apart
    key = {
        round(float(x), 12): k
        for x, k in zip(
            (pairs.signs @ powers).tolist(), fold_of_pair.tolist(), strict=True
        )
    }
    signs = 2 * present - 1
    projected = (signs @ powers).tolist()
    fold = np.array(
        [key.get(round(x, 12), key.get(round(-x, 12), -1)) for x in projected]
    )
    scale = 2 * float(np.abs(pairs.values).max()) or 1.0
    total = 0.0
    for k in range(_FOLDS):
        theta = _logistic(present[fold != k], label[fold != k])
        rows = pairs.signs[fold_of_pair == k]
        score = rows @ theta[:-1]
        guess = ((score + theta[-1] >= 0) * 1.0 - (-score + theta[-1] >= 0)) / 2
        total += float(np.square(guess - pairs.values[fold_of_pair == k] / scale).sum())
    return float(total / max(m - 1, 1))


def _weight_deviation(present: Floats, label: Floats, theta: Floats) -> Floats:
    """Return the deviation of weight shares under the Laplace approximation."""
    signs = np.hstack([2 * present - 1, np.ones((len(present), 1))])
    margin = np.clip(label * (signs @ theta), -60, 60)
    curvature = 1 / ((1 + np.exp(margin)) * (1 + np.exp(-margin)))
    hessian = (signs.T * curvature) @ signs + _RIDGE * np.eye(theta.size)
    spread = np.linalg.inv(hessian)[:-1, :-1]
    weights = theta[:-1]
    total = float(weights.sum())
    share = (np.eye(weights.size) - (weights / total)[:, None]) / total
    return np.asarray(np.sqrt(np.einsum("ij,jk,ik->i", share, spread, share)))
