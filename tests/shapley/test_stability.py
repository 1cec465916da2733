"""Stability against games whose core, least core and nucleolus are known."""

import numpy as np
import pytest

from shapley_coop.shapley import exact
from shapley_coop.shapley.nucleolus import nucleolus
from shapley_coop.shapley.stability import (
    Objection,
    check,
    convex,
    least_core,
    strongest_objection,
    superadditive,
)


def table_of(n, worth):
    return np.array(
        [worth([i for i in range(n) if m >> i & 1]) for m in range(2**n)], dtype=float
    )


MAJORITY = table_of(3, lambda s: float(len(s) >= 2))
GLOVES = table_of(3, lambda s: float(0 in s and len(s) >= 2))
# Three creditors claim 100, 200, 300 of an estate (Aumann & Maschler, 1985).
ESTATES = {100: [100 / 3] * 3, 200: [50, 75, 75], 300: [50, 100, 150]}


def estate(total):
    claims = [100, 200, 300]
    return table_of(
        3,
        lambda s: max(total - sum(c for i, c in enumerate(claims) if i not in s), 0.0),
    )


def test_the_majority_game_has_no_core():
    fair = check(MAJORITY, [1 / 3] * 3)
    assert not fair.in_core
    assert fair.efficient
    assert fair.individually_rational
    assert fair.largest_excess == pytest.approx(1 / 3)
    assert sorted(o.players for o in fair.objections) == [(0, 1), (0, 2), (1, 2)]
    found = least_core(MAJORITY)
    assert found.epsilon == pytest.approx(1 / 3)
    assert found.payoff == pytest.approx([1 / 3] * 3)


def test_the_glove_market_core_is_one_point():
    assert check(GLOVES, [1, 0, 0]).in_core
    shapley = check(GLOVES, exact(GLOVES).values)
    assert not shapley.in_core
    assert shapley.objections[0].excess == pytest.approx(1 / 6)
    assert least_core(GLOVES).epsilon == pytest.approx(0.0, abs=1e-9)
    assert nucleolus(GLOVES) == pytest.approx([1, 0, 0], abs=1e-8)


@pytest.mark.parametrize("total", ESTATES)
def test_the_nucleolus_divides_estates_as_the_talmud_does(total):
    assert nucleolus(estate(total)) == pytest.approx(ESTATES[total], abs=1e-6)


def lexicographic(table, payoff):
    n = len(payoff)
    member = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    return np.sort((table - member @ payoff)[1:-1])[::-1]


@pytest.mark.parametrize(("n", "seed"), [(4, 0), (5, 1), (6, 2), (11, 3)])
def test_no_nearby_payoff_beats_the_nucleolus(n, seed):
    rng = np.random.default_rng(seed)
    table = np.r_[0.0, rng.uniform(0, 1, 2**n - 2), 2.0]
    best = nucleolus(table)
    assert best.sum() == pytest.approx(2.0)
    ranked = lexicographic(table, best)
    assert ranked[0] == pytest.approx(least_core(table).epsilon, abs=1e-7)
    for _ in range(200):
        step = rng.normal(size=n) * 10.0 ** rng.uniform(-4, -1)
        other = lexicographic(table, best + step - step.mean())
        gap = np.flatnonzero(np.abs(other - ranked) > 1e-6)
        assert other[gap[0]] > ranked[gap[0]]


def test_lazy_constraints_find_the_least_core_of_a_large_game():
    n = 17
    member = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    # Majority of 17: the least core taxes (n + 1) / (2 n) of the pot, shared equally.
    found = least_core((member.sum(axis=1) >= 9).astype(float))
    assert found.epsilon == pytest.approx(1 - 9 / 17)
    assert found.payoff == pytest.approx(np.full(n, 1 / n), abs=1e-7)


def test_an_empty_coalition_that_is_worth_something_shifts_nothing():
    shifted = check(MAJORITY + 5.0, [1 / 3] * 3)
    assert shifted.efficient
    assert shifted.largest_excess == pytest.approx(1 / 3)
    assert nucleolus(GLOVES - 2.0) == pytest.approx([1, 0, 0], abs=1e-8)


def test_convexity_and_superadditivity():
    square = table_of(6, lambda s: len(s) ** 2)
    assert convex(square).holds
    assert superadditive(square).holds
    root = table_of(6, lambda s: len(s) ** 0.5)
    assert not convex(root).holds
    broken = superadditive(root)
    assert not broken.holds
    assert broken.exact
    one, two = broken.example
    assert not set(one) & set(two)
    assert not convex(MAJORITY).holds
    assert superadditive(MAJORITY).holds


def test_convexity_names_two_coalitions_that_break_it():
    rng = np.random.default_rng(0)
    table = rng.normal(size=2**7)
    one, two = (sum(1 << i for i in s) for s in convex(table).example)
    assert table[one | two] + table[one & two] < table[one] + table[two]


def test_large_superadditivity_is_sampled():
    n = 13
    size = np.array([m.bit_count() for m in range(2**n)], dtype=float)
    with pytest.raises(ValueError, match="pass rng"):
        superadditive(size**2)
    held = superadditive(size**2, rng=np.random.default_rng(0), samples=5000)
    assert (held.holds, held.exact) == (True, False)
    assert not superadditive(
        np.sqrt(size), rng=np.random.default_rng(0), samples=5000
    ).holds


def test_small_and_bad_games():
    assert nucleolus([1.0, 4.0]).tolist() == [3.0]
    assert least_core([2.0]).payoff.size == 0
    assert check([0.0, 2.0], [2.0]).in_core
    with pytest.raises(ValueError, match="2 finite numbers"):
        check(np.zeros(4), [1.0])
    with pytest.raises(ValueError, match="up to 16"):
        nucleolus(np.zeros(2**17))


def test_the_strongest_objection_may_be_that_of_everybody():
    table = [0.0, 1.0, 2.0, 6.0]
    assert strongest_objection(table, [3.0, 2.0]) == Objection((0, 1), 1.0)
    assert strongest_objection(table, [6.5, 0.0]) == Objection((1,), 2.0)
    # Payoffs are all that a player holds, so what nobody is worth is not taken off.
    assert strongest_objection([5.0, 6.0, 7.0, 11.0], [5.5, 5.5]).excess == 1.5
    with pytest.raises(ValueError, match="2 finite numbers"):
        strongest_objection(table, [1.0])
    with pytest.raises(ValueError, match="without players"):
        strongest_objection([1.0], [])
