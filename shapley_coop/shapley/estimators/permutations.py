"""Permutation sampling: plain, antithetic, from sphere points, and adjusted by a regression."""

from collections.abc import Iterator
from statistics import NormalDist
from typing import Literal

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import full, to_matrix
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate

Kind = Literal["permutation", "antithetic", "orthogonal", "spherical", "adjusted"]


class Permutations:
    """Random orders of the players, drawn as they are needed and kept for the estimate."""

    def __init__(self, n: int, kind: Kind, rng: np.random.Generator) -> None:
        self.n, self.kind, self.rng = n, kind, rng
        self.orders: list[list[int]] = [[0]] if n == 1 else []
        """In groups: an antithetic pair, or an orthogonal set, is one independent draw."""
        self.group_size = {"permutation": 1, "antithetic": 2, "adjusted": 2}.get(
            kind, 2 * (n - 1)
        )

    def requests(self) -> Iterator[int]:
        """Yield the coalitions along each order, without end."""
        yield from (full(self.n), 0)
        while self.n > 1:
            group = self._draw()
            for order in group:
                self.orders.append(order)
                mask = 0
                for player in order[:-1]:
                    mask |= 1 << player
                    yield mask

    def _draw(self) -> list[list[int]]:
        if self.kind == "permutation" or self.n == 1:
            return [self.rng.permutation(self.n).tolist()]
        if self.kind == "orthogonal":
            return both_ways(orthogonal_points(self.n, self.rng))
        if self.kind == "spherical":
            return both_ways(spherical_points(self.n, self.rng))
        order: list[int] = self.rng.permutation(self.n).tolist()
        return [order, order[::-1]]

    def any_complete(self, data: Evaluations) -> bool:
        """Say whether every coalition along one of the orders has a value."""
        return any(_marginals(order, data) is not None for order in self.orders)

    def marginals(self, data: Evaluations) -> Floats:
        """Return the mean marginal contributions of each complete group; (groups, n)."""
        rows = []
        size = min(self.group_size, max(len(self.orders), 1)) if self.n > 1 else 1
        for start in range(0, len(self.orders) - size + 1, size):
            group = self.orders[start : start + size]
            steps = [_marginals(order, data) for order in group]
            if all(step is not None for step in steps):
                rows.append(np.mean([s for s in steps if s is not None], axis=0))
        if not rows:  # not one whole group fitted the budget: use whole orders
            single = [_marginals(order, data) for order in self.orders]
            rows = [s for s in single if s is not None]
        return np.array(rows).reshape(-1, self.n)


def _marginals(order: list[int], data: Evaluations) -> Floats | None:
    """Return the marginal contributions along an order; None where a value is missing."""
    gains = np.empty(len(order))
    mask, before = 0, data[0]
    for player in order:
        mask |= 1 << player
        if mask not in data:
            return None
        after = data[mask]
        gains[player] = after - before
        before = after
    return gains


def both_ways(points: Floats) -> list[list[int]]:
    """Return the rankings of points (k x n) and of their antipodes; 2k orders of n players.

    The direction of a normal vector less its mean is uniform on the sphere of n - 1 dimensions,
    and its ranking a uniform permutation (Mitchell et al., 2022).
    """
    orders: list[list[int]] = []
    for row in points:
        order = np.argsort(row).tolist()
        orders += [order, order[::-1]]
    return orders


def orthogonal_points(n: int, rng: np.random.Generator) -> Floats:
    """Return a random orthonormal basis of the vectors of n numbers that sum to 0; n - 1 rows."""
    basis = np.linalg.qr(np.vstack([np.ones(n), rng.normal(size=(n - 1, n))]).T)[0]
    return np.asarray(basis.T[1:])


def spherical_points(n: int, rng: np.random.Generator) -> Floats:
    """Return n - 1 points of uniform direction whose every coordinate is spread evenly.

    Each coordinate visits each of n - 1 equal parts of the normal distribution once, in an order
    of its own (a Latin hypercube; McKay et al., 1979).
    """
    rows = n - 1
    part = rng.permuted(np.tile(np.arange(rows)[:, None], n), axis=0)
    normal = NormalDist()
    chances = (part + rng.uniform(1e-12, 1 - 1e-12, size=part.shape)) / rows
    return np.array([[normal.inv_cdf(u) for u in row] for row in chances.tolist()])


def fit_permutations(data: Evaluations, drawn: Permutations) -> Estimate:
    """Estimate from complete permutations; the adjusted kind subtracts a fitted pair model.

    The error bar of the mean is a t-type one and is not safe for threshold games.

    Raises:
        ValueError: an end has no value, or no permutation is complete.
    """
    empty, grand = data.ends()
    gains = drawn.marginals(data)
    if not len(gains):
        raise ValueError(f"no permutation of the {data.n} players is complete yet")
    reason = f"{len(gains)} independent groups of {drawn.kind} orders"
    values = gains.mean(axis=0)
    if drawn.kind == "adjusted" and len(gains) >= 4:
        gains = _adjust(data, drawn, gains)
        values = gains.mean(axis=0)
        values = values + (grand - empty - values.sum()) / data.n
    return Estimate(
        values=values,
        stderr=_stderr(gains),
        evaluations=data.total,
        method=drawn.kind,
        reason=reason,
        empty=empty,
        grand=grand,
        noise_stderr=np.zeros(data.n),
    )


def _stderr(gains: Floats) -> Floats:
    if len(gains) < 2:
        return np.full(gains.shape[1], np.inf)
    return np.asarray(gains.std(axis=0, ddof=1) / np.sqrt(len(gains)))


def _adjust(data: Evaluations, drawn: Permutations, gains: Floats) -> Floats:
    """Subtract what a ridge model with sizes predicts of each group, add its Shapley value.

    The model of one half of the groups adjusts the other half, so the mean stays unbiased
    (regression-adjusted Monte Carlo; Witter et al., 2025).
    """
    halves = np.arange(len(gains)) % 2
    adjusted = np.empty_like(gains)
    for half in (0, 1):
        train = [k for k in range(len(gains)) if halves[k] != half]
        model = _SizeModel(
            data, [o for k in train for o in drawn.orders[2 * k : 2 * k + 2]]
        )
        for k in np.flatnonzero(halves == half).tolist():
            steps = [model.along(order) for order in drawn.orders[2 * k : 2 * k + 2]]
            adjusted[k] = gains[k] - np.mean(steps, axis=0) + model.values
    return adjusted


class _SizeModel:
    """v(S) = sum of player worths + a function of size; its Shapley value is known."""

    def __init__(self, data: Evaluations, orders: list[list[int]]) -> None:
        n = data.n
        masks = list({m for order in orders for m in _prefixes(order) if m in data})
        present = to_matrix(masks, n).astype(np.float64)
        sizes = present.sum(axis=1).round().astype(int)
        y = np.array([data[m] for m in masks])
        by_size = np.zeros((len(masks), n + 1))
        by_size[np.arange(len(masks)), sizes] = 1.0
        features = np.hstack([present - sizes[:, None] / n, by_size])
        gram = features.T @ features + 1e-3 * np.eye(2 * n + 1)
        solved = np.linalg.solve(gram, features.T @ y)
        self.worth = solved[:n] - solved[:n].mean()
        self.level = solved[n:]
        self.values = self.worth + (self.level[-1] - self.level[0]) / n

    def along(self, order: list[int]) -> Floats:
        """Return the model's marginal contributions along an order."""
        gains = np.empty(len(order))
        gains[order] = self.worth[order] + np.diff(self.level)
        return gains


def _prefixes(order: list[int]) -> list[int]:
    mask, masks = 0, [0]
    for player in order:
        mask |= 1 << player
        masks.append(mask)
    return masks
