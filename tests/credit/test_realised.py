"""Credit as played: what the members of a coalition earned themselves by what they did."""

import itertools

import numpy as np
import pytest

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.oracle import oracle
from shapley_coop.credit.worth.realised import RealisedWorth
from shapley_coop.credit.worth.replay import worth_of_history
from shapley_coop.errors import ConfigError, GameError
from shapley_coop.interfaces.contract.plays import play
from shapley_coop.interfaces.contract.worths import worth as value_of
from shapley_coop.interfaces.plugins import load, names
from shapley_coop.interfaces.waiting import run_without_waiting
from shapley_coop.interfaces.worth_method import Scene
from tests.fixtures.plays import configured, played

KIND = RealisedWorth()
SETTINGS = WorthSettings()


def scene_of(game, steps, seed=0, **fields):
    rule = KIND.absence(game, SETTINGS)
    return Scene(
        game=game,
        seed=seed,
        settings=SETTINGS,
        steps=tuple(steps),
        absence=rule,
        **fields,
    )


def realised(game, steps, seed=0):
    return run_without_waiting(KIND.worth(scene_of(game, steps, seed)))


def credit(game, steps, seed=0):
    worth = realised(game, steps, seed)
    rng = np.random.default_rng(0)
    return measure(worth, game.seats, SETTINGS, kind=KIND.name, absence=None, rng=rng)


def steps_of(game, *profiles, seed=0):
    game.start(seed)
    return [
        game.apply(dict(zip(game.seats, profile, strict=True))) for profile in profiles
    ]


@pytest.mark.parametrize("name", sorted(names("games")))
def test_nobody_is_worth_nothing_and_everybody_the_pot(name):
    game = load("games", name)()
    for seed in range(3):
        steps = play(game, seed)
        pot = sum(sum(step.rewards.values()) for step in steps)
        phi = credit(game, steps, seed)
        assert phi.empty == 0
        assert phi.grand == pytest.approx(pot, abs=1e-9)
        assert sum(phi.values.values()) == pytest.approx(pot, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "profile", "expected"),
    [
        ("escape-room", ("door", "lever"), (4.5, 4.5)),
        ("escape-room", ("door", "door"), (-1, -1)),
        ("prisoners-dilemma", ("cooperate", "cooperate"), (3, 3)),
        ("prisoners-dilemma", ("defect", "defect"), (1, 1)),
        # Against a cooperator the worst that a defector can meet is another defector: v = 1, and
        # a cooperator alone is worth 0, so of the pot of 5 the defector gets half a unit more.
        ("prisoners-dilemma", ("defect", "cooperate"), (3, 2)),
    ],
)
def test_two_seats_of_a_table(name, profile, expected):
    game = load("games", name)()
    phi = credit(game, steps_of(game, profile))
    assert tuple(phi.values.values()) == pytest.approx(expected)


def test_where_the_plan_is_each_coalitions_best_it_equals_the_oracle():
    for name in ("escape-room", "airport-runway", "bankruptcy", "gloves", "unanimity"):
        game = load("games", name)()
        game.start(0)
        steps = game.preview(game.plan()).steps
        own = oracle(game)
        rng = np.random.default_rng(0)
        by_rules = measure(
            own, game.seats, SETTINGS, kind="oracle", absence=None, rng=rng
        )
        as_played = credit(game, steps)
        assert as_played.values == pytest.approx(by_rules.values)


def test_a_room_of_fixed_roles_needs_its_levers():
    game = load("games", "escape-room-n")()
    game.start(0)
    phi = credit(game, game.preview(game.plan()).steps).values
    doors, levers = list(phi.values())[:3], list(phi.values())[3:]
    # A door pays 10 if both levers came before it, a third of the orders, and costs 1 otherwise.
    assert doors == pytest.approx([8 / 3] * 3)
    assert levers == pytest.approx([10.0] * 2)


@pytest.mark.parametrize("rounds", [1, 3])
def test_worst_replies_are_those_of_an_enumeration(rounds):
    game = load("games", "travellers-dilemma")(rounds=rounds)
    for seed in range(5):
        steps = play(game, seed)
        worth = realised(game, steps, seed)
        for place, seat in enumerate(game.seats):
            least = 0.0
            for step in steps:
                mine = game.index[step.actions[seat]]
                row = np.take(game.table, mine, axis=place)
                least += row[..., place].min()
            assert value_of(worth, (seat,)) == pytest.approx(least)


@pytest.mark.parametrize("name", ["public-goods", "fishery", "unanimity", "gloves"])
def test_formulas_equal_plays_without_the_absent(name):
    game = load("games", name)()
    for seed in range(4):
        steps = play(game, seed)
        closed = realised(game, steps, seed)
        history = {s: tuple(step.actions[s] for step in steps) for s in game.seats}
        plain = worth_of_history(game, seed, history, rule="removed", earners="members")
        for size in range(len(game.seats) + 1):
            for coalition in itertools.combinations(game.seats, size):
                value = value_of(closed, coalition)
                assert value == pytest.approx(value_of(plain, coalition), abs=1e-9)


def test_members_rewards_are_counted_and_not_those_of_others():
    game = load("games", "public-goods")()
    steps = steps_of(game, ("keep",) * 4)
    history = {s: tuple(step.actions[s] for step in steps) for s in game.seats}
    own = worth_of_history(game, 0, history, rule="idle", earners="members")
    everybody = worth_of_history(game, 0, history, rule="idle")
    assert value_of(own, ("player_0",)) == 10
    assert value_of(own, ()) == 0
    assert value_of(everybody, ("player_0",)) == 40


def test_the_settings_may_name_another_rule_for_absent_seats():
    game = load("games", "public-goods")()
    assert KIND.absence(game, SETTINGS) == "removed"
    assert KIND.absence(game, WorthSettings(absence="idle")) == "idle"
    table = load("games", "escape-room")()
    assert KIND.absence(table, SETTINGS) == "worst-reply"
    assert KIND.absence(table, WorthSettings(absence="worst-reply")) == "worst-reply"
    with pytest.raises(ConfigError, match="no absence rule 'worst-reply'"):
        KIND.absence(game, WorthSettings(absence="worst-reply"))
    with pytest.raises(ConfigError, match="needs live play"):
        KIND.refusal(table, WorthSettings(absence="swap"))


def test_a_game_that_does_not_work_out_worst_replies_is_refused():
    class Silent(load("games", "trust")):
        """A trust game that assumes the worst and does not say what that is."""

        def realised_oracle(self, history):
            return None

    refusal = KIND.refusal(Silent(), SETTINGS)
    assert "worst reply" in refusal
    assert "baseline" in refusal


def test_a_game_that_does_not_repeat_itself_is_refused():
    game = load("games", "escape-room")()
    (step,) = steps_of(game, ("door", "lever"))
    other = step.model_copy(update={"rewards": dict.fromkeys(game.seats, 7.0)})
    with pytest.raises(GameError, match="does not repeat itself"):
        realised(game, [other])


@pytest.mark.parametrize(
    ("rule", "field"), [("baseline", "worth.baseline"), ("agreed", "worth.absence")]
)
def test_absent_seats_that_nobody_plays_are_no_idle_ones(rule, field):
    game = load("games", "escape-room")()
    history = dict.fromkeys(game.seats, ("door",))
    with pytest.raises(ConfigError) as error:
        worth_of_history(game, 0, history, rule=rule)
    assert error.value.field == field


@pytest.mark.parametrize("kind", ["oracle", "belief"])
def test_an_absence_rule_without_effect_is_refused(kind):
    with pytest.raises(ConfigError, match=f"worth.kind={kind} fixes itself") as error:
        played(configured(worth={"kind": kind, "absence": "baseline"}))
    assert error.value.field == "worth.absence"


def test_nothing_is_measured_against_a_deal_where_none_was_signed():
    for kind in ("realised", "replay"):
        worth = {"kind": kind, "absence": "agreed"}
        alone, _ = played(configured(worth=worth, protocol="solo"))
        assert alone.credit is None
        dealt, _ = played(configured(worth=worth))
        assert dealt.credit.absence == "agreed"
