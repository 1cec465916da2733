"""Permutation sampling: plain, antithetic, from sphere points, and regression-adjusted."""

from collections.abc import Iterator
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import full, to_matrix
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate

OrderKind = Literal["permutation", "antithetic", "orthogonal", "spherical", "adjusted"]
_ADJUST_FROM = 4  # groups, so that either half has two to fit a model on
_RIDGE = 1e-3


class Permutations:
    """Random orders of the players, drawn as they are needed and kept for the estimate.

    Marginal contributions along random orders are the method of Castro et al. (2009).
    """

    def __init__(
        self,
        n: int,
        kind: OrderKind,
        rng: np.random.Generator,
    ) -> None:
        self.n = n
        self.kind = kind
        self.rng = rng
        self.orders: list[list[int]] = []
        """In groups: an antithetic pair, or an orthogonal set, is one independent draw."""
        if n == 1:
            # There is nothing to draw, and the one order needs no further value.
            self.orders.append([0])
        sizes = {"permutation": 1, "antithetic": 2, "adjusted": 2}
        sphere_points = n - 1
        self.group_size = sizes.get(kind, 2 * sphere_points)

    def requests(self) -> Iterator[int]:
        """Yield the coalitions along each order, without end."""
        yield from (full(self.n), 0)
        while self.n > 1:
            group = self._draw_group()
            for order in group:
                self.orders.append(order)
                along = _prefixes(order)
                # An order begins with no one and ends with everyone, both known.
                yield from along[1:-1]

    def _draw_group(self) -> list[list[int]]:
        if self.kind == "orthogonal":
            return both_ways(orthogonal_points(self.n, self.rng))
        if self.kind == "spherical":
            return both_ways(spherical_points(self.n, self.rng))
        permutation = self.rng.permutation(self.n)
        order: list[int] = permutation.tolist()
        if self.kind == "permutation":
            return [order]
        # An antithetic pair: who came early comes late, so errors cancel in part.
        backwards = order[::-1]
        return [order, backwards]

    def any_complete(self, data: Evaluations) -> bool:
        """Return whether every coalition along one of the orders has a value."""
        return any(_marginals(order, data) is not None for order in self.orders)

    def groups(self, data: Evaluations) -> list["OrderGroup"]:
        """Return the groups of orders of which every coalition has a value."""
        # Part of a group would not be an independent draw. One player has one order in all.
        size = self.group_size if self.n > 1 else 1
        starts = range(0, len(self.orders), size)
        draws = [self.orders[start : start + size] for start in starts]
        groups = _complete_groups(draws, data)
        if groups:
            return groups
        # Not one whole group fitted the budget, so whole orders are used.
        return _complete_groups([[order] for order in self.orders], data)


class OrderGroup(NamedTuple):
    """Orders that are one independent draw, and their mean marginal contributions."""

    orders: list[list[int]]
    gains: Floats


def _complete_groups(
    draws: list[list[list[int]]], data: Evaluations
) -> list[OrderGroup]:
    groups: list[OrderGroup] = []
    for orders in draws:
        steps = [_marginals(order, data) for order in orders]
        known = [step for step in steps if step is not None]
        if len(known) == len(steps):
            groups.append(OrderGroup(orders, np.mean(known, axis=0)))
    return groups


def _prefixes(order: list[int]) -> list[int]:
    """Return the coalitions along an order, from the empty to the grand one."""
    mask = 0
    masks = [mask]
    for player in order:
        mask |= 1 << player
        masks.append(mask)
    return masks


def _marginals(order: list[int], data: Evaluations) -> Floats | None:
    """Return the marginal contributions along an order. None where a value is missing."""
    gains = np.empty(len(order))
    mask = 0
    before = data[0]
    for player in order:
        mask |= 1 << player
        if mask not in data:
            return None
        after = data[mask]
        gains[player] = after - before
        before = after
    return gains


def both_ways(points: Floats) -> list[list[int]]:
    """Return the rankings of points (k x n) and of their antipodes: 2k orders of n players.

    The direction of a normal vector less its mean is uniform on the sphere of n - 1
    dimensions, and its ranking a uniform permutation (Mitchell et al., 2022).
    """
    orders: list[list[int]] = []
    for row in points:
        order = np.argsort(row).tolist()
        orders.append(order)
        orders.append(order[::-1])
    return orders


def orthogonal_points(n: int, rng: np.random.Generator) -> Floats:
    """Return a random orthonormal basis of the vectors that sum to 0, (n - 1) x n.

    Orthogonal points spread better over the sphere than independent ones (Mitchell et al.,
    2022).
    """
    directions = rng.normal(size=(n - 1, n))
    # The first vector of the basis is along all ones; the others are orthogonal to it.
    spanning = np.vstack([np.ones(n), directions])
    decomposition = np.linalg.qr(spanning.T)
    basis = decomposition[0].T
    return np.asarray(basis[1:])


def spherical_points(n: int, rng: np.random.Generator) -> Floats:
    """Return n - 1 points of uniform direction whose every coordinate is spread evenly.

    Each coordinate visits each of n - 1 equal parts of the normal distribution once, in an
    order of its own (a Latin hypercube; McKay et al., 1979).
    """
    rows = n - 1
    parts = np.arange(rows)
    in_order = np.tile(parts[:, None], n)
    part = rng.permuted(in_order, axis=0)
    # Chances of 0 and 1 have no quantile.
    within = rng.uniform(1e-12, 1 - 1e-12, size=part.shape)
    chances = (part + within) / rows
    quantile = NormalDist().inv_cdf
    row_by_row = chances.ravel().tolist()
    points = [quantile(chance) for chance in row_by_row]
    return np.reshape(points, chances.shape)


def fit_permutations(data: Evaluations, sample: Permutations) -> Estimate:
    """Estimate from complete permutations. The adjusted kind subtracts a fitted model.

    The error bar of the mean is a t-type one and is not safe for threshold games.

    Raises:
        ValueError: an end has no value, or no permutation is complete.
    """
    empty, grand = data.ends()
    groups = sample.groups(data)
    if not groups:
        raise ValueError(f"no permutation of the {data.n} players is complete yet")
    gains = np.array([group.gains for group in groups])
    reason = f"{len(gains)} independent groups of {sample.kind} orders"
    values = gains.mean(axis=0)
    if sample.kind == "adjusted" and len(gains) >= _ADJUST_FROM:
        gains = _adjust(data, groups)
        values = gains.mean(axis=0)
        missing = grand - empty - values.sum()
        values = values + missing / data.n
    return Estimate(
        values=values,
        stderr=_stderr(gains),
        evaluations=data.total,
        method=sample.kind,
        reason=reason,
        empty=empty,
        grand=grand,
        noise_stderr=np.zeros(data.n),
    )


def _stderr(gains: Floats) -> Floats:
    """Return the standard error of the mean of groups, infinite for fewer than two."""
    if len(gains) < 2:
        return np.full(gains.shape[1], np.inf)
    deviation = gains.std(axis=0, ddof=1)
    root_size = np.sqrt(len(gains))
    return np.asarray(deviation / root_size)


def _adjust(data: Evaluations, groups: list[OrderGroup]) -> Floats:
    """Subtract what a model of sizes predicts of each group and add its Shapley value.

    The model of one half of the groups adjusts the other half, so the mean stays unbiased
    (regression-adjusted Monte Carlo; Witter et al., 2025).
    """
    adjusted = np.empty((len(groups), data.n))
    for half in (0, 1):
        training_orders: list[list[int]] = []
        for group in groups[1 - half :: 2]:
            training_orders += group.orders
        model = _SizeModel(data, training_orders)
        for k in range(half, len(groups), 2):
            steps = [model.along(order) for order in groups[k].orders]
            prediction = np.mean(steps, axis=0)
            adjusted[k] = groups[k].gains - prediction + model.values
    return adjusted


class _SizeModel:
    """A sum of player worths plus a function of size, whose Shapley value is known.

    It is fitted by ridge regression to the known coalitions along the orders.
    """

    def __init__(
        self,
        data: Evaluations,
        orders: list[list[int]],
    ) -> None:
        n = data.n
        known: set[int] = set()
        for order in orders:
            along = _prefixes(order)
            known.update([mask for mask in along if mask in data])
        masks = list(known)
        y = data.values(masks)
        present = to_matrix(masks, n).astype(np.float64)
        sizes = present.sum(axis=1).round().astype(int)
        by_size = np.zeros((len(masks), n + 1))
        rows = np.arange(len(masks))
        by_size[rows, sizes] = 1.0
        # Worths less their mean: what all players share belongs to the levels of size.
        centred = present - sizes[:, None] / n
        features = np.hstack([centred, by_size])
        width = features.shape[1]
        ridge = _RIDGE * np.eye(width)
        gram = features.T @ features + ridge
        moments = features.T @ y
        solved = np.linalg.solve(gram, moments)
        worth = solved[:n]
        self.worth = worth - worth.mean()
        self.level = solved[n:]
        empty_level = self.level[0]
        whole_level = self.level[-1] - empty_level
        self.values = self.worth + whole_level / n

    def along(self, order: list[int]) -> Floats:
        """Return the model's marginal contributions along an order."""
        gains = np.empty(len(order))
        own = self.worth[order]
        gains[order] = own + np.diff(self.level)
        return gains
