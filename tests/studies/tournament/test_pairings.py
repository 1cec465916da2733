"""Meetings as a sample: which of them are draws, and which are the same draw."""

import numpy as np

from shapley_coop.records import Episode
from shapley_coop.studies.tournament.pairings import (
    Meeting,
    estimate_over_seeds,
    is_sample,
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
    assert not is_sample(rows)
    assert is_sample([*rows, meeting("x", "x", 0, 1.0, chance=True)])
    # What broke does not say what had a say in it.
    assert is_sample([*rows, meeting("x", "x", 0, 1.0, chance=None)])
    # A cell that comes out otherwise without dice follows something that nobody knows.
    assert is_sample([*rows, meeting("x", "y", 2, 5.0)])


def test_meetings_of_one_seed_are_one_draw():
    draws = np.random.default_rng(3).normal(size=6)
    forth = [meeting("x", "y", seed, value, True) for seed, value in enumerate(draws)]
    back = [meeting("x", "z", seed, value, True) for seed, value in enumerate(draws)]
    one = estimate_over_seeds(forth, payoff, np.random.default_rng(0))
    two = estimate_over_seeds([*forth, *back], payoff, np.random.default_rng(0))
    assert two.n == one.n == 6
    assert two == one
