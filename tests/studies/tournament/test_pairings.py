"""Meetings as a sample: which of them are draws, and which are the same draw."""

import numpy as np

from shapley_coop.records import Episode
from shapley_coop.studies.tournament.pairings import (
    Meeting,
    cells_of_chance,
    estimate_over_seeds,
)


def meeting(first, second, seed, payoff, chance=False):
    episode = Episode(
        index=seed,
        seed=seed,
        status="done",
        chance=chance,
        seats=("a", "b"),
        payoffs={"a": payoff, "b": 0.0},
    )
    return Meeting(first, second, episode)


def payoff(row):
    return [row.payoff("x")]


def test_pairs_that_come_out_otherwise_are_no_chance():
    rows = [meeting("x", other, seed, len(other)) for other in "yz" for seed in (0, 1)]
    rows += [meeting("yy", "x", seed, 0.0) for seed in (0, 1)]
    without = dict.fromkeys((("x", "y"), ("x", "z"), ("yy", "x")), False)
    assert cells_of_chance(rows) == without
    found = cells_of_chance([*rows, meeting("x", "x", 0, 1.0, chance=True)])
    assert found == without | {("x", "x"): True}
    # What broke does not say what had a say in it.
    found = cells_of_chance([*rows, meeting("x", "x", 0, 1.0, chance=None)])
    assert found == without | {("x", "x"): True}
    # A cell that comes out otherwise without dice follows something that nobody knows.
    found = cells_of_chance([*rows, meeting("x", "y", 2, 5.0)])
    assert found == without | {("x", "y"): True}


def test_an_interval_ends_where_values_do():
    rows = [meeting("x", "x", seed, gain, True) for seed, gain in enumerate((0, 0, 11))]
    found = estimate_over_seeds(rows, payoff, np.random.default_rng(0), least=0)
    assert found.interval.low == 0


def test_meetings_of_one_seed_are_one_draw():
    draws = np.random.default_rng(3).normal(size=6)
    forth = [meeting("x", "y", seed, value, True) for seed, value in enumerate(draws)]
    back = [meeting("x", "z", seed, value, True) for seed, value in enumerate(draws)]
    one = estimate_over_seeds(forth, payoff, np.random.default_rng(0))
    two = estimate_over_seeds([*forth, *back], payoff, np.random.default_rng(0))
    assert two.n == one.n == 6
    assert two == one
