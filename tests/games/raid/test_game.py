"""The raid: its rules case by case, its dice, its worth, its planner, and the published log."""

import asyncio

import numpy as np
import pytest

from benchmarks.games.raid_published import (
    HEROES,
    LOGGED_DAMAGE,
    PublishedRaid,
    published_play,
    score_shares,
)
from games.raid.game import Raid
from games.raid.lookahead import advise
from games.raid.planner import RaidPlanner
from games.raid.rules import Settings, State, opening, play_turn, team_reward
from shapley_coop.agents.rules.rational import OverClaimer, Rational
from shapley_coop.agents.rules.simple import Selfish
from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.replay import replay
from shapley_coop.errors import ConfigError, IllegalMove
from shapley_coop.interfaces.agent import Place
from shapley_coop.interfaces.contract.plays import play
from shapley_coop.interfaces.contract.worths import worth
from shapley_coop.interfaces.plugins import load
from shapley_coop.runs.store import NullRecorder
from shapley_coop.simulation.episode import play as play_episode
from shapley_coop.simulation.measurement.potential import Potential
from tests.fixtures.clocks import effort_below
from tests.games.everyone import Everyone

FIRE, CURE = (120,) * 4, (160,) * 4


def turn(state, *actions):
    return play_turn(state, actions, FIRE, CURE)


def test_without_a_taunt_the_two_weakest_are_struck_in_seat_order():
    state, deeds = turn(opening(2000, 4), *["fireball"] * 4)
    assert state == State(1, 1520, (200, 200, 400, 400), (0, 0, 0, 0))
    assert deeds.struck == (0, 1)
    state, _ = turn(state, *["fireball"] * 4)
    assert state.health == (0, 0, 400, 400)


def test_the_first_taunt_draws_half_a_blow_and_later_ones_fail():
    state, deeds = turn(opening(2000, 4), "pass", "taunt", "taunt", "pass")
    assert state.health == (400, 300, 400, 400)
    assert state.cooldown == (0, 2, 0, 0)
    assert deeds.absorbed
    for waits in (1, 0):
        state, _ = turn(state, *["pass"] * 4)
        assert state.cooldown[1] == waits


def test_a_heal_goes_to_the_weakest_other_and_not_above_the_most():
    before = State(3, 2000, (100, 300, 0, 250), (0,) * 4)
    state, deeds = turn(before, "heal", "heal", "pass", "taunt")
    assert state.health == (
        260,
        300,
        0,
        300,
    )  # 250 is healed to 400, then struck for 100
    assert deeds.healed == (160, 160, 0, 0)
    full, deeds = turn(opening(2000, 4), "heal", "taunt", "pass", "pass")
    assert full.health[1] == 300
    assert deeds.healed[0] == 160


def test_a_dead_boss_strikes_nobody_and_absorbs_nothing():
    state, deeds = turn(
        State(4, 240, (100,) * 4, (0,) * 4), "fireball", "fireball", "taunt", "pass"
    )
    assert (state.boss, state.health) == (0, (100,) * 4)
    assert not deeds.absorbed
    assert deeds.struck == ()


@pytest.mark.parametrize(
    ("reward", "expected"), [("product", 37.5), ("difference", 35.0)]
)
def test_paper_and_code_pay_a_win_differently(reward, expected):
    """Won in the fifth of ten turns with one of four dead: 75 x 1/2, or 100 (1 - 1/4 - 4/10)."""
    state = State(5, 0, (0, 1, 1, 1), (0,) * 4)
    assert team_reward(state, Settings(2000, 10, reward, False)) == pytest.approx(
        expected
    )
    assert (
        team_reward(state._replace(boss=1), Settings(2000, 10, reward, False)) == -100
    )


@pytest.mark.parametrize(("level", "boss"), [(1, 2000), (2, 2500), (3, 3000)])
def test_the_boss_has_the_papers_health(level, boss):
    assert Raid(level=level).facts("hero_0")["boss"] == {"health": boss, "most": boss}


def test_the_dead_keep_their_seat_and_only_pass():
    game = Raid()
    for _ in range(2):
        game.apply(dict.fromkeys(game.seats, "fireball"))
    assert game.seats == tuple(game.agents)
    assert game.legal("hero_0") == ("pass",)
    assert game.outcomes() == frozenset()
    with pytest.raises(
        IllegalMove, match=r"hero_0 cannot take 'fireball'.*legal: pass"
    ):
        game.apply(dict.fromkeys(game.seats, "fireball"))


def test_running_out_of_turns_is_losing():
    game = Raid(heroes=3, horizon=1)
    rewards = game.apply(dict.fromkeys(game.seats, "pass")).rewards
    assert list(rewards.values()) == pytest.approx([-100 / 3] * 3)
    assert game.outcomes() == {"lost", "all-alive"}


def test_action_rewards_are_paid_only_where_they_are_on():
    for on, paid in ((False, [0, 0, 0, 0]), (True, [2, 0.5, 0.5, 0])):
        game = Raid(action_rewards=on)
        step = game.apply(
            dict(zip(game.seats, ("fireball", "heal", "taunt", "pass"), strict=True))
        )
        assert list(step.rewards.values()) == paid


def test_dice_do_not_depend_on_what_others_do_or_on_who_is_there():
    whole, pair = Raid(), Raid().restrict(("hero_1", "hero_3"))
    whole.start(5)
    pair.start(5)
    whole.apply(
        dict(zip(whole.seats, ("pass", "fireball", "heal", "fireball"), strict=True))
    )
    pair.apply(dict.fromkeys(pair.seats, "fireball"))
    for seat in pair.seats:
        assert pair.figures()[seat].damage == whole.figures()[seat].damage > 0


@pytest.mark.parametrize("skill", ["uniform", "gaussian"])
def test_dice_have_the_stated_mean_and_spread(skill):
    game = Raid(skill=skill, horizon=2000)
    game.start(1)
    dice = game.world.fireball
    assert dice.mean() == pytest.approx(125, abs=0.6)
    assert dice.std() == pytest.approx(14.7, abs=0.5)
    assert (dice.min() >= 100 and dice.max() <= 150) == (skill == "uniform")


def test_contributions_are_damage_heal_and_drawn_blows():
    game = Raid()
    game.start(0)
    game.apply(
        dict(zip(game.seats, ("fireball", "heal", "taunt", "taunt"), strict=True))
    )
    parts = game.figures()
    assert parts["hero_2"].score == 300
    assert parts["hero_3"].score == 0
    assert 100 <= parts["hero_0"].score <= 150
    assert game.contributions() == {
        seat: figures.score for seat, figures in parts.items()
    }


def test_replay_with_idle_heroes_gives_a_quarter_each_on_the_published_log():
    game = PublishedRaid()
    steps = published_play(game)
    assert len(steps) == 9
    assert "won" in game.outcomes()
    assert [f.damage for f in game.figures().values()] == list(LOGGED_DAMAGE)
    assert score_shares(game.contributions()) == pytest.approx(
        [26.42, 28.67, 23.63, 25.18], abs=2
    )
    values = replay(game, 0, steps, rule="idle")
    credit = measure(values, game.seats, WorthSettings(), kind="replay", absence="idle")
    pot = credit.grand - credit.empty
    assert [credit.values[s] / pot for s in HEROES] == pytest.approx(
        [0.25] * 4, abs=1e-12
    )
    assert credit.coalitions is not None
    assert {v for name, v in credit.coalitions.items() if name != "everyone"} == {-100}


def test_replay_credit_simulates_each_coalition_once_and_is_quick(monkeypatch):
    game = Raid(level=3)
    steps = play(game, 3)
    calls = []
    start = Raid.start
    monkeypatch.setattr(
        Raid, "start", lambda self, seed: (calls.append(seed), start(self, seed))
    )
    with effort_below(1):
        values = replay(game, 3, steps, rule="idle")
        shapley = measure(
            values, game.seats, WorthSettings(), kind="replay", absence="idle"
        )
        simulated = len(calls)
        measure(
            values,
            game.seats,
            WorthSettings(),
            kind="replay",
            absence="idle",
            index="banzhaf",
        )
    assert len(calls) == simulated
    assert shapley.evaluations == 16


def test_oracle_states_its_standard_error_and_credit_carries_it():
    game = Raid(draws=40)
    oracle = game.oracle()
    counts = np.arange(5)[:, None]
    drawn = oracle.draws(counts)
    assert drawn.shape == (5, 40)
    assert oracle.values(counts) == pytest.approx(drawn.mean(axis=1))
    assert worth(oracle, ()) == 0
    assert worth(oracle, game.seats[:3]) < worth(oracle, game.seats)
    credit = measure(oracle, game.seats, WorthSettings(), kind="oracle", absence=None)
    expected = drawn[4].std(ddof=1) / np.sqrt(40) / 4
    assert list(credit.stderr.values()) == pytest.approx([expected] * 4)
    assert credit.coalition_stderr["4 like hero_0"] == pytest.approx(4 * expected)
    assert sum(credit.values.values()) == pytest.approx(credit.grand)


@pytest.mark.parametrize("reward", ["product", "difference"])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_planner_wins_where_fire_alone_loses(level, reward):
    game = Raid(level=level, reward=reward)
    for seed in range(10):
        game.start(seed)
        while game.agents:
            joint = advise(game.world.state, game.settings)
            game.apply(dict(zip(game.seats, joint, strict=True)))
        assert "won" in game.outcomes()
        game.start(seed)
        while game.agents:
            game.apply({seat: game.legal(seat)[0] for seat in game.agents})
        assert "lost" in game.outcomes()


def episode(factory, protocol, *overrides, **parameters):
    tables = {"game": {"id": "raid"}, "protocol": protocol, "worth": {"kind": "replay"}}
    config = resolve(tables, overrides)
    game = Raid(**parameters)
    return asyncio.run(
        play_episode(
            game,
            Everyone(factory),
            config,
            index=0,
            recorder=NullRecorder(),
            potential=Potential(game, config.worth, 0),
        )
    )


def test_planners_win_and_share_and_the_selfish_lose():
    good, bad = episode(RaidPlanner, "shapley-coop"), episode(Selfish, "solo")
    assert good.success
    assert not bad.success
    assert sum(bad.payoffs.values()) == pytest.approx(-100)
    assert good.forfeits == dict.fromkeys(HEROES, 0)
    assert good.division is not None
    # Without any one of them the boss wins, so as played all are worth alike, whatever a replay
    # with idle heroes measures beside it.
    assert good.payoffs == pytest.approx(dict.fromkeys(HEROES, 12.5), abs=1e-4)
    assert good.credit.values != pytest.approx(good.payoffs)


def test_planners_price_every_turn_where_actions_pay():
    """Whoever heals or taunts is paid by those who throw fireballs: all of a turn net the same."""
    played = episode(
        RaidPlanner,
        "short-term",
        "protocol.reprice_every=1",
        action_rewards=True,
        level=3,
    )
    assert played.success
    assert len(played.contracts) == sum(
        len({*step.actions.values()} - {"pass"}) > 1 for step in played.steps
    )
    assert played.breaches == ()
    alive = [
        s for s in HEROES if "pass" not in {step.actions[s] for step in played.steps}
    ]
    assert np.ptp([played.payoffs[seat] for seat in alive]) < 1e-4


def test_a_raid_has_no_plan_so_rational_seats_leave_their_part_to_its_planner():
    assert Raid().plan() is None
    rational = episode(Rational, "shapley-coop")
    planned = episode(RaidPlanner, "shapley-coop")
    assert rational.success
    assert rational.steps == planned.steps
    assert rational.payoffs == planned.payoffs
    assert rational.columns == planned.columns
    with pytest.raises(ConfigError, match=r"need a game with a plan; raid has none"):
        episode(OverClaimer, "shapley-coop")


def test_a_planner_in_another_game_is_explained():
    game = load("games", "escape-room")()
    with pytest.raises(ConfigError, match="plays raid, not escape-room"):
        RaidPlanner(Place("player_0", game, np.random.default_rng(0)))


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"heroes": 9}, "2 to 8 heroes, got heroes=9"),
        ({"heroes": 1}, "whole number of at least 2"),
        ({"level": 4}, "levels 1, 2 and 3, got level=4"),
        ({"reward": "sum"}, "unknown reward 'sum'.*difference, product"),
        ({"skill": "normal"}, "unknown skill 'normal'.*gaussian, uniform"),
    ],
)
def test_wrong_parameters_are_explained(parameters, said):
    with pytest.raises(ConfigError, match=said):
        Raid(**parameters)
