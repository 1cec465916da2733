"""Rule agents: the paper's figures, the larger rooms, and a rational seat that is never fooled."""

import pytest

from shapley_coop.agents.rules import simple as rules
from shapley_coop.agents.rules.economy import Economy
from shapley_coop.agents.rules.rational import Stubborn
from shapley_coop.config.protocol import PROTOCOLS, NegotiationProtocol, TableSettings
from shapley_coop.config.seeds import generator
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.agent import Place, TableView, View
from shapley_coop.interfaces.plugins import load
from shapley_coop.records import Beliefs, Offer, Terms
from tests.fixtures.plays import configured, played

FOILS = ("breaker", "over-claimer", "free-rider", "stubborn", "selfish", "random")
SEATS = ("player_0", "player_1")


@pytest.mark.parametrize("seed", range(20))
def test_rational_seats_reach_the_papers_prices(seed):
    episode, _ = played(configured(run={"seed": seed}))
    assert episode.success
    assert episode.payoffs == {"player_0": 4.5, "player_1": 4.5}
    assert episode.rounds <= 1.45
    assert episode.ledger_residual == 0
    assert sum(episode.forfeits.values()) == 0
    assert episode.credit.values == pytest.approx({"player_0": 4.5, "player_1": 4.5})
    for column in episode.columns.values():
        assert column.claimed == pytest.approx(4.5)
        assert column.agreed == pytest.approx(4.5)
        assert column.overclaim == pytest.approx(0)
        assert column.rational


@pytest.mark.parametrize("seed", range(20))
def test_selfish_seats_without_talk_fail_as_published(seed):
    episode, tape = played(
        configured(agent="selfish", protocol="solo", run={"seed": seed})
    )
    assert not episode.success
    assert episode.payoffs == {"player_0": -1.0, "player_1": -1.0}
    assert episode.rounds == 0
    assert not tape.of("offer")


@pytest.mark.parametrize("protocol", ["talk", "short-term", "shapley-coop"])
@pytest.mark.parametrize(("seats", "levers"), [(2, 1), (5, 2), (10, 3), (30, 9)])
def test_rational_seats_reach_the_greatest_total_of_a_room(seats, levers, protocol):
    config = configured(
        "escape-room-n",
        parameters={"seats": seats, "levers": levers},
        protocol=protocol,
    )
    episode, _ = played(config)
    assert sum(episode.payoffs.values()) == pytest.approx(
        10 * (seats - levers) - levers
    )
    assert episode.success
    assert episode.ledger_residual == 0
    assert max(episode.payoffs.values()) - min(episode.payoffs.values()) < 1e-5


def test_a_room_that_does_not_pay_is_left_alone():
    episode, _ = played(
        configured("escape-room-n", parameters={"seats": 12, "levers": 11})
    )
    assert set(episode.payoffs.values()) == {0.0}
    assert not episode.contracts


SETTINGS = {
    "binding": {},
    "escrow": {"settlement": "escrow", "deposit": 5.0},
    "random-order": {"task_table": {"order": "random"}},
    "simultaneous": {"task_table": {"order": "simultaneous"}},
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("foil", FOILS)
@pytest.mark.parametrize("mine", SEATS)
def test_a_rational_seat_of_the_matrix_never_ends_below_its_outside_option(
    foil, mine, setting
):
    config = configured(
        agent=foil,
        seats={mine: "rational"},
        protocol={"name": "shapley-coop", **SETTINGS[setting]},
    )
    for index in range(4):
        episode, _ = played(config, index)
        assert episode.columns[mine].rational, episode.columns[mine]
        assert episode.ledger_residual == 0


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("foil", FOILS)
@pytest.mark.parametrize("mine", ["player_0", "player_4"])
def test_a_rational_seat_of_a_room_never_ends_below_its_outside_option(
    foil, mine, setting
):
    for others in (
        {mine: "rational"},
        dict.fromkeys(("player_1", "player_3", mine), "rational"),
    ):
        config = configured(
            "escape-room-n",
            agent=foil,
            seats=others,
            protocol={"name": "shapley-coop", **SETTINGS[setting]},
        )
        for index in range(2):
            episode, _ = played(config, index)
            for seat in others:
                assert episode.columns[seat].rational, (seat, episode.columns[seat])
            assert episode.ledger_residual == 0


@pytest.mark.parametrize("mine", SEATS)
def test_a_rational_seat_does_not_lose_its_deposit_on_a_promise_it_will_not_keep(mine):
    protocol = {"name": "talk", "settlement": "escrow", "deposit": 20.0}
    config = configured(
        agent="random",
        seats={mine: "rational"},
        protocol=protocol | {"task_table": {"rounds": 8}},
    )
    for index in range(40):
        episode, _ = played(config, index)
        assert episode.columns[mine].rational, episode.columns[mine]


def test_a_rational_seat_is_not_fooled_while_the_table_re_opens():
    for foil in FOILS:
        config = configured(
            "escape-room-n",
            "protocol.reprice_every=1",
            agent=foil,
            seats={"player_0": "rational", "player_4": "rational"},
        )
        for index in range(3):
            episode, _ = played(config, index)
            assert episode.columns["player_0"].rational
            assert episode.columns["player_4"].rational


def test_under_cheap_talk_rational_seats_sign_nothing_that_nobody_pays():
    episode, _ = played(
        configured(protocol={"name": "talk", "settlement": "cheap-talk"})
    )
    assert not episode.contracts
    assert episode.payoffs == episode.raw
    assert all(column.rational for column in episode.columns.values())


def test_an_over_claimer_states_more_than_is_measured_and_gets_no_more():
    config = configured(seats={"player_1": "over-claimer"})
    episode, _ = played(config)
    assert episode.columns["player_1"].overclaim > 1
    assert episode.columns["player_0"].overclaim == pytest.approx(0)
    assert episode.columns["player_1"].final <= 4.5 + 1e-6


@pytest.mark.parametrize(
    ("game", "seat"), [("gloves", "left_0"), ("airport-runway", "airline_0")]
)
def test_an_over_claimer_claims_its_due_and_the_size_of_it_more(game, seat):
    honest, _ = played(configured(game))
    due = honest.columns[seat].claimed
    episode, _ = played(configured(game, seats={seat: "over-claimer"}))
    # Who is due a part of the costs claims to owe nothing, and not twice as much.
    assert episode.columns[seat].claimed == pytest.approx(due + abs(due))


def test_a_breaker_signs_and_does_not_act_and_is_told():
    config = configured(seats={"player_1": "breaker"}, protocol={"name": "talk"})
    episode, _ = played(config)
    assert episode.contracts
    assert [(b.seat, b.broken) for b in episode.breaches] == [("player_1", "action")]
    assert not episode.success


def test_a_stubborn_seat_asks_for_nine_tenths_of_the_surplus():
    made = Stubborn(place("player_0"))
    assert made.claim("player_0") == pytest.approx(-1 + 0.9 * 11)
    assert made.claim("player_1") == pytest.approx(-1 + 0.1 * 11)


def place(seat="player_0", game="escape-room", **parameters):
    return Place(
        seat=seat, game=load("games", game)(**parameters), rng=generator(0, seat)
    )


class Blind(load("games", "escape-room")):
    """An Escape Room whose plan nobody knows."""

    def plan(self):
        return None

    def security(self, seat):
        return None


def test_a_game_without_a_plan_is_told_to_those_who_need_one():
    with pytest.raises(ConfigError, match=r"escape-room has none. Use 'random'"):
        played(configured(), game=Blind())
    episode, _ = played(configured(agent="random", protocol="talk"), game=Blind())
    assert episode.columns["player_0"].outside is None
    assert episode.columns["player_0"].rational is None


def test_beliefs_of_all_rules_are_complete_and_honest_where_they_should_be():
    view = table_view(
        "player_0", coalitions=("nobody", "player_0", "player_1", "everyone")
    )
    for name in ("rational", "selfish", "free-rider", "breaker", "stubborn"):
        beliefs = run(load("agents", name)(place()).believe(view))
        assert beliefs.values == {
            "nobody": 0,
            "player_0": -1,
            "player_1": -1,
            "everyone": 9,
        }
        assert beliefs.externality == "positive"
    wild = run(load("agents", "random")(place()).believe(view))
    assert isinstance(wild, Beliefs)
    assert set(wild.values) == set(view.coalitions)


def test_the_free_rider_signs_only_what_costs_and_asks_nothing():
    rider = rules.FreeRider(place("player_0"))
    view = table_view("player_0")
    clause = {"payer": "player_1", "payee": "player_0", "price": 3}
    does = {"when": "does", "seat": "player_1", "action": "lever"}
    assert rider.agrees(view, Terms(clauses=({**clause, "condition": does},)))
    assert not rider.agrees(
        view, Terms(clauses=({**clause, "condition": {**does, "seat": "player_0"}},))
    )
    assert not rider.agrees(
        view, Terms(clauses=({**clause, "payer": "player_0", "payee": "player_1"},))
    )


def test_out_of_turn_every_rule_waits():
    view = table_view("player_0", legal=("wait",))
    for name in (*FOILS, "rational"):
        assert run(load("agents", name)(place()).negotiate(view)).kind == "wait"


def test_the_economy_starts_again_when_another_line_of_play_is_seen():
    economy = Economy(
        load("games", "escape-room-n")(seats=3, levers=1), generator(0, "economy")
    )
    first, second = (economy.game.fresh() for _ in range(2))
    a = first.apply(dict.fromkeys(first.seats, "start"))
    b = second.apply(dict.fromkeys(second.seats, "door"))
    economy.catch_up([a])
    economy.catch_up([a])
    assert economy.game.clock == 1
    economy.catch_up([b])
    assert economy.game.facts("player_0")["place"] == "door"


def table_view(seat, legal=("accept", "counter", "reject", "halt"), coalitions=()):
    standing = Offer(id=1, author="player_1", round=1, terms=Terms())
    table = TableView(
        phase="task",
        round=1,
        rounds=TableSettings().rounds,
        legal=legal,
        actions=("door", "lever"),
        standing=standing,
        signed=(),
        history=(),
    )
    return View(
        seat=seat,
        seats=SEATS,
        game="escape-room",
        episode=0,
        step=0,
        facts={},
        actions=("door", "lever"),
        protocol=NegotiationProtocol.model_validate(PROTOCOLS["talk"]),
        table=table,
        coalitions=coalitions,
    )


def run(coroutine):
    """Return what a rule answers: rules never wait."""
    with pytest.raises(StopIteration) as stopped:
        coroutine.send(None)
    return stopped.value.value
