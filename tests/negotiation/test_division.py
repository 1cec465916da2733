"""Divisions of a pot: six rules, beliefs, arbiters, and seats that changed nothing."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapley_coop.agents.rules.rational import Rational
from shapley_coop.errors import ConfigError, GameError
from shapley_coop.interfaces.deals.money import MICRO
from shapley_coop.interfaces.plugins import load
from shapley_coop.negotiation.division import (
    division_as_signed,
    division_on_beliefs,
    division_rule,
)
from shapley_coop.records import Beliefs, Credit
from shapley_coop.simulation.measurement.assign import check_worth
from shapley_coop.simulation.worker import make_game
from tests.fixtures.plays import configured, played

DRILLED = "tests.fixtures.plays:Drilled"
SEATS = ("a", "b", "c")
RULES = ("equal", "proportional", "shapley", "banzhaf")
HELD = {"a": 10 * MICRO, "b": 0, "c": -1 * MICRO}
FIGURES = {"a": 10.0, "b": 0.0, "c": -1.0}


def credit(values, null=()):
    return Credit(
        values=values,
        stderr=dict.fromkeys(values, 0.0),
        method="shapley",
        worth="realised",
        absence=None,
        empty=0,
        grand=sum(values.values()),
        evaluations=2 ** len(values),
        null_seats=null,
    )


CREDIT = credit({"a": 5.0, "b": 3.0, "c": -1.0})


def divided(rule, held=HELD, by=CREDIT, figures=FIGURES):
    divide = division_rule(rule, tuple(held), credit=by, figures=figures)
    final = divide(held)
    assert sum(final.values()) == sum(held.values())
    return {seat: units / MICRO for seat, units in final.items()}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("equal", (3, 3, 3)),
        ("shapley", (5 + 2 / 3, 3 + 2 / 3, -1 + 2 / 3)),
        ("banzhaf", (5 + 2 / 3, 3 + 2 / 3, -1 + 2 / 3)),
        ("proportional", (9, 0, 0)),
    ],
)
def test_rules_divide_a_pot(rule, expected):
    final = divided(rule)
    assert list(final.values()) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("rule", ["none", "negotiated"])
def test_what_is_no_rule_divides_nothing(rule):
    assert division_rule(rule, SEATS, credit=CREDIT, figures=FIGURES) is None


def test_a_division_by_a_credit_that_nobody_measured_is_none():
    assert division_rule("shapley", SEATS, credit=None, figures=FIGURES) is None


def test_signed_shares_divide_what_is_held():
    final = division_as_signed({"c": 0.25, "b": 0.25, "a": 0.5})(HELD)
    assert final == {"a": 4_500_000, "b": 2_250_000, "c": 2_250_000}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    rule=st.sampled_from(RULES),
    values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=6),
    held=st.lists(st.integers(-(10**12), 10**12), min_size=6, max_size=6),
)
def test_a_seat_that_changed_nothing_gets_not_one_unit(rule, values, held):
    seats = [f"s{number}" for number in range(len(values))]
    by = credit(dict(zip(seats, [1e-12, *values[1:]], strict=True)), null=("s0",))
    holdings = dict(zip(seats, held, strict=False))
    figures = dict(zip(seats, values, strict=True))
    divide = division_rule(rule, seats, credit=by, figures=figures)
    final = divide(holdings)
    assert final["s0"] == 0
    assert sum(final.values()) == sum(holdings.values())


def test_where_no_seat_changed_anything_all_count():
    by = credit(dict.fromkeys(SEATS, 0.0), null=SEATS)
    assert divided("equal", by=by) == {"a": 3, "b": 3, "c": 3}


def test_proportional_charges_a_loss_to_those_who_did_harm():
    held = {"a": 2 * MICRO, "b": -4 * MICRO, "c": -4 * MICRO}
    figures = {"a": 2.0, "b": -1.0, "c": -2.0}
    assert divided("proportional", held, figures=figures) == {"a": 0, "b": -2, "c": -4}
    even = divided("proportional", held, figures=dict.fromkeys(SEATS, 0.0))
    assert even == {"a": -2, "b": -2, "c": -2}


def stated(*pairs):
    """Beliefs of two seats in which each is worth a fixed amount wherever it is."""
    beliefs = {}
    for number, (first, second) in enumerate(pairs):
        values = {
            "nobody": 0.0,
            "a": first,
            "b": second,
            "everyone": first + second,
        }
        beliefs[f"seat {number}"] = Beliefs(
            pot=first + second, externality="none", values=values
        )
    return beliefs


def test_beliefs_divide_equal_parts_of_the_pot():
    divide = division_on_beliefs(stated((3.0, 1.0), (1.0, 1.0)), ("a", "b"))
    held = {"a": 0, "b": 8 * MICRO}
    assert divide(held) == {"a": 5 * MICRO, "b": 3 * MICRO}
    loss = {"a": 0, "b": -8 * MICRO}
    assert divide(loss) == loss


def test_a_statement_of_numbers_without_end_divides_its_part_evenly():
    wild = stated((1.7e308, -1.7e308))
    values = wild["seat 0"].values | {"everyone": 1.7e308}
    wild["seat 0"] = wild["seat 0"].model_copy(update={"values": values})
    divide = division_on_beliefs(wild, ("a", "b"))
    assert divide({"a": 8 * MICRO, "b": 0}) == {"a": 4 * MICRO, "b": 4 * MICRO}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(first=st.floats(-1e9, 1e9), second=st.floats(-1e9, 1e9))
def test_a_lie_moves_no_more_than_its_own_part_of_the_pot(first, second):
    honest, held = (4.5, 4.5), {"a": 9 * MICRO, "b": 0}
    lying = division_on_beliefs(stated((first, second), honest), ("a", "b"))(held)
    assert sum(lying.values()) == 9 * MICRO
    for part in lying.values():
        assert 2.25 * MICRO <= part <= 6.75 * MICRO


@pytest.mark.parametrize(
    "rule", ["none", "equal", "proportional", "shapley", "banzhaf"]
)
def test_a_protocol_divides_an_episode(rule):
    config = configured(
        "escape-room-n",
        parameters={"seats": 4, "levers": 1},
        protocol={"name": "talk", "split": rule},
    )
    episode, _ = played(config)
    assert episode.ledger_residual == 0
    assert sum(episode.payoffs.values()) == pytest.approx(29, abs=1e-5)


def test_a_dead_table_with_an_arbiter_is_settled_by_measured_shapley():
    seats = {"player_0": "stubborn", "player_1": "stubborn"}
    protocol = {"name": "talk", "task_table": {"deadlock": "arbiter"}}
    episode, _ = played(configured(seats=seats, protocol=protocol))
    assert not episode.contracts
    assert episode.payoffs == pytest.approx({"player_0": -1.0, "player_1": -1.0})
    room_, _ = played(
        configured(
            "escape-room-n",
            parameters={"seats": 3, "levers": 1},
            agent=DRILLED,
            protocol=protocol,
        )
    )
    assert room_.raw == {"player_0": -1.0, "player_1": 10.0, "player_2": 10.0}
    # As played the one at the lever is needed by both others, and they do not need each other.
    as_played = {"player_0": 10.0, "player_1": 4.5, "player_2": 4.5}
    assert room_.payoffs == pytest.approx(as_played, abs=1e-5)
    without = {"name": "talk", "task_table": {"deadlock": "none"}}
    plain, _ = played(
        configured(
            "escape-room-n",
            parameters={"seats": 3, "levers": 1},
            agent=DRILLED,
            protocol=without,
        )
    )
    assert plain.payoffs == plain.raw


@pytest.mark.parametrize(
    ("seats", "protocol", "message"),
    [
        (19, {"split": "banzhaf"}, "2\\^19 coalitions of 19 seats"),
        (3, {"split": "equal", "split_on_beliefs": True}, "set protocol.split=shapley"),
        (
            3,
            {"name": "talk", "split": "shapley", "split_on_beliefs": True},
            "needs seats that state beliefs",
        ),
    ],
)
def test_a_division_that_cannot_be_made_is_refused_before_play(
    seats, protocol, message
):
    config = configured(
        "escape-room-n", parameters={"seats": seats, "levers": 2}, protocol=protocol
    )
    with pytest.raises(ConfigError, match=message):
        check_worth(make_game(config), config.worth, config.protocol)


def test_banzhaf_of_more_seats_than_can_be_played_is_refused_where_no_formula_helps():
    wide = ["game.heroes=7", "worth.exact_seats=6", "protocol.split=banzhaf"]
    config = configured("raid", *wide, agent="selfish", protocol={"name": "solo"})
    with pytest.raises(ConfigError, match="7 seats"):
        check_worth(make_game(config), config.worth, config.protocol)


SHAPLEY = "protocol.split=shapley"


def test_a_rule_charges_no_seat_where_nobody_moved():
    config = configured(
        "null:escape-room-n", SHAPLEY, agent="selfish", protocol={"name": "solo"}
    )
    episode, _ = played(config)
    assert set(episode.payoffs.values()) == {0.0}
    assert not episode.transfers


def test_a_rule_pays_a_null_seat_nothing_whatever_worth_is_reported():
    worth = {"kind": "replay", "absence": "idle"}
    episode, _ = played(configured("null:public-goods", SHAPLEY, worth=worth))
    assert episode.payoffs == {
        "player_0": 20.0,
        "player_1": 20.0,
        "player_2": 20.0,
        "player_3": 20.0,
        "null_4": 0.0,
    }


def test_a_rule_refunds_no_fine_to_a_seat_that_broke_its_contract():
    seats = {"player_4": "breaker"}
    episode, _ = played(configured("escape-room-n", SHAPLEY, seats=seats))
    assert episode.breaches
    fines = [t for t in episode.transfers if t.reason == "clause"]
    paid = dict.fromkeys(episode.seats, 0)
    for fine in fines:
        assert fine.payer == "player_4"
        paid[fine.payer] -= fine.micro
        paid[fine.payee] += fine.micro
    # Four moved for -1 each and the breaker stayed: so much is the pot as played, and no part of
    # the fines comes back through the rule.
    as_played = {**dict.fromkeys(episode.seats, -1.0), "player_4": 0.0}
    for seat, payoff in episode.payoffs.items():
        assert payoff == pytest.approx(as_played[seat] + paid[seat] / 1e6)


class Liar(Rational):
    """Bargains as it should, and states that coalitions with it are worth 1000 more."""

    async def believe(self, view):
        honest = await super().believe(view)
        coalitions = self.economy.coalitions()
        values = dict(honest.values)
        for name in values:
            if self.seat in coalitions[name]:
                values[name] += 1000
        return honest.model_copy(update={"values": values})


BELIEF = {"kind": "belief"}


def test_an_over_claimer_gains_nothing_by_a_worth_of_beliefs():
    seats = {"player_0": "over-claimer"}

    def payoffs(**worth):
        config = configured(
            "escape-room", SHAPLEY, agent="selfish", seats=seats, **worth
        )
        return played(config)[0].payoffs

    # What it states moves nothing. What it asks for at the table, a selfish seat may grant.
    assert payoffs(worth=BELIEF) == payoffs()


def test_a_lie_moves_money_only_where_the_protocol_splits_on_beliefs():
    def paid_to(first, *overrides):
        seats = {"player_0": first}
        config = configured(
            "escape-room", SHAPLEY, *overrides, seats=seats, worth=BELIEF
        )
        return played(config)[0].payoffs["player_0"]

    liar = f"{__name__}:Liar"
    assert paid_to(liar) == paid_to("rational")
    on_beliefs = "protocol.split_on_beliefs=true"
    gain = paid_to(liar, on_beliefs) - paid_to("rational", on_beliefs)
    # Half of the pot of 9 is the liar's to divide, and it gave away half of that before.
    assert 0 < gain <= 2.25


class Restless(load("games", "escape-room")):
    """An Escape Room whose door pays more every time that it is played."""

    plays = itertools.count()

    def advance(self, actions):
        rewards = super().advance(actions)
        return {seat: reward + next(self.plays) for seat, reward in rewards.items()}


@pytest.mark.parametrize("split", ["equal", "proportional"])
def test_a_split_that_needs_no_credit_divides_a_game_that_never_repeats_itself(split):
    protocol = {"name": "solo", "split": split}
    worth = {"kind": "oracle"}
    config = configured(agent="selfish", worth=worth, protocol=protocol)
    episode, _ = played(config, game=Restless())
    assert sum(episode.payoffs.values()) == pytest.approx(sum(episode.raw.values()))
    if split == "equal":
        assert len(set(episode.payoffs.values())) == 1
    by_credit = config.protocol.model_copy(update={"split": "shapley"})
    with pytest.raises(GameError, match="does not repeat itself"):
        played(config.model_copy(update={"protocol": by_credit}), game=Restless())
