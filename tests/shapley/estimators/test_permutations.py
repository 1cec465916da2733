"""Orders from sphere points: valid, uniform, unbiased, and no noisier than plain ones."""

import numpy as np
import pytest

from shapley_coop.shapley import exact, from_table
from shapley_coop.shapley.coalitions import to_matrix
from shapley_coop.shapley.estimators.permutations import (
    Permutations,
    both_ways,
    fit_permutations,
    orthogonal_points,
    spherical_points,
)
from shapley_coop.shapley.evaluations import Evaluations

POINTS = {"orthogonal": orthogonal_points, "spherical": spherical_points}


def gains(game, orders):
    """Return the mean marginal contributions along orders."""
    total = np.zeros(len(orders[0]))
    for order in orders:
        present = np.tri(len(order) + 1, len(order), -1, dtype=bool)[
            :, np.argsort(order)
        ]
        total[order] += np.diff(game(present))
    return total / len(orders)


def pairwise(n, seed):
    """Return a game of players' own worth and of pairs, and its Shapley value."""
    draw = np.random.default_rng(seed)
    own, pairs = draw.normal(size=n), np.triu(draw.normal(size=(n, n)), 1)
    values = own + (pairs.sum(axis=0) + pairs.sum(axis=1)) / 2
    return lambda z: z @ own + np.einsum("ki,ij,kj->k", z, pairs, z), values


def team(n, seed):
    """Return a game of random coalition bonuses of up to four players, as a table."""
    draw = np.random.default_rng(seed)
    member = to_matrix(range(1 << n), n)
    table = np.zeros(1 << n)
    for _ in range(2 * n):
        table += draw.normal() * member[
            :, draw.permutation(n)[: draw.integers(1, 5)]
        ].all(axis=1)
    return table


@pytest.mark.parametrize("kind", POINTS)
def test_orders_are_permutations_and_every_position_is_as_likely(kind):
    n, rng = 5, np.random.default_rng(0)
    counts = np.zeros((n, n))
    groups = 1500
    for _ in range(groups):
        orders = both_ways(POINTS[kind](n, rng))
        assert len(orders) == 2 * (n - 1)
        for order in orders:
            assert sorted(order) == list(range(n))
            counts[order, np.arange(n)] += 1
    expected = groups * 2 * (n - 1) / n
    # Orders of one group are dependent, so the bound is on the share, not a chi-square.
    assert np.abs(counts / expected - 1).max() < 0.06


@pytest.mark.parametrize("kind", POINTS)
def test_estimates_are_unbiased(kind):
    n, rng = 6, np.random.default_rng(1)
    table = team(n, 3)
    game, truth = from_table(table), exact(table).values
    found = np.array([gains(game, both_ways(POINTS[kind](n, rng))) for _ in range(300)])
    error = found.mean(axis=0) - truth
    assert (
        np.abs(error) <= 4 * found.std(axis=0, ddof=1) / np.sqrt(len(found)) + 1e-12
    ).all()


@pytest.mark.parametrize("kind", POINTS)
def test_mirrored_orders_are_exact_for_pairs_and_better_than_plain_beyond(kind):
    n, rng = 8, np.random.default_rng(2)
    game, truth = pairwise(n, 0)
    assert gains(game, both_ways(POINTS[kind](n, rng))) == pytest.approx(
        truth, abs=1e-9
    )
    table = team(n, 5)
    rough, truth = from_table(table), exact(table).values
    plain, ours = (
        np.mean([np.square(gains(rough, draw()) - truth).sum() for _ in range(150)])
        for draw in (
            lambda: [rng.permutation(n).tolist() for _ in range(2 * (n - 1))],
            lambda: both_ways(POINTS[kind](n, rng)),
        )
    )
    assert ours < 0.8 * plain


def test_orders_with_a_failed_coalition_count_for_nothing():
    """Each group is adjusted by what the model says of its own orders, and not of others'."""
    n = 6
    game = from_table(team(n, 3))
    sample = Permutations(n, "adjusted", np.random.default_rng(0))
    requests = sample.requests()
    known = {}
    while len(sample.orders) < 16:
        mask = next(requests)
        known[mask] = float(game(to_matrix([mask], n))[0])
    # The last group is not whole yet.
    del sample.orders[14:]
    first = 1 << sample.orders[0][0] | 1 << sample.orders[0][1]
    data = Evaluations(n)
    for mask, value in known.items():
        if mask != first:
            data.add(mask, value)
    others = Permutations(n, "adjusted", np.random.default_rng(1))
    for start in range(0, 14, 2):
        group = sample.orders[start : start + 2]
        if all(first not in prefixes(order) for order in group):
            others.orders += group
    assert 4 <= len(others.orders) / 2 < 7
    found = fit_permutations(data, sample)
    expected = fit_permutations(data, others)
    assert found.values == pytest.approx(expected.values)
    assert found.stderr == pytest.approx(expected.stderr)


def prefixes(order):
    return set(np.cumsum([1 << player for player in order]).tolist())
