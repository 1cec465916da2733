"""Tables and negotiated games as PettingZoo environments: PettingZoo's own suites, no exemption."""

import functools
import warnings

import numpy as np
import pytest

from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.contract.episodes import pettingzoo_suites
from shapley_coop.interfaces.plugins import load, names
from shapley_coop.negotiation import NegotiatedGame, TableEnv
from shapley_coop.negotiation.envs.menu import (
    ACCEPT,
    FIRST_OFFER,
    HALT,
    REJECT,
    WAIT,
    split_menu,
)
from shapley_coop.negotiation.envs.sight import sight_of_table
from shapley_coop.records import Accept, Counter, Propose

GAMES = [
    pytest.param(name, parameters, id=f"{name}-{number}")
    for name in names("games")
    for number, parameters in enumerate(({}, *load("games", name).variants))
]
TALKING = [
    name for name, protocol in PROTOCOLS.items() if protocol.task_table is not None
]


def varied(name, table=None, **fields):
    protocol = PROTOCOLS[name].model_copy(update=fields)
    if table is None:
        return protocol
    rules = protocol.task_table.model_copy(update=table)
    return protocol.model_copy(update={"task_table": rules, "split_table": rules})


VARIANTS = {
    "reprice": varied("shapley-coop", reprice_every=1),
    "simultaneous": varied("shapley-coop", {"order": "simultaneous", "quorum": 0.5}),
    "random-arbiter": varied(
        "shapley-coop", {"order": "random", "deadlock": "arbiter"}
    ),
    "escrow": varied("shapley-coop", settlement="escrow", deposit=2.0),
    "cheap-talk": varied("shapley-coop", settlement="cheap-talk"),
    "shapley": varied("talk", split="shapley"),
    "banzhaf": varied("talk", split="banzhaf"),
    "equal": varied("solo", split="equal"),
    "proportional": varied("solo", split="proportional"),
}


@pytest.mark.parametrize("protocol", TALKING)
@pytest.mark.parametrize(("name", "parameters"), GAMES)
def test_pettingzoo_suites_of_tables(name, parameters, protocol):
    def make():
        return TableEnv.for_task(load("games", name)(**parameters), protocol)

    pettingzoo_suites(make)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("name", "parameters"), GAMES)
def test_pettingzoo_suites_of_negotiated_games(name, parameters, protocol):
    def make():
        return NegotiatedGame(load("games", name)(**parameters), protocol)

    pettingzoo_suites(make)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", names("games"))
def test_pettingzoo_suites_of_protocol_variants(name, variant):
    def make():
        return NegotiatedGame(load("games", name)(), VARIANTS[variant])

    pettingzoo_suites(make)


def legal_play(env, seed, pick=None):
    """Play masked actions to the end. Return total rewards and the steps taken."""
    observations, _ = env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    totals, count = dict.fromkeys(env.possible_agents, 0.0), 0
    while env.agents:
        actions = {}
        for seat, seen in observations.items():
            assert env.observation_space(seat).contains(seen)
            open_ = np.flatnonzero(seen["action_mask"])
            assert len(open_)
            actions[seat] = (
                int(rng.choice(open_)) if pick is None else pick(env, seat, open_)
            )
        observations, rewards, _, _, infos = env.step(actions)
        assert not any("illegal" in info for info in infos.values())
        for seat, reward in rewards.items():
            totals[seat] += reward
        count += 1
        assert count < 1000
    return totals, count


@pytest.mark.parametrize("protocol", [*PROTOCOLS, *VARIANTS])
@pytest.mark.parametrize(("name", "parameters"), GAMES)
def test_settled_rewards_sum_to_what_the_game_paid(name, parameters, protocol):
    env = NegotiatedGame(
        load("games", name)(**parameters), VARIANTS.get(protocol, protocol)
    )
    for seed in range(5):
        totals, _ = legal_play(env, seed)
        paid = sum(sum(step.rewards.values()) for step in env.steps)
        assert sum(totals.values()) == pytest.approx(paid, abs=1e-5)


def deal(env, seat, open_):
    """Offer the first item of the menu, accept what stands, take the planned action."""
    if env.table is None:
        plan = env.game.fresh().plan()
        return env.offset + env.game.index[plan[seat][0]]
    for action in (ACCEPT, 7, WAIT):
        if action in open_:
            return action
    return int(open_[0])


def test_learners_can_sign_the_shapley_price_and_share_nine():
    protocol = varied("talk", split="none")
    env = NegotiatedGame(load("games", "escape-room")(), protocol)
    totals, _ = legal_play(env, 0, pick=deal)
    assert totals == pytest.approx({"player_0": 4.5, "player_1": 4.5})
    assert len(env.contracts) == 1


def test_a_seat_out_of_turn_can_only_wait_and_illegal_actions_are_named():
    env = TableEnv.for_task(load("games", "escape-room")(), "talk")
    observations, _ = env.reset(seed=0)
    assert np.flatnonzero(observations["player_1"]["action_mask"]).tolist() == [WAIT]
    _, _, _, _, infos = env.step({"player_0": ACCEPT, "player_1": HALT})
    assert infos == {"player_0": {"illegal": ACCEPT}, "player_1": {}}
    assert env.table.turn() == ("player_1",)


def test_menu_actions_are_the_moves_that_they_say():
    env = TableEnv.for_task(load("games", "escape-room")(), "talk")
    env.reset(seed=0)
    menu, table = env.menu, env.table
    offer = menu.move(FIRST_OFFER, sight_of_table(table, "player_0"))
    assert isinstance(offer, Propose)
    assert offer.terms == menu.offers[0]
    env.step({"player_0": FIRST_OFFER, "player_1": WAIT})
    assert menu.features(sight_of_table(table, "player_1"), "player_1")[3] == 1
    assert menu.move(ACCEPT, sight_of_table(table, "player_1")) == Accept(offer=1)
    assert isinstance(
        menu.move(FIRST_OFFER + 1, sight_of_table(table, "player_1")), Counter
    )
    assert menu.move(REJECT, sight_of_table(table, "player_1")).kind == "reject"
    assert menu.move(HALT, sight_of_table(table, "player_1")).kind == "halt"
    assert menu.move(WAIT, sight_of_table(table, "player_1")) is None


def test_a_split_menu_divides_the_whole_pot():
    menu = split_menu(("a", "b", "c"))
    assert [sum(offer.shares.values()) for offer in menu.offers] == pytest.approx(
        [1.0] * 4
    )
    assert menu.offers[0].shares == dict.fromkeys("abc", 1 / 3)


def test_a_table_pays_the_plan_if_signed_and_what_is_safe_if_not():
    env = TableEnv.for_task(load("games", "escape-room")(), "talk")

    def refuse(_env, _seat, open_):
        return HALT if HALT in open_ else WAIT

    assert legal_play(env, 0, pick=refuse)[0] == {"player_0": -1.0, "player_1": -1.0}

    def sign(_env, _seat, open_):
        return next(a for a in (ACCEPT, 7, WAIT) if a in open_)

    totals, _ = legal_play(env, 0, pick=sign)
    assert totals == pytest.approx({"player_0": 4.5, "player_1": 4.5})


@pytest.mark.parametrize("make", [TableEnv.for_task, NegotiatedGame])
def test_rendering(make):
    game = load("games", "escape-room")
    assert make(game(), "talk").render() is None
    text = make(game(), "talk", render_mode="ansi")
    text.reset(seed=0)
    text.step({"player_0": 7, "player_1": 0})
    assert "player_0 offers" in text.render()
    pixels = make(game(), "talk", render_mode="rgb_array")
    pixels.reset(seed=0)
    assert pixels.render().ndim == 3
    with pytest.raises(ConfigError, match="render_mode 'human'"):
        make(game(), "talk", render_mode="human")
    with pytest.raises(ConfigError, match=r"unknown protocol 'tlak'.*talk"):
        make(game(), "tlak")


def test_a_protocol_without_a_table_has_no_table_environment():
    with pytest.raises(ConfigError, match="'solo' has no task table"):
        TableEnv.for_task(load("games", "escape-room")(), "solo")


def test_what_was_played_divides_a_negotiated_game():
    protocol = varied("solo", split="shapley")
    env = NegotiatedGame(load("games", "escape-room-n")(), protocol)
    totals, _ = legal_play(env, 0, pick=deal)
    roles = [env.steps[0].actions[seat] for seat in env.possible_agents]
    by_role = {role: {round(t, 5) for t, r in zip(totals.values(), roles, strict=True) if r == role}
               for role in set(roles)}  # fmt: skip
    assert sum(totals.values()) == pytest.approx(28)
    assert {len(values) for values in by_role.values()} == {1}


@pytest.mark.parametrize("split", ["equal", "proportional", "shapley", "banzhaf"])
def test_a_null_seat_gets_nothing_of_a_negotiated_game(split):
    game = load("games", "null:escape-room-n")(seats=3, levers=1)
    env = NegotiatedGame(game, varied("solo", split=split))
    for seed in range(5):
        totals, _ = legal_play(env, seed)
        assert totals["null_3"] == 0


def test_a_division_that_cannot_be_made_is_told_when_the_game_is_made():
    class Blind(load("games", "escape-room")):
        """An Escape Room in which nobody knows what absent seats would do."""

        oracle_absence = None

        def oracle(self):
            return None

    for protocol in (varied("talk", split="shapley"), VARIANTS["random-arbiter"]):
        with pytest.raises(ConfigError, match="worst reply"):
            NegotiatedGame(Blind(), protocol)
    on_beliefs = varied("shapley-coop", split="shapley", split_on_beliefs=True)
    with pytest.raises(ConfigError, match="split_on_beliefs"):
        NegotiatedGame(load("games", "escape-room")(), on_beliefs)
    wide = load("games", "escape-room-n")(seats=19)
    with pytest.raises(ConfigError, match="19 seats"):
        NegotiatedGame(wide, varied("talk", split="banzhaf"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NegotiatedGame(Blind(), "talk").reset(seed=1)


def test_same_seed_same_negotiation():
    make = functools.partial(NegotiatedGame, protocol=VARIANTS["random-arbiter"])
    first, second = (
        legal_play(make(load("games", "escape-room-n")()), 3) for _ in range(2)
    )
    assert first == second
