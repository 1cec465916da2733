"""The contract of all adapters, kept by a real team of each framework whose models are scripted."""

import asyncio
from itertools import combinations

import pytest

import shapley_coop as sc
from shapley_coop.errors import ConfigError, TeamError
from tests.teams.adapters.kit import WORDS, worth

MEMBERS = list(WORDS)
COALITIONS = [
    frozenset(present) for size in range(4) for present in combinations(MEMBERS, size)
]
SWAP = {"planner": "sketch", "coder": "draft", "tester": "glance"}
"""What those in the place of an absent member say."""


def scored(kit):
    async def score(built):
        return worth(await kit.words(built))

    return score


def needed_swap(kit):
    return {name: SWAP[name] for name in kit.always}


def words_of(present, swap):
    words = []
    for name in MEMBERS:
        if name in present:
            words.append(WORDS[name])
        elif name in swap:
            words.append(swap[name])
    return words


def test_credit_is_what_the_closed_form_says(kit):
    team = kit.team(scored(kit), needed_swap(kit))
    credit = sc.attribute(team, members=MEMBERS, budget=8, noisy=False)
    assert not credit.failures
    assert credit.values == pytest.approx({"planner": 1.5, "coder": 6.5, "tester": 1.0})


def test_a_swapped_member_leaves_its_place_to_another(kit):
    team = kit.team(scored(kit), SWAP)
    credit = sc.attribute(team, members=MEMBERS, budget=8, noisy=False)
    # Where the coder is absent, a draft is worth 2 of its 5.
    assert credit.values == pytest.approx({"planner": 1.5, "coder": 4.5, "tester": 1.0})
    assert set(kit.asked) == {*WORDS.values(), *SWAP.values()}


@pytest.mark.parametrize(
    "present", COALITIONS, ids=lambda names: "+".join(sorted(names))
)
def test_those_absent_are_not_run(kit, present):
    swap = needed_swap(kit)
    team = kit.team(scored(kit), swap)
    asyncio.run(team(present, frozenset(MEMBERS) - present, 0))
    assert kit.asked == words_of(present, swap)


def test_coalitions_that_run_at_once_do_not_meet(kit):
    async def answers():
        async def score(built):
            return await kit.words(built)

        team = kit.team(score, SWAP)
        everyone = frozenset(MEMBERS)
        runs = [team(present, everyone - present, 0) for present in COALITIONS * 3]
        return await asyncio.gather(*runs)

    expected = [words_of(present, SWAP) for present in COALITIONS * 3]
    assert asyncio.run(answers()) == expected


def test_the_team_that_was_given_is_left_as_it_is(kit):
    before = kit.state()
    team = kit.team(scored(kit), SWAP)
    sc.attribute(team, members=MEMBERS, budget=8, noisy=False)
    assert kit.state() == before
    kit.broken = {"code"}
    with pytest.raises(TeamError, match="the model of 'code' is down"):
        sc.attribute(team, members=MEMBERS, budget=8, noisy=False)
    assert kit.state() == before
    kit.broken = set()
    credit = sc.attribute(team, members=MEMBERS, budget=8, noisy=False)
    assert credit.values["coder"] == pytest.approx(4.5)


def test_who_is_no_member_always_runs(kit):
    team = kit.team(scored(kit))
    credit = sc.attribute(team, members=["tester"], budget=2, noisy=False)
    assert credit.values == pytest.approx({"tester": 1.0})
    assert {"plan", "code"} <= set(kit.asked)


def test_a_name_that_the_team_does_not_know_is_refused_before_any_run(kit):
    team = kit.team(scored(kit), needed_swap(kit))
    known = r"unknown \w+ 'codr'; did you mean 'coder'\?; known: coder, planner, tester"
    with pytest.raises(ConfigError, match=known):
        sc.attribute(team, members=["planner", "codr"])
    with pytest.raises(ConfigError, match=known):
        kit.team(scored(kit), {"codr": "draft"})
    assert not kit.asked


def test_who_cannot_be_absent_is_told_before_any_run(kit):
    team = kit.team(scored(kit))
    for name in kit.always:
        with pytest.raises(ConfigError, match=f"{name!r} cannot be absent: "):
            team.check([name])
    # All others can be.
    team.check([name for name in MEMBERS if name not in kit.always])
    assert set(team.needed) == kit.always
    assert not kit.asked


def test_a_score_knows_the_number_of_its_run_and_may_be_no_coroutine(kit):
    draws = []

    def score(built, draw):
        draws.append(draw)
        return worth(asyncio.run(kit.words(built))), 0.5

    team = kit.team(score, needed_swap(kit))
    credit = sc.attribute(team, members=["tester"], budget=6, workers=1)
    assert credit.cost == pytest.approx(3.0)
    assert sorted(set(draws)) == list(range(max(draws) + 1))
    assert max(draws) > 0
