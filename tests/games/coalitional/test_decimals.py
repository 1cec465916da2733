"""Votes and claims are compared as the decimals that were given."""

from fractions import Fraction

import numpy as np
import pytest

from games.coalitional.decimals import whole_amounts
from games.coalitional.sharing import Bankruptcy
from games.coalitional.voting import WeightedVoting
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.errors import ConfigError
from shapley_coop.shapley import exact
from shapley_coop.shapley.coalitions import all_coalitions


def values(game):
    worth = expand_counts(game.oracle(), game.seats)
    return exact(worth.values(all_coalitions(len(game.seats)))).values


@pytest.mark.parametrize(
    ("quota", "weights"),
    [
        (9, [7, 2, 1]),
        (0.9, [0.7, 0.2, 0.1]),
        (9e-300, [7e-300, 2e-300, 1e-300]),
        (9e300, [7e300, 2e300, 1e300]),
    ],
)
def test_a_tie_wins_in_every_unit(quota, weights):
    assert values(WeightedVoting(quota=quota, weights=weights)) == pytest.approx(
        [0.5, 0.5, 0.0]
    )


def test_a_quota_of_all_votes_is_a_quota():
    game = WeightedVoting(quota=1, weights=[0.7, 0.2, 0.1])
    assert values(game) == pytest.approx([1 / 3] * 3)
    with pytest.raises(ConfigError, match="two coalitions could win"):
        WeightedVoting(quota=0.15, weights=[0.1, 0.1, 0.1])
    with pytest.raises(ConfigError, match=r"quota=\[nan\]"):
        WeightedVoting(quota=float("nan"), weights=[1, 2])


def test_an_estate_of_exactly_all_claims_is_taken_and_paid_in_full():
    claims = [0.1, 0.1, 0.1]
    game = Bankruptcy(estate=0.3, claims=claims)
    members = all_coalitions(3)
    assert game.oracle().values(members).tolist() == [
        0,
        *[0.1] * 2,
        0.2,
        0.1,
        0.2,
        0.2,
        0.3,
    ]
    with pytest.raises(ConfigError, match="more than the estate"):
        Bankruptcy(estate=0.31, claims=claims)


def test_sums_of_any_size_are_exact():
    rng = np.random.default_rng(0)
    for scale in (1.0, 1e-9, 1e18, 1e300):
        written = (rng.integers(0, 1000, 6) / 100 * scale).tolist()
        units = whole_amounts(written)
        counts = rng.integers(0, 3, (20, 6))
        sums = units.as_floats(units.sums(counts)).tolist()
        for row, total in zip(counts.tolist(), sums, strict=True):
            decimals = [Fraction(repr(amount)) for amount in written]
            assert total == float(
                sum(k * d for k, d in zip(row, decimals, strict=True))
            )
