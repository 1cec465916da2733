"""How well values are known that are means over draws of chance."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from shapley_coop.interfaces.worth import CoalitionWorth
from shapley_coop.shapley import estimate, exact
from shapley_coop.shapley.arrays import Bools, Floats
from shapley_coop.shapley.evaluation.common_draws import draw_counts, errors_of_sums
from shapley_coop.shapley.evaluation.skewed_means import freedom_of_means
from shapley_coop.shapley.exact_values.values import Index, table_weights


def draws_of(worth: CoalitionWorth, coalitions: Bools) -> Floats:
    """Return the (k, m) values of k coalitions in m draws. m is 0 where chance has no say."""
    if worth.draws is None:
        return np.empty((len(coalitions), 0))
    return worth.draws(coalitions)


class CreditErrors(NamedTuple):
    """How well the credit of each player is known."""

    stderr: list[float]
    freedom: list[float]
    """Degrees of freedom of each standard error."""


def errors_by_draw(credit: Floats) -> CreditErrors:
    """Return how well means are known of the (n, m) credit that each of m draws comes to.

    Draws share their random numbers over coalitions, so each is a game of its own.
    """
    stderr = errors_of_means(credit)
    freedom = np.zeros(len(credit))
    if credit.shape[1] > 1:
        freedom = freedom_of_means(credit)
    return CreditErrors(stderr.tolist(), freedom.tolist())


def credit_errors(draws: Floats, index: Index) -> CreditErrors:
    """Return how well values by an index are known, from the (2^n, m) values of m draws."""
    if not np.isnan(draws).any():
        return errors_by_draw(credit_by_draw(draws, lambda v: exact(v, index).values))
    players = len(draws).bit_length() - 1
    sums = errors_of_sums(table_weights(players, index), draws)
    # What does not vary at all is known however few draws there were.
    freedom = np.minimum(sums.freedom, draws.shape[1] - 1)
    return CreditErrors(sums.stderr.tolist(), freedom.tolist())


def credit_by_draw(draws: Floats, credit: Callable[[Floats], Floats]) -> Floats:
    """Return the (n, m) credit that each of m draws comes to, from (k, m) values.

    Args:
        draws: the values.
        credit: from the k values of a draw to the credit of n players.
    """
    # Each draw becomes a table of its own, which the engine wants in one piece of memory.
    tables = [np.ascontiguousarray(column) for column in draws.T]
    return np.array([credit(table) for table in tables]).T


def errors_of_means(draws: Floats) -> Floats:
    """Return the standard error of the mean of each row. One draw cannot tell: that gives 0.

    Draws that a row does not have are NaN.
    """
    if draws.shape[1] < 2:
        return np.zeros(len(draws))
    counts = draw_counts(draws)
    means = np.nanmean(draws, axis=1, keepdims=True)
    squares = np.nansum((draws - means) ** 2, axis=1)
    errors: Floats = np.sqrt(squares / np.maximum(counts - 1, 1) / counts)
    return errors


def estimates_by_draw(
    worth: CoalitionWorth, draws: int, budget: int, rng: np.random.Generator
) -> Floats:
    """Return the estimated values of the n seats in each of m draws of chance: (m, n).

    All draws are estimated from the same coalitions, so that they differ by chance alone.

    Args:
        worth: v(S), with the draws that it is a mean over.
        draws: m.
        budget: the most coalition values of one estimate.
        rng: an equal one draws the coalitions of each estimate. It is left alone.
    """
    n = len(worth.seats)
    rows = np.empty((draws, n))
    for number in range(draws):
        ask = partial(_values_of_draw, worth, number)
        again = copy.deepcopy(rng)
        rows[number] = estimate(ask, n, budget=budget, noise=False, rng=again).values
    return rows


def _values_of_draw(worth: CoalitionWorth, number: int, matrix: Bools) -> Floats:
    table = draws_of(worth, matrix)
    # Some coalitions may hold no chance, unlike others.
    if not table.shape[1]:
        return worth.values(matrix)
    column: Floats = table[:, number]
    return column
