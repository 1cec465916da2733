"""Random counts of players by type: balanced points over sizes and types, weighed by size."""

from math import ceil, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from shapley_coop.shapley.tables import Floats
from shapley_coop.shapley.types import Counts, log_binomials


def node_count(n: int) -> int:
    """Return how many nodes cover the sizes of n players."""
    # Binomial sizes have a standard deviation of 1 / sqrt(n) in the angle arccos(1 - 2q); nodes
    # 1.6 deviations apart mix to an even density.
    return ceil(2 * sqrt(n))


class Design:
    """Points from a mixture over nodes q: each type's count binomial(n_t, q), independently."""

    def __init__(self, sizes: Counts) -> None:
        self.sizes, self.n = sizes, int(sizes.sum())
        self.nodes = node_count(self.n)
        angles = (np.arange(self.nodes) + 0.5) * pi / self.nodes
        self.chances = (1 - np.cos(angles)) / 2
        self.even = np.sin(angles) / np.sin(angles).sum()
        """Each node's share where all sizes count alike."""
        logs = {c: log_binomials(c) for c in {self.n, *sizes.tolist()}}
        q = self.chances.tolist()
        self._tables = [[_Binomial(c, x, logs[c]) for c in sizes.tolist()] for x in q]
        self._totals = [_Binomial(self.n, x, logs[self.n]) for x in q]

    def draw(self, draws: Counts, replicates: int, rng: np.random.Generator) -> Counts:
        """Return count vectors, nodes in order and in each the replicates in order.

        A replicate is a Kronecker sequence, its steps powers of the root of x^(t+1) = x + 1,
        under a random shift.
        """
        types = self.sizes.size
        steps = _root(types) ** -np.arange(1.0, types + 1)[:, None, None]
        points = np.empty((types, replicates * int(draws.sum())), dtype=np.int64)
        start = 0
        for tables, count in zip(self._tables, draws.tolist(), strict=True):
            chance = (rng.random((types, replicates, 1)) + steps * np.arange(count)) % 1.0
            stop = start + replicates * count
            for t, table in enumerate(tables):
                points[t, start:stop] = table.quantile(chance[t].reshape(-1))
            start = stop
        return points.T

    def weights(self, draws: Counts) -> Floats:
        """Return each size's weight: 1 / (n + 1) over its density in the mixture."""
        density = np.zeros(self.n + 1)
        for share, total in zip((draws / draws.sum()).tolist(), self._totals, strict=True):
            density[total.low : total.low + total.chances.size] += share * total.chances
        return 1.0 / ((self.n + 1) * np.maximum(density, np.finfo(np.float64).tiny))


class _Binomial:
    """Binomial(c, q) where it has any mass to speak of."""

    def __init__(self, c: int, q: float, logs: NDArray[np.longdouble]) -> None:
        reach = 9 * sqrt(c * q * (1 - q)) + 25
        self.low = max(int(c * q - reach), 0)
        k = np.arange(self.low, min(int(c * q + reach), c) + 1)
        log_chance = logs[k] + k * np.log(np.longdouble(q)) + (c - k) * np.log1p(-np.longdouble(q))
        self.chances: Floats = np.exp(log_chance.astype(np.float64))
        self._steps = np.cumsum(self.chances)[:-1]

    def quantile(self, chance: Floats) -> Counts:
        """Return the count below or at which this chance lies."""
        return self.low + np.searchsorted(self._steps, chance, side="right")


def _root(t: int) -> float:
    """Return the root above 1 of x^(t + 1) = x + 1, the golden ratio for t = 1."""
    x = 1.5
    for _ in range(64):
        x = (1 + x) ** (1 / (t + 1))
    return x
