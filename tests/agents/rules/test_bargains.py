"""Rational seats reach the best total of every game, and never end below their outside option."""

from typing import ClassVar

import numpy as np
import pytest

from benchmarks.games.bargains import all_games, below_outside, drawn, row
from benchmarks.games.bargains import played as play_once
from shapley_coop.interfaces.plugins import load
from shapley_coop.records import (
    AtLeast,
    Clause,
    Counter,
    Does,
    Propose,
    Reject,
    Terms,
    Wait,
)
from tests.fixtures.plays import configured, played

GAMES = list(all_games())


@pytest.mark.parametrize(("name", "parameters"), GAMES, ids=[str(g) for g in GAMES])
def test_rational_seats_reach_the_best_total_of_every_game(name, parameters):
    found = row(name, parameters)
    assert found.reached == pytest.approx(found.efficient, abs=1e-5)
    assert found.below >= -1e-5


@pytest.mark.parametrize("difficulty", ["easy", "medium", "hard"])
def test_every_task_market_is_worked_off_as_planned(difficulty):
    for instance in range(4):
        parameters = {"difficulty": difficulty, "instance": instance}
        found = row("task-market", parameters)
        assert found.reached == pytest.approx(found.efficient)
        assert found.below >= -1e-5


def test_a_rational_seat_never_ends_below_its_outside_option():
    rng = np.random.default_rng(7)
    for _ in range(60):
        config, game = drawn(rng)
        assert below_outside(config, game) == {}, config


@pytest.mark.parametrize("foil", ["half-breaker", "breaker"])
def test_the_price_of_a_plan_is_not_paid_for_its_first_step(foil):
    parameters = {"seats": 3, "difficulty": "easy"}
    for seat in ("member_1", "member_2"):
        config = configured("task-market", parameters=parameters, seats={seat: foil})
        episode, _ = played(config)
        for other, column in episode.columns.items():
            if other != seat:
                assert column.final >= column.outside - 1e-5


@pytest.mark.parametrize("split", ["shapley", "banzhaf", "equal", "proportional"])
@pytest.mark.parametrize("game", ["escape-room", "escape-room-n", "task-market"])
def test_prices_come_on_top_of_an_announced_division(game, split):
    episode, _ = played(configured(game, f"protocol.split={split}"))
    for column in episode.columns.values():
        assert column.final == pytest.approx(column.potential, abs=1e-4)


@pytest.mark.parametrize("split", ["equal", "shapley"])
def test_a_division_that_makes_cooperation_pay_is_enough(split):
    config = configured(
        "prisoners-dilemma", f"protocol.split={split}", protocol={"name": "talk"}
    )
    episode, _ = played(config)
    assert episode.payoffs == {"player_0": 3.0, "player_1": 3.0}


def test_a_refusal_says_what_the_terms_are_worth():
    seats = {"player_0": "stubborn"}
    _, tape = played(configured(seats=seats, protocol={"name": "talk"}))
    counter = tape.of("offer")[1]
    assert counter["seat"] == "player_1"
    assert counter["move"]["say"] == "it nets me 0.10, and I am due 4.50"
    refusals = [
        e["move"]["say"] for e in tape.of("say") if e["move"]["kind"] == "reject"
    ]
    assert refusals == ["it nets me 4.50, and I am due 8.90"]


def test_announcements_that_nobody_enforces_expose_nobody():
    config = configured(
        "chicken",
        "protocol.settlement=cheap-talk",
        "protocol.reprice_every=1",
        parameters={"rounds": 2},
    )
    episode, _ = played(config)
    assert min(episode.payoffs.values()) >= -2


def test_damages_are_owed_by_who_breaks_the_plan_first():
    seats = {"player_1": "breaker"}
    episode, _ = played(configured("prisoners-dilemma", seats=seats))
    (contract,) = episode.contracts
    assert set(contract.offer.terms.plan) == set(
        load("games", "prisoners-dilemma")().seats
    )
    assert [breach.seat for breach in episode.breaches] == ["player_1"]
    # One cooperated and got 0 where 3 was agreed, so 3 are owed: 5 - 3 is less than keeping it.
    assert episode.payoffs["player_0"] >= 3 - 1e-5
    assert episode.payoffs["player_1"] <= 3 + 1e-5


def test_what_makes_a_loss_good_is_not_risked_again():
    """A promised price covers what the first round cost, so the second is played safely."""
    settings = ("protocol.reprice_every=1", "protocol.settlement=escrow")
    config = configured(
        "stag-hunt",
        *settings,
        parameters={"rounds": 2},
        seats={"player_0": "random"},
        protocol={"name": "short-term"},
        run={"seed": 672180114},
    )
    column = played(config)[0].columns["player_1"]
    assert column.final >= column.outside


def test_a_seat_that_can_do_nothing_else_breaks_no_plan():
    parameters = {"difficulty": "hard", "seats": 5, "instance": 5}
    found = row("task-market", parameters)
    assert found.reached == pytest.approx(found.efficient)


def test_a_plan_begun_again_is_no_longer_than_the_play():
    config = configured(
        "task-market",
        "protocol.reprice_every=1",
        parameters={"seats": 2, "difficulty": "easy", "instance": 22},
        seats={"member_0": "over-claimer"},
        protocol={"name": "talk"},
    )
    episode, _ = played(config)
    assert episode.forfeits == dict.fromkeys(episode.seats, 0)


@pytest.mark.parametrize(
    ("game", "total"), [("prisoners-dilemma", 6), ("public-goods", 80), ("trust", 40)]
)
def test_payers_that_can_pay_are_counted_on_where_liability_is_limited(game, total):
    """Who breaks the last step has what it won by that, so it can pay damages."""
    episode, _ = played(configured(game, "protocol.liability=limited"))
    assert sum(episode.payoffs.values()) == pytest.approx(total)


def test_payers_that_cannot_pay_are_not_counted_on_where_liability_is_limited():
    """Who hunts hares has its outside option and no more, so nothing backs its promise."""
    config = configured(
        "stag-hunt", "protocol.liability=limited", protocol={"name": "talk"}
    )
    episode, tape = played(config)
    assert episode.contracts == ()
    words = [e["move"]["say"] for e in tape.of("say") if e["move"]["kind"] == "wait"]
    assert words[0] == ("my best offer is none: it nets me 3.00, and I am due 4.00")


@pytest.mark.parametrize("settlement", ["cheap-talk", "honour"])
def test_a_rational_seat_promises_nothing_that_it_would_break(settlement):
    rng = np.random.default_rng(11)
    for _ in range(40):
        config, game = drawn(rng)
        protocol = config.protocol.model_copy(update={"settlement": settlement})
        config = config.model_copy(update={"protocol": protocol})
        episode = play_once(config, game)
        agents = config.agents_of(game.seats)
        for breach in episode.breaches:
            if breach.broken == "action":
                assert agents[breach.seat] != "rational", config


class Scripted:
    """Makes one offer at each table, signs nothing and follows its orders.

    Subclasses say the offer by step, and the actions.
    """

    needs_model = False
    offers: ClassVar[dict[int, Terms]] = {}
    orders: tuple[str, ...] = ()

    def __init__(self, place):
        self.made = set()

    async def believe(self, view):
        return None

    async def negotiate(self, view):
        offer = self.offers.get(view.step)
        kind = {"propose": Propose, "counter": Counter}
        for move in view.table.legal if view.table else ():
            if move in kind and offer is not None and view.step not in self.made:
                self.made.add(view.step)
                return kind[move](terms=offer)
        return Reject() if view.table and view.table.standing else Wait()

    async def act(self, view):
        return self.orders[view.step]


def pays(payer, payee, price, condition=None, unit="reward"):
    given = {} if condition is None else {"condition": condition}
    return Clause(payer=payer, payee=payee, price=price, unit=unit, **given)


class Trickster(Scripted):
    """Sells its reward where most of that was paid before."""

    offers: ClassVar = {
        2: Terms(
            clauses=(
                pays("player_0", "player_1", 1.0, unit="share"),
                pays("player_1", "player_0", 4.9),
            )
        )
    }
    orders = ("defect", "defect", "defect")


class Divider(Scripted):
    """Asks for a reward that a division takes from its owner first."""

    offers: ClassVar = {
        0: Terms(
            clauses=(
                pays("player_1", "player_0", 1.0, unit="share"),
                pays(
                    "player_0",
                    "player_1",
                    3.0,
                    Does(seat="player_1", action="defect", step=0),
                ),
            )
        )
    }
    orders = ("cooperate",)


class Giver(Scripted):
    """Gives a penny for nothing."""

    offers: ClassVar = {0: Terms(clauses=(pays("player_0", "player_1", 0.01),))}
    orders = ("defect",)


class Dreamer(Scripted):
    """Buys an action that its payee never has."""

    offers: ClassVar = {
        0: Terms(
            clauses=(
                pays(
                    "investor_0",
                    "trustee_1",
                    5.0,
                    AtLeast(seat="trustee_1", action="send-10", times=1),
                ),
            )
        )
    }
    orders = ("send-10", "wait")


def against(game, rival, *overrides, **parameters):
    seats = {load("games", game)(**parameters).seats[0]: f"{__name__}:{rival}"}
    config = configured(
        game,
        *overrides,
        parameters=parameters,
        seats=seats,
        protocol={"name": "talk"},
    )
    return played(config)[0]


@pytest.mark.parametrize("settlement", ["binding", "escrow"])
def test_shares_are_counted_from_the_step_of_signing(settlement):
    episode = against(
        "prisoners-dilemma",
        "Trickster",
        "protocol.reprice_every=1",
        f"protocol.settlement={settlement}",
        rounds=3,
    )
    assert episode.payoffs["player_1"] == 3


@pytest.mark.parametrize("split", ["equal", "proportional"])
def test_shares_are_counted_before_a_division(split):
    episode = against("prisoners-dilemma", "Divider", f"protocol.split={split}")
    column = episode.columns["player_1"]
    assert column.final >= column.outside


def test_a_gift_does_not_buy_what_its_giver_never_promised():
    assert against("prisoners-dilemma", "Giver").contracts == ()


def test_what_cannot_be_done_is_not_promised():
    assert against("trust", "Dreamer").contracts == ()
