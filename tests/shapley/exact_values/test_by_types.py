"""Values of players in types against the full table and known games."""

import math

import numpy as np
import pytest

from shapley_coop.shapley import (
    exact,
    exact_by_types,
)
from shapley_coop.shapley.coalitions import to_matrix
from shapley_coop.shapley.exact_values.by_types import type_coefficients
from tests.rounding import rounding


def test_types_agree_with_the_full_table():
    counts = [3, 1, 4]
    rng = np.random.default_rng(5)
    lattice = rng.normal(size=[c + 1 for c in counts])
    kind = np.repeat(np.arange(3), counts)
    member = (np.arange(2**8)[:, None] >> np.arange(8)) & 1
    taken = np.stack([member[:, kind == t].sum(axis=1) for t in range(3)], axis=1)
    truth = exact(lattice[tuple(taken.T)])
    found = exact_by_types(lambda k: lattice[tuple(k.T)], counts)
    assert found.values[kind] == pytest.approx(truth.values, abs=rounding(4, 2**8))
    assert (found.empty, found.grand) == (truth.empty, truth.grand)


def test_a_thousand_gloves_in_two_types():
    found = exact_by_types(lambda k: k.min(axis=1), [500, 500])
    assert found.values == pytest.approx([0.5, 0.5], rel=1e-9)
    uneven = exact_by_types(lambda k: k.min(axis=1), [499, 501])
    assert uneven.values @ [499, 501] == pytest.approx(499, rel=1e-10)
    assert uneven.values[0] > uneven.values[1]


def test_types_lose_little_to_rounding_where_values_are_large():
    """Seven hundred leave if three hundred hold: unanimity games of 301 and a cost each."""
    found = exact_by_types(
        lambda k: 11.0 * k[:, 0] * (k[:, 1] == 300) - k.sum(axis=1), [700, 300]
    )
    truth = [11 / 301 - 1, 7700 / 301 - 1]
    # Everybody is worth 6,700, which cancels down to these values. The rows of up to 701 values
    # are added pairwise or in lanes, so no sum goes through more than some tens of additions.
    assert found.values == pytest.approx(truth, rel=0, abs=rounding(7700, 20))
    # A value counts up to 700 times.
    assert found.values @ [700, 300] == pytest.approx(
        6700, rel=0, abs=rounding(7700, 1000)
    )


def test_bad_type_games_are_named():
    with pytest.raises(ValueError, match="at least one player"):
        exact_by_types(lambda k: k[:, 0], [2, 0])
    with pytest.raises(ValueError, match="count vectors"):
        exact_by_types(lambda k: k[:, 0], [3000, 3000, 4000])
    with pytest.raises(ValueError, match="returned shape"):
        exact_by_types(lambda _k: np.zeros(1), [2, 2])
    with pytest.raises(ValueError, match=r"counts \[1, 0\] is nan"):
        exact_by_types(lambda k: np.where(k[:, 0] > 0, np.nan, 0.0), [2, 2])


def log_binomials(n):
    return np.array(
        [
            math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
            for k in range(n + 1)
        ]
    )


def test_a_thousand_players_match_their_mean_marginal_contributions():
    """The values are checked one by one: what they sum to is corrected and would prove nothing."""

    def value(counts):
        levers, doors = counts[:, 0], counts[:, 1]
        return np.where(levers >= 300, 10.0 * doors, -1.0 * doors) - levers

    sizes = [320, 680]
    found = exact_by_types(value, sizes)
    for kind in range(2):
        others = [size - (t == kind) for t, size in enumerate(sizes)]
        grid = np.meshgrid(*(np.arange(size + 1) for size in others), indexing="ij")
        before = np.stack([axis.ravel() for axis in grid], axis=1)
        after = before + np.eye(2, dtype=int)[kind]
        weights = np.exp(
            log_binomials(others[0])[before[:, 0]]
            + log_binomials(others[1])[before[:, 1]]
            - log_binomials(sum(others))[before.sum(axis=1)]
        )
        expected = weights @ (value(after) - value(before)) / weights.sum()
        assert found.values[kind] == pytest.approx(expected, abs=1e-8)


def test_type_coefficients_equal_exact_values():
    points, weights = type_coefficients([2, 3])
    worth = np.random.default_rng(4).normal(size=(3, 4))
    member = to_matrix(range(32), 5)
    table = worth[member[:, :2].sum(axis=1), member[:, 2:].sum(axis=1)]
    found = weights @ worth[points[:, 0], points[:, 1]]
    assert found == pytest.approx(exact(table).values[[0, 2]])
