"""How well values are known that are means over draws of chance."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import partial

import numpy as np

from shapley_coop.shapley import estimate
from shapley_coop.shapley.arrays import Bools, Floats

Draws = Callable[[Bools], Floats]
"""Coalitions (k, n) to their values (k, m) in m draws of chance."""


def chance_in(draws: Floats) -> Floats | None:
    """Return draws, or None where several equal ones say that chance has no say in them."""
    if draws.shape[1] > 1 and bool((draws == draws[:, :1]).all()):
        return None
    return draws


def standard_errors(draws: Floats, credit: Callable[[Floats], Floats]) -> list[float]:
    """Return the standard error of each player's credit from the (k, m) values of m draws.

    Draws share their random numbers over coalitions, so each is a game of its own whose credit is
    computed.
    """
    # Each draw becomes a table of its own, which the engine wants in one piece of memory.
    tables = [np.ascontiguousarray(column) for column in draws.T]
    phi = np.array([credit(table) for table in tables])
    errors: list[float] = error_of_mean(phi.T).tolist()
    return errors


def error_of_mean(draws: Floats) -> Floats:
    """Return the standard error of the mean of each row. One draw cannot tell: that gives 0."""
    if draws.shape[1] < 2:
        return np.zeros(len(draws))
    deviation: Floats = draws.std(axis=1, ddof=1)
    return deviation / math.sqrt(draws.shape[1])


def estimates_by_draw(
    draws: Draws, n: int, budget: int, rng: np.random.Generator
) -> Floats:
    """Return the estimated values of n players in each of m draws: (m, n).

    All draws are estimated from the same coalitions, so that they differ by chance alone. m is 0
    where chance has no say.

    Args:
        draws: values of coalitions by draw.
        n: the number of players.
        budget: the most coalition values of one estimate.
        rng: an equal one draws the coalitions of each estimate. It is left alone.
    """
    asked: list[Floats] = []

    def values(matrix: Bools, number: int) -> Floats:
        table = draws(matrix)
        asked.append(table)
        column: Floats = table[:, number]
        return column

    def estimate_draw(number: int) -> Floats:
        ask = partial(values, number=number)
        again = copy.deepcopy(rng)
        return estimate(ask, n, budget=budget, noise=False, rng=again).values

    rows = [estimate_draw(0)]
    # Every table has a column for each draw, so the first that differs tells how many there are.
    tables = [table for table in asked if chance_in(table) is not None]
    if not tables:
        return np.zeros((0, n))
    rows += [estimate_draw(number) for number in range(1, tables[0].shape[1])]
    return np.array(rows)
