"""Means over draws that share random numbers: how well sums of them are known, what to draw next.

Draw 7 uses the same random numbers in every row, so rows go up and down together, and the error of
a sum of their means does not follow from the errors of the means. Each row is drawn in order from
number 0 on, and some rows may be drawn more often than others.
"""

from __future__ import annotations

from heapq import heapify, heapreplace
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Bools, Floats, Ints
from shapley_coop.shapley.evaluation.skewed_means import freedom_of_means
from shapley_coop.shapley.result import normal_width, student_width


class SumErrors(NamedTuple):
    """How well n sums of means are known."""

    covariance: Floats
    """n x n."""
    freedom: Floats
    """Length n, the degrees of freedom of each, infinite where the variance is 0."""

    @property
    def stderr(self) -> Floats:
        """The standard error of each sum."""
        return np.sqrt(np.diag(self.covariance))

    def as_normal(self) -> Floats:
        """Return a covariance whose normal 95 % intervals are as wide as Student's (1908)."""
        widths = student_width(self.freedom, 0.95) / normal_width(0.95)
        wider: Floats = self.covariance * np.outer(widths, widths)
        return wider


def draw_counts(draws: Floats) -> Ints:
    """Return how often each row was drawn, from k x m values that are NaN where it was not."""
    counts: Ints = (~np.isnan(draws)).sum(axis=1)
    return counts


def errors_of_sums(
    weights: Floats, draws: Floats, counts: Ints | None = None
) -> SumErrors:
    """Return how well n weighted sums of the means of k rows are known.

    The sums are those of X(0), X(1), ..., where X(d) sums weight x value / count over the rows that
    were drawn more than d times. Draws are independent of each other. As long as the rows are the
    same, so is the variance of X, which is taken from all draws that these rows have. One draw
    tells nothing of its error, which then counts as 0. Degrees of freedom follow Satterthwaite
    (1946), and are fewer where the draws that all rows have lead to skewed sums.

    Args:
        weights: n x k.
        draws: k x m, NaN where a row was not drawn so often.
        counts: how often each row is to be drawn, for errors to expect. None means as it was.
    """
    made = draw_counts(draws)
    wanted = made if counts is None else counts
    n = len(weights)
    covariance = np.zeros((n, n))
    squares = np.zeros(n)
    begin = 0
    for end in np.unique(wanted).tolist():
        rows = wanted >= end
        known = int(made[rows].min())
        if known > 1:
            sums = (weights[:, rows] / wanted[rows]) @ draws[rows, :known]
            part = (end - begin) * np.atleast_2d(np.cov(sums))
            covariance += part
            squares += np.diag(part) ** 2 / (known - 1)
        begin = end
    variance = np.diag(covariance)
    freedom = np.full(n, np.inf)
    np.divide(variance**2, squares, out=freedom, where=squares > 0)
    common = int(made.min())
    if common > 1:
        skewed = freedom_of_means(weights @ draws[:, :common])
        freedom = np.where(squares > 0, np.minimum(freedom, skewed), freedom)
    return SumErrors(covariance, freedom)


def next_counts(weights: Floats, draws: Floats, chance: Bools, more: int) -> Ints:
    """Return how often each row is to be drawn in all after about `more` further draws.

    All rows that vary are drawn equally often, unless drawing each as its variance and weight are
    large (Neyman, 1934) leaves no sum less well known. Rows that share their luck are best drawn
    together, since what they have in common then cancels.

    Args:
        weights: n x k.
        draws: k x m, NaN where a row was not drawn so often. At least 2 draws of each that varies.
        chance: which rows vary. Others are never drawn again.
        more: at most so many further draws, if that is enough for one of every row that varies.
    """
    counts = np.where(chance, draw_counts(draws), 1)
    even = _even_counts(counts, chance, more)
    uneven = _neyman_counts(weights, draws, chance, int((even - counts).sum()))
    before = _expected_errors(weights, draws, chance, even)
    after = _expected_errors(weights, draws, chance, uneven)
    return uneven if (after <= before).all() else even


def _expected_errors(
    weights: Floats, draws: Floats, chance: Bools, counts: Ints
) -> Floats:
    # What does not vary adds nothing, however often it counts as drawn.
    expected = np.where(chance, counts, counts.max())
    return errors_of_sums(weights, draws, expected).stderr


def _even_counts(counts: Ints, chance: Bools, more: int) -> Ints:
    """Return counts of which none that varies is below the greatest level that is paid for."""
    level = int(counts[chance].min())
    while np.maximum(level + 1 - counts[chance], 0).sum() <= more:
        level += 1
    even: Ints = np.where(chance, np.maximum(counts, level), counts)
    return even


def _neyman_counts(weights: Floats, draws: Floats, chance: Bools, more: int) -> Ints:
    """Return counts after each further draw was made where it lowers the total variance most."""
    counts = np.where(chance, draw_counts(draws), 1)
    variances = _row_variances(draws, chance)
    gains = (weights**2).sum(axis=0) * variances
    heap = []
    for row in np.flatnonzero(chance).tolist():
        count = int(counts[row])
        heap.append((-gains[row] / (count * (count + 1)), row))
    heapify(heap)
    for _ in range(more):
        _, row = heap[0]
        counts[row] += 1
        count = int(counts[row])
        heapreplace(heap, (-gains[row] / (count * (count + 1)), row))
    return counts


def _row_variances(draws: Floats, chance: Bools) -> Floats:
    """Return the variance of a draw of each row, with one draw's worth of what is usual."""
    counts = draw_counts(draws)
    deviations = draws - np.nanmean(draws, axis=1, keepdims=True)
    squares = np.nansum(deviations**2, axis=1)
    freedom = np.maximum(counts - 1, 1)
    usual = squares[chance].sum() / freedom[chance].sum()
    # Draws that came out alike by luck must not end a row for good.
    shrunk: Floats = (squares + usual) / (freedom + 1)
    return shrunk
