"""A game of types as a line on each range of sizes, whose Shapley value is known."""

from math import sqrt

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from shapley_coop.shapley.arrays import Counts, Floats

_REACH = 2  # bins to either side whose spread counts: a pilot sees edges too late


class ControlVariate:
    """f on each range of sizes as a line in its level and in the types' surplus.

    It is fitted to a pilot sample. A function of the size alone adds nothing to any value,
    and a slope b_j on the count of type j at size s adds
    (b_t - Σ_j b_j n_j / n) / (n - 1).
    """

    def __init__(
        self,
        sizes: Counts,
        levels: Floats,
        bins: int,
        points: Counts,
        values: Floats,
    ) -> None:
        """Fit `bins` ranges of sizes to the values of the points (k x t).

        `sizes` are the players of each type, `levels` f along the diagonal for each size.
        """
        self.sizes = sizes
        self.levels = levels
        self.n = int(sizes.sum())
        all_sizes = np.arange(self.n + 1)
        products = all_sizes * (self.n - all_sizes)
        at_least_one = np.maximum(products, 1)
        self._bin = all_sizes * bins // (self.n + 1)
        self._width = np.sqrt(at_least_one) / self.n
        self._fits = self._fit(bins, points, values)
        self.values = self._shapley_values()
        self.spread: Floats = self._residual_spread(points, values)
        """The deviation that is left at each range of sizes, its neighbours' included."""

    def residuals(
        self,
        points: Counts,
        values: Floats,
    ) -> Floats:
        """Return each point's term in each value, less what the line says, k x t."""
        n = self.n
        size = points.sum(axis=1)
        share = size / n
        features = self._features(points, size)
        coefficients = self._fits[self._bin[size]]
        prediction = np.einsum("kf,kf->k", features, coefficients)
        rest = values - prediction
        # The weight n / (s(n - s)) of the formula, times the n + 1 sizes drawn alike.
        products = np.maximum(size * (n - size), 1)
        factor = rest * (n * (n + 1)) / products
        surplus = points / self.sizes - share[:, None]
        return np.asarray(surplus * factor[:, None])

    def _residual_spread(
        self,
        points: Counts,
        values: Floats,
    ) -> Floats:
        """Return the root mean square of the residuals, the greatest of near bins."""
        bins = len(self._fits)
        own_bins = self._bins(points)
        terms = self.residuals(points, values)
        point_squares = terms**2 @ self.sizes
        squares = np.bincount(own_bins, weights=point_squares, minlength=bins)
        counts = np.bincount(own_bins, minlength=bins)
        mean_squares = squares / np.maximum(counts, 1)
        root = np.pad(np.sqrt(mean_squares), _REACH)
        windows = sliding_window_view(root, 2 * _REACH + 1)
        return np.asarray(windows.max(axis=1))

    def _bins(self, points: Counts) -> NDArray[np.intp]:
        size = points.sum(axis=1)
        return np.asarray(self._bin[size])

    def _features(
        self,
        points: Counts,
        size: Counts,
    ) -> Floats:
        """Return 1, the level, and the surplus of each type but the last in deviations."""
        width = 1 + self.sizes.size
        features = np.empty((width, len(points)))
        features[0] = 1.0
        features[1] = self.levels[size]
        share = size / self.n
        deviation = self._width[size]
        # The surpluses sum to zero, so the last type's follows from the others.
        all_but_last = self.sizes[:-1].tolist()
        for t, players in enumerate(all_but_last):
            surplus = points[:, t] / players - share
            scaled = surplus * sqrt(players)
            features[t + 2] = scaled / deviation
        return features.T

    def _fit(
        self,
        bins: int,
        points: Counts,
        values: Floats,
    ) -> Floats:
        """Return a row of coefficients for each bin, 0 where it has no points."""
        width = 1 + self.sizes.size
        fits = np.zeros((bins, width))
        features = self._features(points, points.sum(axis=1))
        own_bins = self._bins(points)
        order = np.argsort(own_bins, kind="stable")
        numbers = np.arange(bins + 1)
        edges = np.searchsorted(own_bins[order], numbers)
        groups = np.split(order, edges[1:-1])
        for j, rows in enumerate(groups):
            if rows.size:
                fits[j] = _least_squares(features[rows], values[rows])
        return fits

    def _shapley_values(self) -> Floats:
        """Return what the lines add to each value."""
        inner = slice(1, self.n)
        bins = self._bin[inner]
        widths = self._width[inner, None]
        fits = self._fits[bins, 2:]
        # The fits are slopes on standardised surpluses; the last type's is zero.
        inner_sizes = self.n - 1
        slopes = np.zeros((inner_sizes, self.sizes.size))
        slopes[:, :-1] = fits / widths
        slopes /= np.sqrt(self.sizes)
        mean = slopes @ self.sizes / self.n
        relative = slopes - mean[:, None]
        total = relative.sum(axis=0)
        return np.asarray(total / inner_sizes)


def _least_squares(features: Floats, values: Floats) -> Floats:
    """Return the coefficients of a line, or of the level alone where points are few."""
    coefficients = np.zeros(features.shape[1])
    level = features[:, 1]
    if len(values) <= 4 * features.shape[1]:
        differences = values - level
        coefficients[0] = differences.mean()
        coefficients[1] = 1.0
        return coefficients
    # Features in deviations from their means keep the system well conditioned.
    centre = values.mean()
    middle = features.mean(axis=0)
    spread = features.std(axis=0)
    unit = np.where(spread > 0, spread, 1.0)
    centred = features - middle
    unit = unit[1:]
    standardised = centred[:, 1:] / unit
    solution = np.linalg.lstsq(standardised, values - centre, rcond=1e-6)
    slopes = solution[0] / unit
    at_middle = middle[1:] @ slopes
    coefficients[0] = centre - at_middle
    coefficients[1:] = slopes
    return coefficients
