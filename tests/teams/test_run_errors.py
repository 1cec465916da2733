"""Noise that coalitions do not share, and luck that they do."""

import asyncio

import numpy as np
import pytest

from benchmarks.teams.gate import KINDS, judge
from benchmarks.teams.luck import covered
from shapley_coop.shapley import Session
from shapley_coop.shapley.evaluation.journal import JournalEntry
from shapley_coop.teams.attribute import attribute, attribute_team
from shapley_coop.teams.demands import parse_demand
from shapley_coop.teams.gate import DemandGate
from shapley_coop.teams.plan import AttributionPlan
from shapley_coop.teams.run_errors import run_noises, with_errors_of_runs
from shapley_coop.teams.team import team_of

MEMBERS = ("ann", "bob", "cyd")


def coins(seed, scale=1.0):
    """Return a team that passes half the time, and only if all are there: 1/6 is due to each."""
    dice = np.random.default_rng(seed)

    def team(present):
        everybody = len(present) == len(MEMBERS)
        return scale * float(everybody and dice.random() < 0.5)

    return team


def verdict(seed, text):
    gate = DemandGate([parse_demand(text, MEMBERS)], MEMBERS, 48)
    found = asyncio.run(
        attribute_team(
            team_of(coins(seed), MEMBERS),
            MEMBERS,
            AttributionPlan(budget=48, seed=seed, workers=1),
            gate=gate,
        )
    )
    return gate.outcomes(found)[0].status


@pytest.mark.parametrize("text", ["ann > 0.2", "ann < 0.13", "score <= 0.4"])
def test_a_team_that_passes_by_chance_meets_no_demand_that_is_false(text):
    assert [verdict(seed, text) for seed in range(12)].count("passed") == 0


def test_equal_runs_of_a_noisy_team_are_not_taken_for_certain():
    always = attribute(lambda present: 0.0, members=MEMBERS, budget=24)
    low, high = always.interval["ann"]
    assert low < -0.05
    assert high > 0.05
    # Whoever knows better says so.
    known = attribute(lambda present: 0.0, members=MEMBERS, budget=24, noisy=False)
    assert known.interval["ann"] == (0, 0)


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_intervals_hold_the_truth_where_most_coalitions_always_fail(scale):
    held = 0
    for seed in range(20):
        found = attribute(coins(seed, scale), members=MEMBERS, budget=24, seed=seed)
        low, high = found.interval["ann"]
        held += low <= scale / 6 <= high
    assert held >= 18


def entries(scores):
    """Return runs of coalitions, by mask."""
    return [
        JournalEntry(mask, draw, value, 0.0)
        for mask, values in scores.items()
        for draw, value in enumerate(values)
    ]


def known(runs):
    """Return the engine's estimate of two members from runs of all coalitions."""
    session = Session(2, 64, rng=np.random.default_rng(0), noise=True, least_draws=2)
    session.seed((run.mask, run.value) for run in runs)
    return session.estimate()


def test_each_coalition_has_the_noise_of_its_own_runs():
    runs = entries({0: [0.0, 0.2], 1: [1.0, 1.2], 2: [1.0, 1.4], 3: [2.0, 6.0]})
    noises = run_noises(runs)
    assert noises[3].variance == pytest.approx(8.0)
    found = with_errors_of_runs(known(runs), runs, shares_luck=False)
    # A value is half the difference of either coalition to what it adds to.
    error = np.sqrt((0.02 + 0.02 + 0.08 + 8.0) / 4 / 2)
    assert found.stderr == pytest.approx([error, error])
    # Nearly all of it is that of one variance, which two runs tell.
    assert found.freedom == pytest.approx([1.0, 1.0], abs=0.2)


def test_equal_noise_of_all_coalitions_adds_up_its_degrees_of_freedom():
    dice = np.random.default_rng(0)
    runs = entries({mask: dice.normal(size=12).tolist() for mask in range(4)})
    found = with_errors_of_runs(known(runs), runs, shares_luck=False)
    assert (found.freedom > 30).all()
    assert found.stderr == pytest.approx([np.sqrt(1 / 12)] * 2, rel=0.2)


def test_equal_runs_of_a_coalition_may_come_out_otherwise():
    noises = run_noises(
        entries({0: [0.0, 0.1], 1: [1.0, 1.0], 2: [1.0, 1.5], 3: [4.0]})
    )
    # Of two runs and four more two came out otherwise, by at most 4.
    assert noises[1].variance == pytest.approx(16 * 2 / 9)
    assert noises[3].variance == pytest.approx(16 * 0.4 * 0.6)


def test_luck_that_all_share_alike_cancels_and_other_luck_does_not():
    luck = np.random.default_rng(0).normal(size=8)
    alike = entries({mask: (mask.bit_count() + luck).tolist() for mask in range(4)})
    found = with_errors_of_runs(known(alike), alike, shares_luck=True)
    assert found.stderr == pytest.approx([0.0, 0.0], abs=1e-9)
    by_size = entries({mask: (mask.bit_count() * luck).tolist() for mask in range(4)})
    found = with_errors_of_runs(known(by_size), by_size, shares_luck=True)
    error = luck.std(ddof=1) / np.sqrt(8)
    assert found.stderr == pytest.approx([error, error])
    # Both move by the same luck, so that nobody knows less of their order for it.
    assert found.covariance[0, 1] == pytest.approx(error**2)


def test_luck_of_one_number_alone_tells_nothing():
    runs = entries({mask: [float(mask)] for mask in range(4)})
    found = with_errors_of_runs(known(runs), runs, shares_luck=True)
    assert np.isinf(found.stderr).all()


@pytest.mark.parametrize("kind", ["whole", "crashes"])
def test_a_gate_is_not_misled_by_noise_of_some_coalitions(kind):
    wrong = 0
    for seed in range(10):
        status, is_true = judge(seed, KINDS[kind])
        wrong += (status, is_true) in {("passed", False), ("failed", True)}
    assert wrong <= 1


def test_intervals_hold_the_truth_where_luck_is_shared():
    assert np.mean([covered(4, 64, seed) for seed in range(25)]) >= 0.9
