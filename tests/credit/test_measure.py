"""Worth and credit: four kinds of worth, four absence rules, exact and checked."""

import asyncio

import numpy as np
import pytest

from shapley_coop.agents.replay_policy import policies
from shapley_coop.config.sections import WorthSettings
from shapley_coop.config.seeds import generator
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.oracle import oracle
from shapley_coop.credit.worth.replay import replay
from shapley_coop.credit.worth.rollout import rollout
from shapley_coop.credit.worth.shapes import (
    expand_counts,
    value_once,
    worth_of_table,
)
from shapley_coop.errors import ConfigError, GameError
from shapley_coop.interfaces.game import CoalitionWorth
from shapley_coop.interfaces.plugins import load
from shapley_coop.interfaces.worth_method import CoalitionPlay, supported_absence
from shapley_coop.records import Step
from shapley_coop.shapley.coalitions import all_coalitions
from tests.fixtures.clocks import effort_below
from tests.fixtures.plays import brute_force, configured, played

DRILLED = "tests.fixtures.plays:Drilled"
SETTINGS = WorthSettings()


def room(seats, levers, horizon=5):
    return load("games", "escape-room-n")(seats=seats, levers=levers, horizon=horizon)


def one_step(game):
    plan = game.plan()
    game.start(0)
    return [game.apply({seat: actions[0] for seat, actions in plan.items()})]


def replayed_total(game, steps, coalition):
    """Play the members' recorded actions in the plainest way."""
    stage = game.restrict([s for s in game.seats if s in coalition])
    stage.start(0)
    total = 0.0
    for step in steps:
        if not stage.agents:
            break
        total += sum(
            stage.apply({s: step.actions[s] for s in stage.agents}).rewards.values()
        )
    while stage.agents:
        total += sum(
            stage.apply({s: stage.fallback(s) for s in stage.agents}).rewards.values()
        )
    return total


@pytest.mark.parametrize(("seats", "levers"), [(2, 1), (5, 2), (6, 4), (7, 3)])
def test_replay_credit_of_a_room_equals_brute_force(seats, levers):
    game = room(seats, levers)
    steps = one_step(game)
    credit = measure(
        replay(game, 0, steps, rule="removed"),
        game.seats,
        SETTINGS,
        kind="replay",
        absence="removed",
    )
    truth = brute_force(
        game.seats, lambda s: replayed_total(game, steps, s) if s else 0.0
    )
    assert credit.values == pytest.approx(truth, abs=1e-9)


def test_credit_of_a_thousand_seats_is_exact_fast_and_equal_in_a_role():
    game = room(1000, 300)
    steps = one_step(game)
    # The bar of one second is measured by the benchmarks, undisturbed.
    with effort_below(5):
        credit = measure(
            replay(game, 0, steps, rule="removed"),
            game.seats,
            SETTINGS,
            kind="replay",
            absence="removed",
        )
    assert sum(credit.values.values()) == pytest.approx(10 * 700 - 300, rel=1e-9)
    roles = {}
    for seat, action in steps[0].actions.items():
        roles.setdefault(action, set()).add(credit.values[seat])
    assert {role: len(values) for role, values in roles.items()} == {
        "lever": 1,
        "door": 1,
    }
    assert credit.stderr == dict.fromkeys(game.seats, 0.0)
    assert credit.coalitions is None
    assert credit.empty == 0


def test_credit_of_kinds_equals_credit_of_coalitions():
    game = room(7, 3)
    counted = oracle(game)
    by_kinds = measure(counted, game.seats, SETTINGS, kind="oracle", absence=None)
    by_sets = measure(
        expand_counts(counted, game.seats),
        game.seats,
        SETTINGS,
        kind="oracle",
        absence=None,
    )
    assert by_kinds.values == pytest.approx(by_sets.values)
    assert by_kinds.evaluations == 8
    assert by_sets.evaluations == 128
    assert (
        by_sets.coalitions["everyone"] == by_kinds.coalitions["7 like player_0"] == 37
    )


def test_banzhaf_of_kinds_and_too_many_seats():
    game = room(3, 1)
    found = measure(
        oracle(game),
        game.seats,
        SETTINGS,
        kind="oracle",
        absence=None,
        index="banzhaf",
    )
    assert list(found.values.values()) == pytest.approx(
        [(0 + 2 * 9 + 10) / 4] * 3
    )  # v: 0, 0, 9, 19
    big = room(20, 1)
    with pytest.raises(
        ConfigError, match=r"2\^20 coalition values; worth.exact_seats allows 12"
    ):
        measure(
            oracle(big),
            big.seats,
            SETTINGS,
            kind="oracle",
            absence=None,
            index="banzhaf",
        )


@pytest.mark.parametrize("rule", ["removed", "idle", "baseline"])
def test_replay_under_every_rule_gives_back_the_recorded_total(rule):
    game = room(4, 1)
    steps = one_step(game)
    found = replay(game, 0, steps, rule=rule, policies=policies("selfish", 0, 0))
    worth = expand_counts(found, game.seats) if rule == "removed" else found
    values = worth.values(all_coalitions(4))
    assert values[0] == 0
    assert values[-1] == 29


def test_absent_seats_of_the_matrix_are_played_by_the_baseline():
    game = load("games", "escape-room")()
    steps = [game.apply({"player_0": "door", "player_1": "lever"})]
    worth = replay(game, 0, steps, rule="baseline", policies=policies("selfish", 0, 0))
    values = dict(
        zip(["", "0", "1", "01"], worth.values(all_coalitions(2)).tolist(), strict=True)
    )
    assert values == {"": -2, "0": -2, "1": 9, "01": 9}


@pytest.mark.parametrize(
    ("rule", "given", "told"),
    [
        ("swap", None, "worth.kind=rollout"),
        ("baseline", None, "worth.baseline"),
    ],
)
def test_rules_that_replay_cannot_follow(rule, given, told):
    game = room(3, 1)
    with pytest.raises(ConfigError, match=told):
        replay(game, 0, one_step(game), rule=rule, policies=given)


def test_a_game_that_does_not_repeat_itself_has_no_replay_credit():
    game = room(3, 1)
    steps = one_step(game)
    forged = [Step(actions=steps[0].actions, rewards=dict.fromkeys(game.seats, 5.0))]
    with pytest.raises(GameError, match="does not repeat itself"):
        replay(game, 0, forged, rule="idle")


def test_absence_rules_by_game():
    assert supported_absence(room(3, 1), None) == "removed"
    assert supported_absence(load("games", "escape-room")(), None) == "baseline"
    with pytest.raises(
        ConfigError, match=r"no absence rule 'idle'; it supports: baseline, swap"
    ):
        supported_absence(load("games", "escape-room")(), "idle")


def test_a_coalition_is_valued_once():
    asked_for = []

    def value(coalition):
        asked_for.append(coalition)
        return float(len(coalition))

    worth = value_once(("a", "b"), value)
    matrix = all_coalitions(2)
    assert (
        worth.values(matrix).tolist() == worth.values(matrix).tolist() == [0, 1, 1, 2]
    )
    assert len(asked_for) == 4


def test_rollout_plays_all_coalitions_at_once():
    async def live(coalition, _replicate):
        await asyncio.sleep(0)
        return CoalitionPlay(10.0 * len(coalition), chance=False)

    worth = asyncio.run(rollout(("a", "b", "c"), live))
    assert worth.values(np.array([[True, False, True]])).tolist() == [20]


def test_a_table_of_values_is_read_by_bit():
    worth = worth_of_table(("a", "b"), np.array([0.0, 1.0, 2.0, 5.0]))
    assert isinstance(worth, CoalitionWorth)
    assert worth.values(np.array([[True, False], [False, True]])).tolist() == [1, 2]


@pytest.mark.parametrize("rule", ["removed", "idle", "baseline"])
@pytest.mark.parametrize("protocol", ["solo", "talk"])
def test_for_rules_that_draw_nothing_live_play_is_as_stated(rule, protocol):
    """Rollout of rational seats: with whom they would deal live, and v(N) as recorded."""
    config = configured(
        "escape-room-n",
        parameters={"seats": 3, "levers": 1},
        protocol=protocol,
        worth={"kind": "rollout", "absence": rule},
    )
    episode, _ = played(config)
    credit = episode.credit
    assert credit.worth == "rollout"
    assert credit.absence == rule
    assert credit.grand == pytest.approx(sum(episode.raw.values()))
    assert sum(credit.values.values()) == pytest.approx(credit.grand - credit.empty)
    assert credit.evaluations == 8


@pytest.mark.parametrize("rule", ["removed", "idle", "baseline"])
@pytest.mark.parametrize("seats", [3, 5])
def test_rollout_of_seats_that_repeat_themselves_equals_replay(rule, seats):
    found = {}
    for kind in ("rollout", "replay"):
        config = configured(
            "escape-room-n",
            parameters={"seats": seats, "levers": 1, "horizon": 1},
            agent=DRILLED,
            protocol="solo",
            worth={"kind": kind, "absence": rule},
        )
        found[kind] = played(config)[0].credit
    assert found["rollout"].values == pytest.approx(found["replay"].values)
    assert found["rollout"].empty == found["replay"].empty


def test_swap_lets_a_weaker_model_play_the_absent():
    def answer(*_):
        return '{"reason": "", "action": "lever"}'

    config = configured(
        "escape-room",
        agent=DRILLED,
        protocol="solo",
        worth={"kind": "rollout", "absence": "swap", "swap": "scripted"},
    )
    episode, _ = played(config, answer=answer)
    assert episode.credit.absence == "swap"
    # player_0 pulls the lever in any case; player_1 alone opens nothing new
    assert episode.credit.coalitions == {
        "nobody": -2,
        "player_0": -2,
        "player_1": 9,
        "everyone": 9,
    }
    with pytest.raises(ConfigError, match=r"worth.swap"):
        played(configured(worth={"kind": "rollout", "absence": "swap"}))


def test_believed_credit_is_the_mean_of_what_seats_stated():
    episode, _ = played(
        configured(
            seats={"player_1": "over-claimer"},
            worth={"kind": "belief"},
            protocol="short-term",
        )
    )
    credit = episode.credit
    claims = {seat: column.claimed for seat, column in episode.columns.items()}
    assert credit.worth == "belief"
    assert credit.values["player_0"] == pytest.approx(4.5)
    assert credit.values["player_1"] == pytest.approx((4.5 + claims["player_1"]) / 2)
    assert credit.stderr["player_1"] > credit.stderr["player_0"] == 0
    silent, _ = played(
        configured(agent=DRILLED, worth={"kind": "belief"}, protocol="short-term")
    )
    assert silent.credit is None
    assert sum(silent.forfeits.values()) > 0
    with pytest.raises(ConfigError, match="'talk' has neither"):
        played(configured(worth={"kind": "belief"}, protocol="talk"))


def test_sampled_credit_needs_a_generator_and_follows_it():
    seats = tuple(f"p{i}" for i in range(20))
    weights = np.arange(1.0, 21.0)
    worth = CoalitionWorth(seats, lambda rows: (rows @ weights) ** 2)

    def credit(rng):
        return measure(worth, seats, SETTINGS, kind="oracle", absence=None, rng=rng)

    with pytest.raises(
        ValueError, match=r"credit of 20 seats is sampled.*pass a generator"
    ):
        credit(None)
    one, same, other = (credit(generator(seed, "credit")) for seed in (1, 1, 2))
    assert one == same
    assert one.values != other.values
    assert sum(one.values.values()) == pytest.approx(weights.sum() ** 2)


def test_seats_that_change_no_value_are_named():
    seats = ("a", "b", "c")
    # Only a and b together are worth something, and c adds nothing to anybody.
    table = np.array([0.1, 0.1, 0.1, 7.1, 0.1, 0.1, 0.1, 7.1 + 1e-15])
    credit = measure(
        worth_of_table(seats, table), seats, SETTINGS, kind="oracle", absence=None
    )
    assert credit.null_seats == ("c",)
    # A seat whose contributions cancel out is worth 0 and still changes something.
    table = np.array([0.0, 1.0, 0.0, -1.0, 0.0, 1.0, 0.0, -1.0])
    credit = measure(
        worth_of_table(seats, table), seats, SETTINGS, kind="oracle", absence=None
    )
    assert credit.values["a"] == pytest.approx(0)
    assert credit.null_seats == ("c",)


def test_null_seats_are_named_in_games_by_counts():
    game = load("games", "null:escape-room-n")(seats=5, levers=2)
    credit = measure(game.oracle(), game.seats, SETTINGS, kind="oracle", absence=None)
    assert credit.null_seats == ("null_5",)


@pytest.mark.parametrize(
    ("evaluations", "null"),
    # Of three players there are eight coalitions, and six of them leave two to be guessed.
    [(6, ()), (8, ("c",))],
)
def test_only_all_coalitions_prove_a_null_seat(evaluations, null):
    seats = ("a", "b", "c")
    # The contributions of a cancel out, those of c are all 0, and b decides alone what is paid.
    table = np.array([0.0, 1.0, 0.0, -1.0, 0.0, 1.0, 0.0, -1.0])
    credit = measure(
        worth_of_table(seats, table),
        seats,
        WorthSettings(exact_seats=1, evaluations=evaluations),
        kind="oracle",
        absence=None,
        rng=np.random.default_rng(0),
    )
    assert credit.null_seats == null
