"""Random counts of players by type: balanced points over sizes and types, with weights."""

from math import ceil, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from shapley_coop.shapley.arrays import Counts, Floats
from shapley_coop.shapley.exact_values.by_types import log_binomials

LongFloats = NDArray[np.longdouble]

_FEW_PLAYERS = 32  # of a type up to which its counts are in part drawn uniformly
_UNIFORM_SHARE = 0.25  # of the draws of such a type
_CELLS_MAX = 1 << 20  # counts of these types times sizes
_REACH = 9  # standard deviations beyond which a binomial has no mass to speak of
_REACH_MIN = 25  # the same in players, for small binomials


def node_count(n: int) -> int:
    """Return how many nodes cover the sizes of n players."""
    # Binomial sizes have a standard deviation of 1 / sqrt(n) in the angle arccos(1 - 2q);
    # nodes 1.6 deviations apart mix to an even density.
    return ceil(2 * sqrt(n))


class CountMixture:
    """Points from a mixture over nodes q: each type's count is binomial(n_t, q) on its own.

    For types of few players, part of the sample is uniform over their counts: among many
    others, the coalitions that tell the worth of such a type are rare, and a sample may
    hold none.
    """

    def __init__(self, sizes: Counts) -> None:
        self.sizes = sizes
        self.n = int(sizes.sum())
        self.nodes = node_count(self.n)
        middles = np.arange(self.nodes) + 0.5
        angles = middles * pi / self.nodes
        density = np.sin(angles)
        self.chances = (1 - np.cos(angles)) / 2
        self.even = density / density.sum()
        """Each node's share where all sizes count alike."""
        self._few = _few_types(sizes)
        types = range(sizes.size)
        self._many = [t for t in types if t not in self._few]
        # Of the other types, weights depend only on how many players there are in all.
        rest = int(sizes[self._many].sum())
        distinct_sizes = {rest, *sizes.tolist()}
        logs = {size: log_binomials(size) for size in distinct_sizes}
        self._tables: list[list[_Table]] = []
        self._rests: list[_Table] = []
        for q in self.chances.tolist():
            tables = self._node_tables(q, logs)
            rest_table = _binomial(rest, q, logs[rest])
            self._tables.append(tables)
            self._rests.append(rest_table)
        self._target = self._target_chances(logs, rest)

    def _node_tables(
        self,
        q: float,
        logs: dict[int, LongFloats],
    ) -> list["_Table"]:
        """Return the chances of each type's counts at one node."""
        tables: list[_Table] = []
        for t, count in enumerate(self.sizes.tolist()):
            table = _binomial(count, q, logs[count])
            if t in self._few:
                table = _mixed_with_uniform(count, table)
            tables.append(table)
        return tables

    def _target_chances(
        self,
        logs: dict[int, LongFloats],
        rest: int,
    ) -> Floats:
        """Return the chance of each (counts of few, players of the rest), sizes alike."""
        log_ways = np.zeros(1, dtype=np.longdouble)
        few = np.zeros(1, dtype=np.int64)
        for t in self._few:
            players = int(self.sizes[t])
            counts = np.arange(players + 1)
            joint_ways = np.add.outer(log_ways, logs[players])
            joint_counts = np.add.outer(few, counts)
            log_ways = joint_ways.reshape(-1)
            few = joint_counts.reshape(-1)
        others = np.arange(rest + 1)
        size = few[:, None] + others
        # A size's coalitions are equally likely, and the sizes are, too.
        log_all_ways = log_binomials(self.n)[size]
        log_joint = log_ways[:, None] + logs[rest]
        log_share = log_joint - log_all_ways
        share = np.exp(log_share.astype(np.float64))
        all_sizes = self.n + 1
        return np.asarray(share / all_sizes)

    def draw(
        self,
        draws: Counts,
        replicates: int,
        rng: np.random.Generator,
    ) -> Counts:
        """Return count vectors, nodes in order and in each the replicates in order.

        A replicate is a Kronecker sequence, its steps powers of the root of
        x^(t+1) = x + 1, under a random shift.
        """
        types = self.sizes.size
        powers = np.arange(1.0, types + 1)
        root = _kronecker_root(types)
        steps = root ** -powers[:, None, None]
        total = replicates * int(draws.sum())
        points = np.empty((types, total), dtype=np.int64)
        start = 0
        nodes = zip(self._tables, draws.tolist(), strict=True)
        for tables, count in nodes:
            shifts = rng.random((types, replicates, 1))
            way = steps * np.arange(count)
            chances = (shifts + way) % 1.0
            stop = start + replicates * count
            for t, table in enumerate(tables):
                quantiles = table.quantile(chances[t])
                # Replicates follow each other, each of as many points.
                points[t, start:stop] = quantiles.reshape(-1)
            start = stop
        return points.T

    def importance_weights(
        self,
        points: Counts,
        draws: Counts,
    ) -> Floats:
        """Return each point's chance where all sizes are alike over that of the mixture.

        The mixture's density is summed over all nodes, whichever a point came from (the
        balance heuristic; Veach & Guibas, 1995).
        """
        density = np.zeros_like(self._target)
        shares = draws / draws.sum()
        nodes = zip(shares.tolist(), self._tables, self._rests, strict=True)
        for share, tables, rest in nodes:
            few = np.ones(1)
            for t in self._few:
                joint_few = np.multiply.outer(few, tables[t].chances)
                few = joint_few.reshape(-1)
            joint = np.multiply.outer(few, rest.chances)
            reach = slice(rest.low, rest.stop)
            density[:, reach] += share * joint
        # Counts beyond every node's reach are never drawn, so any weight will do.
        tiny = np.finfo(np.float64).tiny
        weights = self._target / np.maximum(density, tiny)
        row = np.zeros(len(points), dtype=np.int64)
        for t in self._few:
            radix = self.sizes[t] + 1
            row = row * radix + points[:, t]
        many = points[:, self._many]
        column = many.sum(axis=1)
        return np.asarray(weights[row, column])


def _few_types(sizes: Counts) -> list[int]:
    """Return the types of few players, smallest first. The largest type is never there."""
    types: list[int] = []
    cells = int(sizes.sum()) + 1
    smallest_first = np.argsort(sizes, kind="stable")
    for t in smallest_first[:-1].tolist():
        cells *= int(sizes[t]) + 1
        if sizes[t] > _FEW_PLAYERS or cells > _CELLS_MAX:
            break
        types.append(t)
    return types


class _Table:
    """The chances of some counts that follow each other."""

    def __init__(
        self,
        low: int,
        chances: Floats,
    ) -> None:
        self.low = low
        self.chances = chances
        self.stop = low + chances.size
        # Without the last step, rounding cannot lead beyond the last count.
        self._steps = np.cumsum(chances)[:-1]

    def quantile(self, chance: Floats) -> Counts:
        """Return the count below or at which this chance lies."""
        place = np.searchsorted(self._steps, chance, side="right")
        return self.low + place


def _binomial(
    c: int,
    q: float,
    logs: LongFloats,
) -> _Table:
    """Return binomial(c, q) where it has any mass to speak of."""
    mean = c * q
    variance = c * q * (1 - q)
    deviation = sqrt(variance)
    reach = _REACH * deviation + _REACH_MIN
    low = max(int(mean - reach), 0)
    high = min(int(mean + reach), c)
    k = np.arange(low, high + 1)
    # Extended precision: logs of large binomials lose the digits that chances need.
    long_q = np.longdouble(q)
    log_present = k * np.log(long_q)
    absent = c - k
    log_absent = absent * np.log1p(-long_q)
    log_chance = logs[k] + log_present + log_absent
    chances = np.exp(log_chance.astype(np.float64))
    return _Table(low, chances)


def _mixed_with_uniform(c: int, binomial: _Table) -> _Table:
    """Return a binomial of c players mixed with the uniform distribution of 0, 1, … c."""
    counts = c + 1
    chances = np.full(counts, _UNIFORM_SHARE / counts)
    binomial_part = (1 - _UNIFORM_SHARE) * binomial.chances
    chances[binomial.low : binomial.stop] += binomial_part
    return _Table(0, chances)


def _kronecker_root(t: int) -> float:
    """Return the root above 1 of x^(t + 1) = x + 1, the golden ratio for t = 1."""
    exponent = 1 / (t + 1)
    x = 1.5
    # The map contracts by more than a half, so it settles to the last digit.
    for _ in range(64):
        x = (1 + x) ** exponent
    return x
