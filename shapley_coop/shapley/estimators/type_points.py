"""Random counts of players by type: balanced points over sizes and types, weighed by size."""

from math import ceil, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from shapley_coop.shapley.arrays import Counts, Floats
from shapley_coop.shapley.exact_values.by_types import log_binomials

_FEW = 32  # players of a type up to which its counts are drawn from all alike, too
_ALIKE = 0.25  # of the draws
_CELLS_MAX = 1 << 20  # counts of these types times sizes


def node_count(n: int) -> int:
    """Return how many nodes cover the sizes of n players."""
    # Binomial sizes have a standard deviation of 1 / sqrt(n) in the angle arccos(1 - 2q); nodes
    # 1.6 deviations apart mix to an even density.
    return ceil(2 * sqrt(n))


class Design:
    """Points from a mixture over nodes q: each type's count binomial(n_t, q), independently.

    Types of few players are drawn from that and from all their counts alike: among many others,
    the coalitions that tell the worth of such a type are rare, and a sample may hold none.
    """

    def __init__(self, sizes: Counts) -> None:
        self.sizes, self.n = sizes, int(sizes.sum())
        self.nodes = node_count(self.n)
        angles = (np.arange(self.nodes) + 0.5) * pi / self.nodes
        self.chances = (1 - np.cos(angles)) / 2
        self.even = np.sin(angles) / np.sin(angles).sum()
        """Each node's share where all sizes count alike."""
        self._few = _few_types(sizes)
        self._many = [t for t in range(sizes.size) if t not in self._few]
        rest = int(sizes[self._many].sum())
        logs = {c: log_binomials(c) for c in {rest, *sizes.tolist()}}
        q = self.chances.tolist()
        self._tables = [
            [
                _spread_out(c, x, logs[c])
                if t in self._few
                else _binomial(c, x, logs[c])
                for t, c in enumerate(sizes.tolist())
            ]
            for x in q
        ]
        self._rests = [_binomial(rest, x, logs[rest]) for x in q]
        self._wanted = self._shares(logs, rest)

    def _shares(self, logs: dict[int, NDArray[np.longdouble]], rest: int) -> Floats:
        """Return the chance of each (counts of few, players of the rest), all sizes alike."""
        log_ways, few = np.zeros(1, dtype=np.longdouble), np.zeros(1, dtype=np.int64)
        for t in self._few:
            count = int(self.sizes[t])
            log_ways = np.add.outer(log_ways, logs[count]).reshape(-1)
            few = np.add.outer(few, np.arange(count + 1)).reshape(-1)
        size = few[:, None] + np.arange(rest + 1)
        log_share = log_ways[:, None] + logs[rest] - log_binomials(self.n)[size]
        return np.asarray(np.exp(log_share.astype(np.float64)) / (self.n + 1))

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
            chance = (
                rng.random((types, replicates, 1)) + steps * np.arange(count)
            ) % 1.0
            stop = start + replicates * count
            for t, table in enumerate(tables):
                points[t, start:stop] = table.quantile(chance[t].reshape(-1))
            start = stop
        return points.T

    def weigh(self, points: Counts, draws: Counts) -> Floats:
        """Return each point's weight: its chance where all sizes are alike over that drawn."""
        density = np.zeros_like(self._wanted)
        shares = (draws / draws.sum()).tolist()
        for share, tables, rest in zip(shares, self._tables, self._rests, strict=True):
            few = np.ones(1)
            for t in self._few:
                few = np.multiply.outer(few, tables[t].chances).reshape(-1)
            stop = rest.low + rest.chances.size
            density[:, rest.low : stop] += share * np.multiply.outer(few, rest.chances)
        weights = self._wanted / np.maximum(density, np.finfo(np.float64).tiny)
        row = np.zeros(len(points), dtype=np.int64)
        for t in self._few:
            row = row * (self.sizes[t] + 1) + points[:, t]
        return np.asarray(weights[row, points[:, self._many].sum(axis=1)])


def _few_types(sizes: Counts) -> list[int]:
    """Return the types of few players, smallest first; never all of them."""
    found: list[int] = []
    cells = int(sizes.sum()) + 1
    for t in np.argsort(sizes, kind="stable")[:-1].tolist():
        cells *= int(sizes[t]) + 1
        if sizes[t] > _FEW or cells > _CELLS_MAX:
            break
        found.append(t)
    return found


class _Table:
    """The chances of some counts that follow each other."""

    def __init__(self, low: int, chances: Floats) -> None:
        self.low, self.chances = low, chances
        self._steps = np.cumsum(chances)[:-1]

    def quantile(self, chance: Floats) -> Counts:
        """Return the count below or at which this chance lies."""
        return self.low + np.searchsorted(self._steps, chance, side="right")


def _binomial(c: int, q: float, logs: NDArray[np.longdouble]) -> _Table:
    """Return binomial(c, q) where it has any mass to speak of."""
    reach = 9 * sqrt(c * q * (1 - q)) + 25
    low = max(int(c * q - reach), 0)
    k = np.arange(low, min(int(c * q + reach), c) + 1)
    log_chance = (
        logs[k] + k * np.log(np.longdouble(q)) + (c - k) * np.log1p(-np.longdouble(q))
    )
    return _Table(low, np.exp(log_chance.astype(np.float64)))


def _spread_out(c: int, q: float, logs: NDArray[np.longdouble]) -> _Table:
    """Return binomial(c, q) mixed with all counts alike."""
    known = _binomial(c, q, logs)
    chances = np.full(c + 1, _ALIKE / (c + 1))
    chances[known.low : known.low + known.chances.size] += (1 - _ALIKE) * known.chances
    return _Table(0, chances)


def _root(t: int) -> float:
    """Return the root above 1 of x^(t + 1) = x + 1, the golden ratio for t = 1."""
    x = 1.5
    for _ in range(64):
        x = (1 + x) ** (1 / (t + 1))
    return x
