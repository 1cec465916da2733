"""Whether coalitions are sampled, and credit from a sample of live plays."""

import asyncio

import numpy as np
import pytest

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.sampling import Basis, affordable_seats, is_sampled
from shapley_coop.credit.worth.live_sample import sample_live
from shapley_coop.credit.worth.replay import replay
from shapley_coop.interfaces.plugins import load
from shapley_coop.interfaces.worth import CoalitionWorth
from shapley_coop.interfaces.worth_method import CoalitionPlay


def replay_of_room(seats):
    game = load("games", "escape-room-n")(seats=seats, levers=4)
    steps = []
    while game.agents:
        actions = {seat: game.fallback(seat) for seat in game.agents}
        steps.append(game.apply(actions))
    return game, replay(game, 0, steps, rule="idle")


def test_thirteen_seats_are_valued_whole_because_that_is_cheaper_than_a_sample():
    game, worth = replay_of_room(13)
    credit = measure(worth, game.seats, WorthSettings(), kind="replay", absence="idle")
    assert credit.method == "shapley"
    assert credit.evaluations == 2**13
    assert set(credit.stderr.values()) == {0.0}


@pytest.mark.parametrize(
    ("seats", "actions", "sampled"),
    [
        # Twelve seats are valued whole however long the game is.
        (12, 10**6, False),
        (13, 65, False),
        # 2^13 * 2,000 actions against 2,000 * 2,500.
        (13, 2000, True),
        (15, 15, False),
        (16, 16, True),
        (24, 1, True),
        # How long a value of a worth from elsewhere takes is not known.
        (13, None, True),
    ],
)
def test_the_choice_is_made_by_counts(seats, actions, sampled):
    names = tuple(f"seat_{number}" for number in range(seats))
    worth = CoalitionWorth(names, lambda matrix: matrix.sum(1), actions=actions)
    assert is_sampled(worth, seats, WorthSettings()) is sampled


def test_a_number_of_seats_in_the_settings_decides_alone():
    _, worth = replay_of_room(13)
    twelve = WorthSettings(exact_seats=12)
    assert affordable_seats(WorthSettings()) == affordable_seats(twelve) == 12
    assert is_sampled(worth, 13, twelve)
    assert not is_sampled(worth, 13, WorthSettings(exact_seats=13))
    assert is_sampled(worth, 13, WorthSettings(exact_seats=5))
    assert not is_sampled(worth, 5, WorthSettings(exact_seats=5))


SEATS = tuple("abcdefgh")


def sampled(play, *, budget=40, replicates=1, seed=0):
    async def plays(coalition):
        count = range(replicates)
        return tuple([await play(coalition, number) for number in count])

    return asyncio.run(
        sample_live(
            SEATS,
            plays,
            budget=budget,
            rng=np.random.default_rng(seed),
            basis=Basis("rollout", "idle"),
        )
    )


def pairs(coalition):
    """Return a worth in which neighbours in the alphabet gain 3 together."""
    places = {SEATS.index(seat) for seat in coalition}
    return 3.0 * sum(place + 1 in places for place in places)


def test_a_sample_of_live_plays_asks_for_few_coalitions_and_each_of_them_once():
    asked = []

    async def play(coalition, _replicate):
        asked.append(coalition)
        await asyncio.sleep(0)
        return CoalitionPlay(pairs(coalition), chance=False)

    credit = sampled(play)
    assert len(asked) == len(set(asked)) == credit.evaluations == 40
    assert credit.draws is None
    assert credit.grand == pairs(SEATS) == pytest.approx(sum(credit.values.values()))
    for seat in SEATS:
        exact = 1.5 if seat in "ah" else 3.0
        assert abs(credit.values[seat] - exact) <= 3 * credit.stderr[seat] + 1e-9


def test_what_is_asked_does_not_hang_on_who_answers_first():
    orders = []
    for pause in (0.0, 0.002):
        asked = []

        async def play(coalition, _replicate, pause=pause, asked=asked):
            asked.append(coalition)
            # Large coalitions take longer in one run, and all alike in the other.
            await asyncio.sleep(pause * len(coalition))
            return CoalitionPlay(pairs(coalition) ** 1.5, chance=False)

        credit = sampled(play)
        orders.append((asked, credit))
    assert orders[0] == orders[1]


def test_chance_that_all_coalitions_share_stays_in_the_error():
    luck = np.random.default_rng(5).normal(0.0, 4.0, size=8)

    async def play(coalition, replicate):
        bonus = luck[replicate] if "a" in coalition else 0.0
        return CoalitionPlay(pairs(coalition) + bonus, chance=True)

    credit = sampled(play, replicates=8, budget=60)
    assert credit.draws == 8
    of_luck = luck.std(ddof=1) / 8**0.5
    assert credit.stderr["a"] >= 0.9 * of_luck
    assert credit.values["a"] == pytest.approx(1.5 + luck.mean(), abs=1.0)
    assert max(credit.stderr[seat] for seat in "bcdefgh") < of_luck
