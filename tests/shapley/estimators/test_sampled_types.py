"""Games of few types that are sampled: known answers, error bars, what is asked and refused."""

import numpy as np
import pytest
from scipy.stats import binom

from shapley_coop.shapley import (
    EvaluationError,
    estimate,
    estimate_by_types,
    exact_by_types,
)
from shapley_coop.shapley.estimators.type_points import CountMixture
from shapley_coop.shapley.exact_values.structured import unit_legendre

TEN_THOUSAND = [3333, 3333, 3334]
WEIGHTS = np.array([1, 2, 3])


def rng(seed=0):
    return np.random.default_rng(seed)


def games(counts):
    sizes = np.array(counts)
    return {
        "product": lambda k: (k / sizes).prod(axis=1),
        "gloves": lambda k: k.min(axis=1).astype(float),
        "vote": lambda k: (
            (k @ WEIGHTS[: sizes.size] >= 0.45 * sizes @ WEIGHTS[: sizes.size]) * 1.0
        ),
        "one type's vote": lambda k: (k[:, 0] >= 0.3 * sizes[0]) * 1.0,
        "more of one": lambda k: (k[:, 0] > k[:, 1]) * k[:, -1] / sizes[-1],
        "roots": lambda k: np.sqrt(k @ WEIGHTS[: sizes.size]),
    }


def gloves_by_integration(counts):
    """One more of type t is worth 1 where every other type has more than t."""
    nodes, weights = unit_legendre(sum(counts) // 10)
    values = []
    for t, count in enumerate(counts):
        k = np.arange(count)
        chance = binom.pmf(k, count - 1, nodes[:, None])
        for j, other in enumerate(counts):
            if j != t:
                chance = chance * binom.sf(k, other, nodes[:, None])
        values.append(weights @ chance.sum(axis=1))
    return np.array(values)


def test_ten_thousand_players_in_three_balanced_types():
    sizes = np.array(TEN_THOUSAND)
    known = {
        "product": 1 / (3 * sizes),
        "gloves": gloves_by_integration(TEN_THOUSAND),
        "one type's vote": np.array([1 / 3333, 0.0, 0.0]),
    }
    worst = {"product": 3e-4, "gloves": 5e-3, "one type's vote": 1e-2}
    for name, truth in known.items():
        found = estimate_by_types(games(TEN_THOUSAND)[name], TEN_THOUSAND, rng=rng())
        assert found.method == "sampled types"
        assert found.evaluations <= 1 << 19
        assert np.abs(found.values - truth).max() <= worst[name] * truth.max()
        assert (np.abs(found.values - truth) <= 4 * found.stderr).all()
        assert found.values @ sizes == pytest.approx(
            found.grand - found.empty, rel=1e-9
        )


@pytest.mark.parametrize("counts", [[60, 60, 60], [150, 40, 25], [90, 90]])
@pytest.mark.parametrize("budget", [600, 1300])
def test_error_bars_cover_and_estimates_are_unbiased(counts, budget):
    scores = []
    for game in games(counts).values():
        truth = exact_by_types(game, counts).values
        found = [
            estimate_by_types(game, counts, budget=budget, rng=rng(s))
            for s in range(24)
        ]
        assert {f.method for f in found} == {"sampled types"}
        errors = np.array([f.values - truth for f in found])
        bars = np.array([f.stderr for f in found])
        scores.append(np.abs(errors) <= 1.96 * bars + 1e-12)
        spread = errors.std(axis=0, ddof=1) / np.sqrt(24)
        assert (np.abs(errors.mean(axis=0)) <= 4.5 * spread + 1e-9).all()
    assert np.mean(scores) >= 0.88


@pytest.mark.parametrize(
    ("counts", "budget"), [([150, 20, 1], 1300), ([30, 150], 600), ([300, 5, 2], 1300)]
)
def test_types_of_few_players_have_honest_error_bars_too(counts, budget):
    """The coalitions that tell their worth are rare. They are drawn more often than they fall."""
    covered = []
    for game in games(counts).values():
        truth = exact_by_types(game, counts).values
        found = [
            estimate_by_types(game, counts, budget=budget, rng=rng(s))
            for s in range(40)
        ]
        errors = np.array([f.values - truth for f in found])
        covered.append(
            np.abs(errors) <= 1.96 * np.array([f.stderr for f in found]) + 1e-12
        )
        spread = errors.std(axis=0, ddof=1) / np.sqrt(40)
        assert (np.abs(errors.mean(axis=0)) <= 4.5 * spread).all()
    assert np.mean(covered) >= 0.9


def test_nine_types_whose_counts_outgrow_an_integer():
    counts = [200] * 9
    f = lambda k: (k.sum(axis=1) + 3.0 * k[:, 0]) ** 2 / 1e6  # noqa: E731  (used here)
    found = estimate_by_types(f, counts, budget=100_000, rng=rng())
    # f is quadratic in counts: its value is the mean slope over q plus the step's own square.
    slope = np.array([4.0] + [1.0] * 8)
    whole = float(slope @ counts)
    truth = (slope * (whole - slope) + slope**2) / 1e6
    assert found.values == pytest.approx(truth, rel=5e-3)


def test_a_count_vector_is_asked_once_and_the_budget_holds():
    for budget in (360, 1000, 5000):
        asked = []

        def game(k, asked=asked):
            asked += map(tuple, k.tolist())
            return k.min(axis=1)

        found = estimate_by_types(game, [50, 30, 40], budget=budget, rng=rng(1))
        assert len(asked) == len(set(asked)) == found.evaluations <= budget


def test_a_budget_for_every_count_vector_is_exact():
    game = games([9, 8])["gloves"]
    found = estimate_by_types(game, [9, 8], budget=90, rng=rng())
    assert found.method == "exact types"
    assert found.values.tolist() == exact_by_types(game, [9, 8]).values.tolist()
    assert not found.stderr.any()


def test_too_little_is_refused_and_the_exact_way_points_here():
    with pytest.raises(ValueError, match="least is 3202"):
        estimate_by_types(lambda k: k[:, 0], TEN_THOUSAND, budget=3000, rng=rng())
    with pytest.raises(ValueError, match="estimate_by_types"):
        exact_by_types(lambda k: k[:, 0], TEN_THOUSAND)
    with pytest.raises(ValueError, match="is nan"):
        estimate_by_types(
            lambda k: np.where(k[:, 0] > 9, np.nan, 0.0),
            [60, 60],
            budget=900,
            rng=rng(),
        )


@pytest.mark.parametrize("counts", [[], [1.5, 2], [0, 3], [[1, 2]], "ab"])
def test_counts_are_whole_numbers_of_players(counts):
    with pytest.raises(ValueError, match="and whole ones"):
        exact_by_types(lambda k: k[:, 0], counts)


def test_points_follow_their_binomials_and_sizes_weigh_alike():
    design = CountMixture(np.array([40, 25]))
    draws = np.full(design.nodes, 500)
    points = design.draw(draws, 2, rng())
    assert (points >= 0).all()
    assert (points <= [40, 25]).all()
    middle = points.reshape(design.nodes, 1000, 2)[design.nodes // 3]
    q = design.chances[design.nodes // 3]
    assert middle[:, 0].mean() == pytest.approx(40 * q, rel=0.01)
    assert middle[:, 0].var() == pytest.approx(40 * q * (1 - q), rel=0.05)
    few = np.bincount(middle[:, 1], minlength=26) / 1000
    expected = 0.25 / 26 + 0.75 * binom.pmf(np.arange(26), 25, q)
    assert few == pytest.approx(expected, abs=0.005)
    size = points.sum(axis=1)
    weighed = np.bincount(
        size, weights=design.importance_weights(points, draws), minlength=66
    ) / len(size)
    assert weighed == pytest.approx(np.full(66, 1 / 66), rel=0.25)
    assert weighed.sum() == pytest.approx(1.0, rel=0.01)


def test_declared_types_are_counted():
    left = np.arange(120) % 3 == 0
    truth = exact_by_types(lambda k: k.min(axis=1), [80, 40]).values
    calls = []

    def gloves(z):
        calls.append(len(z))
        return np.minimum(z[:, left].sum(axis=1), z[:, ~left].sum(axis=1)).astype(float)

    found = estimate(gloves, 120, budget=4000, rng=rng(), types=left.astype(int))
    assert found.method == "exact types"
    assert found.values == pytest.approx(np.where(left, truth[1], truth[0]))
    assert sum(calls) == found.evaluations == 81 * 41
    some = estimate(gloves, 120, budget=1000, rng=rng(), types=left.astype(int))
    assert some.method == "sampled types"
    assert "2 declared types" in some.reason
    assert np.abs(some.values - np.where(left, truth[1], truth[0])).max() < 0.03
    few = estimate(gloves, 120, budget=150, rng=rng(), types=left.astype(int))
    assert few.evaluations == 150
    with pytest.raises(ValueError, match="types go with"):
        estimate(gloves, 120, budget=900, rng=rng(), types=left.astype(int), noise=True)
    with pytest.raises(ValueError, match="got 2 for 120"):
        estimate(gloves, 120, budget=900, rng=rng(), types=[0, 1])

    def breaks(_z):
        raise ConnectionError("away")

    with pytest.raises(EvaluationError, match="away"):
        estimate(breaks, 120, budget=900, rng=rng(), types=left.astype(int))
