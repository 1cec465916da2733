"""Plays of coalitions that end once enough is known of the credit."""

import asyncio
from collections import Counter

import numpy as np
import pytest

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.rollout import rollout
from shapley_coop.credit.worth.rounds import PILOT, stop_of
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.worth_method import CoalitionPlay
from shapley_coop.runs.intervals import t_quantile
from shapley_coop.shapley.coalitions import named_coalitions
from tests.fixtures.plays import configured, played

SEATS = ("a", "b", "c")
ADDS = {"a": 6.0, "b": 3.0, "c": 0.0}
"""What each seat adds on the average. Only with `a` chance has a say."""


def luck(seed, replicate, coalition, common):
    """Return a draw that all coalitions share, or one of each coalition's own."""
    key = (
        (seed, replicate) if common else (seed, replicate, *map(ord, sorted(coalition)))
    )
    return float(np.random.default_rng(key).normal())


def plays_of(seed, *, common=True, asked=None):
    async def play(coalition, replicate):
        if asked is not None:
            asked[coalition] += 1
        worth = sum(ADDS[seat] for seat in coalition)
        if "a" not in coalition:
            return CoalitionPlay(worth, chance=False)
        drawn = luck(seed, replicate, coalition, common)
        return CoalitionPlay(worth + 2 * drawn, chance=True)

    return play


def credit_of(seed, *, replicates=64, common=True, asked=None, **rules):
    settings = WorthSettings(kind="rollout", **rules)
    worth = asyncio.run(
        rollout(
            SEATS,
            plays_of(seed, common=common, asked=asked),
            replicates=replicates,
            stop=stop_of(settings),
        )
    )
    return measure(worth, SEATS, settings, kind="rollout", absence="removed")


def test_without_a_rule_the_number_of_plays_is_fixed():
    credit = credit_of(0, replicates=16)
    assert credit.stopped_by is None
    assert credit.coalition_plays["everyone"] == credit.draws == 16
    assert credit.coalition_plays["everyone but a"] == 1


def test_plays_end_once_intervals_are_as_narrow_as_was_asked():
    asked = Counter()
    credit = credit_of(1, width=1.0, asked=asked)
    assert credit.stopped_by == "95% intervals within +-1"
    plays = credit.coalition_plays
    assert PILOT <= plays["a"] < 64
    # Where chance has no say one play is all, and every play that was made is told.
    assert plays["nobody"] == plays["b"] == plays["everyone but a"] == 1
    assert sum(plays.values()) == sum(asked.values())
    assert max(credit.stderr.values()) * 1.96 <= 1.0
    assert credit.values["b"] == pytest.approx(3.0)


def test_plays_end_once_the_ranking_is_settled():
    credit = credit_of(2, ranking=0.95)
    assert credit.stopped_by == "ranking settled at 95%"
    assert set(credit.coalition_plays.values()) == {1, PILOT}


def test_plays_end_where_they_are_used_up():
    credit = credit_of(3, width=0.001, replicates=12)
    assert (
        credit.stopped_by
        == "52 plays, all there were, before 95% intervals within +-0.001"
    )
    assert sum(credit.coalition_plays.values()) == 4 * 12 + 4


def test_one_play_by_chance_settles_nothing():
    credit = credit_of(3, ranking=0.5, replicates=1)
    assert credit.stopped_by == "8 plays, all there were, before ranking settled at 50%"


def test_without_any_chance_one_play_settles_all():
    async def play(coalition, _replicate):
        return CoalitionPlay(float(len(coalition)), chance=False)

    stop = stop_of(WorthSettings(kind="rollout", width=0.1))
    worth = asyncio.run(rollout(SEATS, play, replicates=16, stop=stop))
    assert worth.stopped_by == "95% intervals within +-0.1"
    credit = measure(worth, SEATS, WorthSettings(), kind="rollout", absence="removed")
    assert set(credit.coalition_plays.values()) == {1}


def test_equal_draws_end_equally():
    assert credit_of(4, width=0.8, common=False) == credit_of(
        4, width=0.8, common=False
    )


@pytest.mark.parametrize("common", [True, False])
def test_intervals_hold_the_truth_though_plays_end_early(common):
    held = []
    unequal = 0
    for seed in range(150):
        credit = credit_of(seed, width=0.9, replicates=40, common=common)
        plays = {n for n in credit.coalition_plays.values() if n > 1}
        unequal += len(plays) > 1
        for seat, truth in ADDS.items():
            room = t_quantile(credit.freedom[seat]) * credit.stderr[seat] + 1e-9
            held.append(abs(credit.values[seat] - truth) <= room)
    assert 0.9 <= np.mean(held) <= 1.0
    # Luck of their own lets coalitions be played unequally often. With common luck that would
    # make the credit of `b` and `c` less well known.
    assert (unequal > 0) is not common


def test_a_kind_that_plays_nothing_live_refuses_rules():
    with pytest.raises(ConfigError, match=r"worth\.width ends live plays"):
        played(configured(worth={"kind": "replay", "width": 1.0}))


def test_sampled_coalitions_refuse_rules():
    worth = {"kind": "rollout", "ranking": 0.9, "exact_seats": 1}
    with pytest.raises(ConfigError, match=r"raise worth\.exact_seats"):
        played(configured(worth=worth))


def test_names_of_coalitions_are_those_of_the_list():
    credit = credit_of(5, width=1.0)
    assert len(credit.coalition_plays) == len(list(named_coalitions(SEATS)))
