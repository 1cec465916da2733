"""What learners are paid, in games small enough to say it by hand."""

from itertools import product

import numpy as np
import pytest

from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.errors import ConfigError
from shapley_coop.negotiation import NegotiatedGame, procedure
from shapley_coop.negotiation.envs.menu import ACCEPT
from shapley_coop.rl.training.reinforcement.pays import PAYS, pay_rule
from shapley_coop.simulation.worker import open_game

ALONE = {
    ("stag", "stag"): (4.0, 4.0),
    ("stag", "hare"): (0.0, 3.0),
    ("hare", "stag"): (3.0, 0.0),
    ("hare", "hare"): (3.0, 3.0),
}
"""A hunter who is left alone with the stag changed nothing, so no division gives it a part."""
PAID = {
    "individual": ALONE,
    "equal": ALONE,
    "shapley": ALONE,
    "team": {
        ("stag", "stag"): (8.0, 8.0),
        ("stag", "hare"): (3.0, 3.0),
        ("hare", "stag"): (3.0, 3.0),
        ("hare", "hare"): (6.0, 6.0),
    },
}


def environment(game, protocol, pay):
    rule = pay_rule(pay, welfare=0)
    table = rule.protocol(PROTOCOLS[protocol])
    return NegotiatedGame(open_game(game, {}), table, menu=rule.menu), rule


@pytest.mark.parametrize("pay", PAID)
def test_each_profile_of_a_stag_hunt_is_paid_as_the_table_says(pay):
    env, rule = environment("stag-hunt", "solo", pay)
    for profile in product(("stag", "hare"), repeat=2):
        env.reset(seed=0)
        _, rewards, *_ = env.step(dict(zip(env.agents, profile, strict=True)))
        assert tuple(rule.pay(rewards).values()) == pytest.approx(PAID[pay][profile])


def test_seats_that_changed_something_have_equal_parts():
    env, rule = environment("escape-room", "solo", "equal")
    env.reset(seed=0)
    _, rewards, *_ = env.step({"player_0": "lever", "player_1": "door"})
    assert tuple(rule.pay(rewards).values()) == pytest.approx((4.5, 4.5))


def test_what_was_signed_is_paid_on_top_of_shapley_values():
    env, _ = environment("escape-room", "talk", "shapley")
    rng = np.random.default_rng(1)
    signed = 0
    for episode in range(20):
        seen, _ = env.reset(seed=episode)
        paid = dict.fromkeys(seen, 0.0)
        while env.agents:
            actions = {}
            for seat, sight in seen.items():
                legal = sight["action_mask"].nonzero()[0]
                can_sign = env.table is not None and ACCEPT in legal
                actions[seat] = ACCEPT if can_sign else int(rng.choice(legal))
            seen, rewards, *_ = env.step(actions)
            paid = {seat: paid[seat] + reward for seat, reward in rewards.items()}
        raw = procedure.raw_rewards(env.game.seats, env.steps)
        kept = env.settle(None, "none").payoffs
        worth = env.credit("shapley").values
        signed += kept != pytest.approx(raw)
        expected = {seat: worth[seat] + kept[seat] - raw[seat] for seat in raw}
        assert paid == pytest.approx(expected, abs=1e-5)
    assert signed > 5


def test_ties_of_shapley_pay_are_broken_by_the_total_unless_told_otherwise():
    earned = {"a": 1.0, "b": 3.0}
    assert pay_rule("shapley").pay(earned) == pytest.approx({"a": 1.2, "b": 3.2})
    assert pay_rule("shapley", welfare=0).pay(earned) == earned
    for name in ("individual", "equal", "contracts"):
        assert pay_rule(name).pay(earned) == earned


@pytest.mark.parametrize("name", PAYS)
def test_welfare_is_added_to_any_pay(name):
    earned = {"a": 1.0, "b": 2.0}
    alone = pay_rule(name, welfare=0).pay(earned)
    added = pay_rule(name, welfare=2).pay(earned)
    assert added == {seat: pay + 6 for seat, pay in alone.items()}


@pytest.mark.parametrize("welfare", [-1.0, 1e300, float("inf"), float("nan")])
def test_a_weight_that_leaves_no_pay_is_refused(welfare):
    with pytest.raises(ConfigError, match="from 0 to 1000"):
        pay_rule("team", welfare=welfare)
