"""Draws that share random numbers: errors of sums of their means, and where more of them help."""

import numpy as np
import pytest

from shapley_coop.shapley import Estimate, exact
from shapley_coop.shapley.evaluation.common_draws import (
    draw_counts,
    errors_of_sums,
    next_counts,
)
from shapley_coop.shapley.evaluation.skewed_means import freedom_of_means
from shapley_coop.shapley.exact_values.values import table_weights

DIFFERENCE = np.array([[1.0, -1.0], [0.5, 0.5]])


def cut(draws, counts):
    """Return draws of which each row has the first few alone."""
    short = draws.copy()
    for row, count in zip(short, counts, strict=True):
        row[count:] = np.nan
    return short


def shared_luck(rng, rows, number, alone=0.1):
    """Return draws of rows whose luck is nearly the same."""
    return rng.normal(size=(1, number)) + alone * rng.normal(size=(rows, number))


def test_weights_of_a_table_are_those_of_its_values():
    rng = np.random.default_rng(0)
    table = rng.normal(size=16)
    for index in ("shapley", "banzhaf", "leave-one-out"):
        values = table_weights(4, index) @ table
        assert values == pytest.approx(exact(table, index).values)


def test_of_equally_many_draws_each_is_a_game_of_its_own():
    rng = np.random.default_rng(1)
    draws = shared_luck(rng, 8, 12)
    weights = table_weights(3)
    errors = errors_of_sums(weights, draws)
    by_draw = weights @ draws
    assert errors.stderr == pytest.approx(by_draw.std(axis=1, ddof=1) / np.sqrt(12))
    assert errors.freedom == pytest.approx(freedom_of_means(by_draw))
    assert (errors.freedom <= 11).all()


@pytest.mark.parametrize("counts", [(6, 18), (18, 6), (12, 12)])
def test_errors_of_unequal_draws_are_right_on_the_average(counts):
    rng = np.random.default_rng(2)
    sums, variances = [], []
    for _ in range(4000):
        draws = cut(shared_luck(rng, 2, max(counts), alone=0.5), counts)
        sums.append(DIFFERENCE @ np.nanmean(draws, axis=1))
        variances.append(np.diag(errors_of_sums(DIFFERENCE, draws).covariance))
    assert np.var(sums, axis=0) == pytest.approx(np.mean(variances, axis=0), rel=0.08)


def test_one_draw_tells_no_error():
    errors = errors_of_sums(DIFFERENCE, np.ones((2, 1)))
    assert errors.stderr.tolist() == [0.0, 0.0]
    assert np.isinf(errors.freedom).all()
    assert errors.as_normal().tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_few_draws_make_wide_intervals():
    rng = np.random.default_rng(3)
    half = rng.normal(size=(2, 2))
    # Draws that lie as far above as below their mean have no skewness.
    errors = errors_of_sums(DIFFERENCE, np.concatenate([half, -half], axis=1))
    # Student's 3.18 for three degrees of freedom over 1.96.
    wide = np.sqrt(np.diag(errors.as_normal()))
    assert wide / errors.stderr == pytest.approx(3.1824 / 1.95996, rel=1e-4)


def test_rows_that_share_their_luck_are_drawn_together():
    rng = np.random.default_rng(4)
    draws = shared_luck(rng, 3, 8)
    weights = np.array([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0]])
    varied = np.array([True, True, True])
    assert next_counts(weights, draws, varied, 6).tolist() == [10, 10, 10]


def test_rows_with_luck_of_their_own_are_drawn_where_it_varies():
    rng = np.random.default_rng(5)
    draws = rng.normal(size=(3, 8)) * [[10.0], [1.0], [0.0]]
    varied = np.array([True, True, False])
    weights = np.array([[0.5, 0.5, 1.0], [0.5, -0.5, 0.0]])
    counts = next_counts(weights, draws, varied, 10)
    assert counts[0] > 2 * counts[1] > 0
    assert counts.sum() == 8 + 8 + 1 + 10
    assert counts[2] == 1
    # Of what nobody else needs, no sum is left less well known for the others.
    assert next_counts(np.eye(3), draws, varied, 10).tolist() == [13, 13, 1]


def test_rows_are_made_even_again_where_that_is_best():
    rng = np.random.default_rng(6)
    draws = cut(shared_luck(rng, 2, 12), (12, 8))
    varied = np.array([True, True])
    difference = np.array([[1.0, -1.0]])
    assert draw_counts(draws).tolist() == [12, 8]
    assert next_counts(difference, draws, varied, 4).tolist() == [12, 12]


def test_a_ranking_is_judged_by_what_errors_have_in_common():
    def confidence(covariance):
        errors = np.array([1.0, 1.0])
        return Estimate(
            values=np.array([1.0, 0.0]),
            stderr=errors,
            evaluations=4,
            method="",
            reason="",
            empty=0.0,
            grand=1.0,
            noise_stderr=errors,
            covariance=covariance,
        ).ranking_confidence()

    assert confidence(None) == confidence(np.eye(2)) == pytest.approx(0.7602, abs=1e-4)
    assert confidence(np.array([[1.0, 0.98], [0.98, 1.0]])) > 0.99
    assert confidence(np.array([[1.0, -1.0], [-1.0, 1.0]])) < 0.7
