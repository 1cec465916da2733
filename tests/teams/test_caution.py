"""Noise that coalitions do not share: teams that pass or fail, of which most always fail."""

import asyncio

import numpy as np
import pytest

from shapley_coop.teams.attribute import attribute, attribute_team
from shapley_coop.teams.caution import cautious
from shapley_coop.teams.demands import parse_demand
from shapley_coop.teams.gate import DemandGate
from shapley_coop.teams.plan import AttributionPlan
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


def test_scores_of_more_values_are_left_alone():
    dice = np.random.default_rng(1)
    found = attribute(
        lambda present: len(present) + dice.normal(), members=MEMBERS, budget=24
    )
    assert cautious(found.estimate, []) is found.estimate
