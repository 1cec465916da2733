"""The published numbers, and what follows from them."""

import pytest

from shapley_coop.studies.paper.divisions import distance
from shapley_coop.studies.paper.published import (
    ALLOCATIONS,
    CONTRIBUTIONS,
    INCONSISTENCIES,
    mean_score,
    score_shares,
)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_divisions_are_whole(level):
    for shares in ALLOCATIONS[level]:
        assert sum(shares) == pytest.approx(100, abs=0.03)


@pytest.mark.parametrize("level", [1, 3])
def test_the_expected_division_is_the_mean_share_of_scores(level):
    assert score_shares(level) == pytest.approx(ALLOCATIONS[level].expected, abs=0.03)


def test_at_level_2_it_is_not_and_the_table_gives_other_shares():
    shares = score_shares(2)
    assert shares[:2] == pytest.approx(ALLOCATIONS[2].expected[:2], abs=0.01)
    assert shares[2:] == pytest.approx((26.24, 20.25), abs=0.01)
    assert "26.24 and 20.25" in INCONSISTENCIES["table 5"]


@pytest.mark.parametrize(
    ("level", "neg", "sc"), [(1, 525, 1021), (2, 647, 1290), (3, 941, 1465)]
)
def test_means_of_the_tables_are_those_of_the_figure(level, neg, sc):
    assert int(mean_score(level, "neg")) == neg
    assert int(mean_score(level, "sc")) == sc


@pytest.mark.parametrize(
    ("level", "sc", "sts", "even"),
    [(1, 0.44, 2.26, 2.81), (2, 1.58, 3.13, 1.75), (3, 0.88, 1.95, 1.45)],
)
def test_an_equal_split_is_a_strong_baseline(level, sc, sts, even):
    row = ALLOCATIONS[level]
    assert distance(row.sc, row.expected) == pytest.approx(sc, abs=0.006)
    assert distance(row.sts, row.expected) == pytest.approx(sts, abs=0.006)
    assert distance((25,) * 4, row.expected) == pytest.approx(even, abs=0.006)


def test_what_is_said_of_damage_follows_from_the_tables():
    damage = {
        level: tables["neg"][:, :, 0].sum(axis=1)
        for level, tables in CONTRIBUTIONS.items()
    }
    health = {1: 2000, 2: 2500, 3: 3000}
    assert all((damage[level] < health[level]).all() for level in health)
    assert CONTRIBUTIONS[3]["sc"][1, :, 0].sum() == 2924
    assert CONTRIBUTIONS[3]["sc"][0, 0, 0] == 996
