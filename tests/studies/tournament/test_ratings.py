"""Bradley-Terry ratings against a general optimiser, by hand, and by how often intervals hold."""

import numpy as np
import pytest
from scipy.optimize import minimize

from shapley_coop.studies.tournament.ratings import SCALE, MeetingScore, rate, strengths


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_two_entrants_are_rated_by_their_odds_with_one_more_draw():
    logs = strengths(np.array([[0.0, 3.0], [1.0, 0.0]]))
    assert logs[0] - logs[1] == pytest.approx(np.log(3.5 / 1.5))
    assert logs.sum() == pytest.approx(0)


def test_strengths_are_those_of_the_likeliest_model(rng):
    wins = rng.integers(0, 9, (5, 5)).astype(float)
    np.fill_diagonal(wins, 0)
    more = wins + 0.5 * (1 - np.eye(5))

    def surprise(logs):
        odds = logs[:, None] - logs[None, :]
        return (more * np.logaddexp(0, -odds)).sum() + logs.sum() ** 2

    best = minimize(surprise, np.zeros(5), tol=1e-12).x
    assert strengths(wins) == pytest.approx(best, abs=1e-4)


def test_long_odds_are_fitted_to_the_end():
    # Of so many meetings at such odds most steps of a slow fit change little.
    logs = np.array([9.0, 6.0, 2.0, -2.0, -6.0, -9.0])
    chances = 1 / (1 + np.exp(logs[None, :] - logs[:, None]))
    wins = np.round(20_000 * chances) * (1 - np.eye(6))
    found = strengths(wins)
    more = wins + 0.5 * (1 - np.eye(6))
    expected = (more + more.T) / (1 + np.exp(found[None, :] - found[:, None]))
    assert expected.sum(axis=1) == pytest.approx(more.sum(axis=1), abs=1e-3)


def test_who_always_wins_and_who_never_met_have_finite_ratings():
    logs = strengths(np.array([[0.0, 9.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    assert np.isfinite(logs).all()
    assert logs[0] > logs[2] > logs[1]


def test_the_order_of_play_changes_nothing(rng):
    scores = list(_drawn(rng, 30))
    forth = rate(3, scores)
    back = rate(3, scores[::-1])
    for one, other in zip(forth, back, strict=True):
        assert one.points == pytest.approx(other.points)
        assert one.interval == pytest.approx(other.interval)
    turned = [MeetingScore(b, a, 1 - won, seed) for a, b, won, seed, _ in scores]
    mirrored = rate(3, turned)
    for one, other in zip(forth, mirrored, strict=True):
        assert one.points == pytest.approx(other.points)
        assert one.interval == pytest.approx(other.interval)


TRUE = np.array([0.6, 0.0, -0.6])


def _drawn(rng, seeds, copies=1):
    """Yield the scores of all ordered pairs at some seeds, each as often as there are copies."""
    for first in range(3):
        for second in range(3):
            if first == second:
                continue
            chance = 1 / (1 + np.exp(TRUE[second] - TRUE[first]))
            for seed in range(seeds):
                won = float(rng.random() < chance)
                for _ in range(copies):
                    yield MeetingScore(first, second, won, seed)


@pytest.mark.parametrize(("seeds", "copies"), [(20, 1), (20, 4), (6, 2)])
def test_intervals_hold_the_true_strength_as_often_as_they_say(rng, seeds, copies):
    trials = 60
    held = 0
    for _ in range(trials):
        # What is played at one seed several times is no more than one play of it.
        ratings = rate(3, list(_drawn(rng, seeds, copies)))
        for rating, strength in zip(ratings, SCALE * TRUE, strict=True):
            held += rating.interval.low <= strength <= rating.interval.high
    assert held / (3 * trials) >= 0.9


def test_seeds_that_came_out_alike_have_no_intervals_and_none_no_ratings():
    ratings = rate(2, [MeetingScore(0, 1, 1.0, seed) for seed in range(9)])
    assert [rating.interval for rating in ratings] == [None, None]
    assert [rating.meetings for rating in ratings] == [9, 9]
    assert rate(2, [MeetingScore(0, 1, 1.0, 7)])[0].interval is None
    assert rate(2, [])[0].points == 0


def test_lucky_meetings_are_no_certainty(rng):
    ratings = rate(2, [MeetingScore(0, 1, 1.0, seed) for seed in (0, 0, 1, 1)])
    assert ratings[0].points > 0
    assert ratings[0].interval is None
