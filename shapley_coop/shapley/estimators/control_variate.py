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
        inner = np.maximum(all_sizes * (self.n - all_sizes), 1)
        self._bin = all_sizes * bins // (self.n + 1)
        self._width = np.sqrt(inner) / self.n
        self._fits = np.zeros((bins, 1 + sizes.size))
        self._fit(points, values)
        self.values = self._shapley_values()
        self.spread: Floats = self._residual_spread(points, values)
        """The deviation that is left at each range of sizes, its neighbours' included."""

    def residuals(self, points: Counts, values: Floats) -> Floats:
        """Return each point's term in each value, less what the line says, k x t."""
        n = self.n
        size = points.sum(axis=1)
        features = self._features(points, size)
        prediction = np.einsum("kf,kf->k", features, self._fits[self._bin[size]])
        rest = values - prediction
        ends = np.maximum(size * (n - size), 1)
        surplus = points / self.sizes - (size / n)[:, None]
        factor = rest * (n * (n + 1)) / ends
        return np.asarray(surplus * factor[:, None])

    def _residual_spread(self, points: Counts, values: Floats) -> Floats:
        """Return the root mean square of the residuals, the greatest of near bins."""
        bins = len(self._fits)
        own_bins = self._bins(points)
        terms = self.residuals(points, values)
        squares = np.bincount(own_bins, weights=terms**2 @ self.sizes, minlength=bins)
        counts = np.bincount(own_bins, minlength=bins)
        root = np.sqrt(squares / np.maximum(counts, 1))
        windows = sliding_window_view(np.pad(root, _REACH), 2 * _REACH + 1)
        return np.asarray(windows.max(axis=1))

    def _bins(self, points: Counts) -> NDArray[np.intp]:
        return np.asarray(self._bin[points.sum(axis=1)])

    def _features(self, points: Counts, size: Counts) -> Floats:
        """Return 1, the level, and the surplus of each type but the last in deviations."""
        features = np.empty((1 + self.sizes.size, len(points)))
        features[0] = 1.0
        features[1] = self.levels[size]
        # The surpluses sum to zero, so the last type's follows from the others.
        for t, c in enumerate(self.sizes.tolist()[:-1]):
            surplus = points[:, t] / c - size / self.n
            features[t + 2] = surplus * sqrt(c) / self._width[size]
        return features.T

    def _fit(self, points: Counts, values: Floats) -> None:
        features = self._features(points, points.sum(axis=1))
        bins = self._bins(points)
        order = np.argsort(bins, kind="stable")
        numbers = np.arange(len(self._fits) + 1)
        edges = np.searchsorted(bins[order], numbers)
        for j, rows in enumerate(np.split(order, edges[1:-1])):
            if rows.size:
                self._fits[j] = _least_squares(features[rows], values[rows])

    def _shapley_values(self) -> Floats:
        """Return what the lines add to each value."""
        inner = slice(1, self.n)
        types = self.sizes.size
        slopes = np.zeros((self.n - 1, types))
        fitted = self._fits[self._bin[inner], 2:]
        slopes[:, :-1] = fitted / self._width[inner, None]
        slopes /= np.sqrt(self.sizes)
        mean = slopes @ self.sizes / self.n
        relative = slopes - mean[:, None]
        return np.asarray(relative.sum(axis=0) / (self.n - 1))


def _least_squares(features: Floats, values: Floats) -> Floats:
    """Return the coefficients of a line, or of the level alone where points are few."""
    coefficients = np.zeros(features.shape[1])
    level = features[:, 1]
    if len(values) <= 4 * features.shape[1]:
        coefficients[1] = 1.0
        coefficients[0] = (values - level).mean()
        return coefficients
    # Features in deviations from their means keep the system well conditioned.
    centre = values.mean()
    middle = features.mean(axis=0)
    spread = features.std(axis=0)
    unit = np.where(spread > 0, spread, 1.0)
    standardised = (features - middle)[:, 1:] / unit[1:]
    slopes = np.linalg.lstsq(standardised, values - centre, rcond=1e-6)[0]
    coefficients[1:] = slopes / unit[1:]
    coefficients[0] = centre - middle[1:] @ coefficients[1:]
    return coefficients
