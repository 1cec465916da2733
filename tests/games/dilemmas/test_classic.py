"""The dilemmas: their order of payoffs, their worth, and that a forfeit is never cooperation."""

import itertools

import numpy as np
import pytest

from games.dilemmas.classic import (
    Chicken,
    PrisonersDilemma,
    StagHunt,
    TravellersDilemma,
)
from games.dilemmas.fishery import Fishery, best_catches, grow
from games.dilemmas.public_goods import PublicGoods
from games.dilemmas.trust import Trust
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.contract.worths import worth


def payoffs(game, a, b):
    return tuple(game.table[game.index[a], game.index[b]])


def pure_equilibria(game):
    found = []
    for a, b in itertools.product(range(len(game.actions)), repeat=2):
        best_row = game.table[:, b, 0].max() == game.table[a, b, 0]
        best_column = game.table[a, :, 1].max() == game.table[a, b, 1]
        if best_row and best_column:
            found.append((game.actions[a], game.actions[b]))
    return found


def test_each_table_is_the_dilemma_it_is_called():
    assert pure_equilibria(PrisonersDilemma()) == [("defect", "defect")]
    assert sum(payoffs(PrisonersDilemma(), "cooperate", "cooperate")) > 5
    assert pure_equilibria(StagHunt()) == [("stag", "stag"), ("hare", "hare")]
    assert pure_equilibria(Chicken()) == [("yield", "go-on"), ("go-on", "yield")]
    assert pure_equilibria(TravellersDilemma()) == [("claim-2", "claim-2")]


def test_the_lower_claim_gets_the_bonus():
    game = TravellersDilemma()
    assert payoffs(game, "claim-10", "claim-10") == (10, 10)
    assert payoffs(game, "claim-9", "claim-10") == (11, 7)
    assert payoffs(game, "claim-5", "claim-3") == (1, 5)


@pytest.mark.parametrize(
    ("game", "cooperation"),
    [
        (PrisonersDilemma(rounds=3), {"cooperate"}),
        (StagHunt(), {"stag"}),
        (Chicken(), {"yield"}),
        (TravellersDilemma(), {f"claim-{n}" for n in range(3, 11)}),
        (PublicGoods(), {"give-half", "give-all"}),
        (Fishery(), {f"catch-{n}" for n in range(4)}),
        (Trust(), {"send-5", "send-10", "return-third", "return-half"}),
    ],
)
def test_a_forfeit_is_never_cooperation(game, cooperation):
    assert cooperation <= set(game.actions)
    rng = np.random.default_rng(0)
    while game.agents:
        assert not {game.fallback(seat) for seat in game.agents} & cooperation
        game.apply({seat: str(rng.choice(game.legal(seat))) for seat in game.agents})


@pytest.mark.parametrize(("seats", "rate"), [(4, 0.5), (10, 0.15)])
def test_in_the_public_goods_game_keeping_dominates_and_giving_is_best_together(
    seats, rate
):
    game = PublicGoods(seats, rate)
    for others in itertools.product(game.actions, repeat=2):
        rest = dict(zip(game.seats[1:3], others, strict=True))
        won = [
            game.preview({game.seats[0]: (own,), **{s: (a,) for s, a in rest.items()}})
            for own in game.actions
        ]
        own = [ending.payoffs[game.seats[0]] for ending in won]
        total = [sum(ending.payoffs.values()) for ending in won]
        assert own == sorted(own, reverse=True)
        assert total == sorted(total)
    assert worth(game.oracle(), game.seats) == pytest.approx(10 * seats * rate * seats)


@pytest.mark.parametrize("collapse", [1, 2, 3])
@pytest.mark.parametrize("seats", [1, 2])
def test_the_fisherys_worth_is_the_best_of_all_plays(seats, collapse):
    game = Fishery(2, 3, collapse).restrict(["fisher_0", "fisher_1"][:seats])
    lines = itertools.product(game.actions, repeat=game.horizon)
    best = max(
        sum(game.preview(dict(zip(game.seats, plan, strict=True))).payoffs.values())
        for plan in itertools.product(list(lines), repeat=seats)
    )
    assert best == worth(game.oracle(), game.seats)


def test_half_the_fish_every_season_lasts_and_greed_ends_it():
    game = Fishery(5, 12)
    for _ in range(12):
        assert game.world.stock == 20
        game.apply(dict.fromkeys(game.seats, "catch-2"))
    assert game.outcomes() == {"sustained"}
    game.start(0)
    rewards = game.apply(dict.fromkeys(game.seats, "catch-4")).rewards
    assert set(rewards.values()) == {4.0}
    assert game.outcomes() == {"collapsed"}
    assert not game.agents


def test_too_much_asked_is_caught_in_proportion():
    game = Fishery(2, 3)
    game.apply({"fisher_0": "catch-4", "fisher_1": "catch-2"})
    assert game.world.stock == 4
    rewards = game.apply({"fisher_0": "catch-4", "fisher_1": "catch-1"}).rewards
    assert rewards == {"fisher_0": pytest.approx(3.2), "fisher_1": pytest.approx(0.8)}


def test_the_last_season_takes_what_is_there():
    assert best_catches(3, 8, 8, 1) == (4, 4, 8)


def every_course(stock, seasons, most, capacity, collapse):
    """Return the catches of greatest total by trying every course, greatest first."""
    if seasons == 0:
        return ()
    courses = []
    for catch in range(min(most, stock), -1, -1):
        rest = grow(stock - catch, capacity, collapse)
        onward = every_course(rest, seasons - 1, most, capacity, collapse)
        courses.append((catch, *onward))
    return max(courses, key=sum)


@pytest.mark.parametrize("capacity", [4, 8, 12])
def test_catches_are_those_of_trying_every_course(capacity):
    for seasons, most, collapse in itertools.product(
        range(4), range(0, capacity + 1, 4), range(1, capacity + 1, 3)
    ):
        tried = every_course(capacity, seasons, most, capacity, collapse)
        assert best_catches(seasons, most, capacity, collapse) == tried


def test_a_hundred_fishers_know_what_they_can_catch():
    game = Fishery(100)
    values = game.oracle().values(np.arange(101)[:, None])
    # All leave half of the pool, 2 units each, in every season but the last.
    assert values[100] == 100 * (7 * 2 + 4)
    # One alone cannot empty the pool and takes the most in every season.
    assert values[1] == 8 * 4
    plan = game.plan()
    assert set(plan.values()) == {("catch-2",) * 7 + ("catch-4",)}


def test_trust_pays_as_berg_et_al_say():
    game = Trust()
    game.apply({"investor_0": "send-10", "trustee_1": "wait"})
    assert game.security("trustee_1") == (40, "return-none")
    assert game.apply({"investor_0": "wait", "trustee_1": "return-half"}).rewards == {
        "investor_0": 15,
        "trustee_1": 25,
    }
    assert game.outcomes() == {"trusted", "trusted-and-returned"}
    credit = measure(
        Trust().oracle(), game.seats, WorthSettings(), kind="oracle", absence=None
    )
    assert credit.values == {"investor_0": 20, "trustee_1": 20}


@pytest.mark.parametrize("rate", [0, 1, -0.5, "half", True])
def test_a_wrong_rate_is_explained(rate):
    with pytest.raises(ConfigError, match=r"rate=.*between 0 and 1"):
        PublicGoods(rate=rate)


def test_a_pool_that_dies_at_once_is_explained():
    with pytest.raises(
        ConfigError, match="collapse=9 dies out at once: the pool holds 8"
    ):
        Fishery(2, collapse=9)
