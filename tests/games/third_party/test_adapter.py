"""Games that nobody here wrote: turn based, continuous, pixels. Replay, and what goes wrong."""

import functools
import os
import sys

import numpy as np
import pytest

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.replay import replay
from shapley_coop.errors import ConfigError, GameError, PluginError
from shapley_coop.interfaces import contract
from shapley_coop.interfaces.contract.plays import play
from shapley_coop.interfaces.plugins import load, names
from shapley_coop.interfaces.worth_method import supported_absence

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
pytest.importorskip("pygame")
pytest.importorskip("mpe2")

# cooperative_pong draws itself to see, and gymnasium remarks on that.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*calling render method without specifying"
)

SPREAD = "pettingzoo:mpe2.simple_spread_v3"
PIXELS = ("pettingzoo:butterfly.cooperative_pong_v6", {"horizon": 4, "idle": 0})
CASES = [
    pytest.param(*PIXELS, id="cooperative-pong"),
    pytest.param("pettingzoo:classic.tictactoe_v3", {}, id="tictactoe"),
    pytest.param("pettingzoo:classic.connect_four_v3", {}, id="connect-four"),
    pytest.param("pettingzoo:classic.rps_v2", {"horizon": 6}, id="rps"),
    pytest.param(SPREAD, {"horizon": 8, "idle": 0, "N": 3}, id="simple-spread"),
]


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_third_party_games_keep_the_contract(name, parameters, check):
    check(functools.partial(load("games", name), **parameters))


def test_pixels_are_the_environments_own_and_features_are_few():
    name, parameters = PIXELS
    game = load("games", name)(render_mode="rgb_array", **parameters)
    game.start(1)
    assert game.render().shape == (280, 480, 3)
    assert 1 < game.features(game.seats[0]).size <= 1026
    assert game.facts(game.seats[0])["observation_shape"] == [280, 480, 3]


def test_ids_are_not_listed_but_load():
    assert not any(name.startswith("pettingzoo") for name in names("games"))
    assert load("games", SPREAD).name == SPREAD


def test_turns_and_masks_of_tictactoe():
    game = load("games", "pettingzoo:classic.tictactoe_v3")()
    first, second = game.seats
    assert game.legal(second) == ("wait",)
    for own, other in ((0, 3), (1, 4)):
        game.apply({first: f"action-{own}", second: "wait"})
        assert f"action-{own}" not in game.legal(second)
        game.apply({first: "wait", second: f"action-{other}"})
    step = game.apply({first: "action-2", second: "wait"})
    assert step.rewards == {first: 1, second: -1}
    assert game.outcomes() == {"ended"}
    assert not game.agents


@pytest.mark.parametrize(
    "case", [(SPREAD, {"horizon": 10, "idle": 0}), PIXELS], ids=["spread", "pong"]
)
def test_replay_credit_of_third_party_games(case):
    name, parameters = case
    game = load("games", name)(**parameters)
    steps = play(game, 11)
    values = replay(game, 11, steps, rule="idle")
    credit = measure(values, game.seats, WorthSettings(), kind="replay", absence="idle")
    pot = sum(sum(step.rewards.values()) for step in steps)
    assert credit.grand == pytest.approx(pot)
    assert sum(credit.values.values()) == pytest.approx(credit.grand - credit.empty)


class LastAction:
    drew_chance = False

    def __call__(self, game, seat, steps):
        return game.legal(seat)[-1]


def test_replay_by_a_named_policy_where_nobody_can_idle():
    game = load("games", "pettingzoo:classic.tictactoe_v3")()
    steps = play(game, 2)
    with pytest.raises(
        ConfigError, match="no absence rule 'idle'; it supports: baseline, swap"
    ):
        supported_absence(game, "idle")
    values = replay(
        game, 2, steps, rule="baseline", policies=lambda _replicate: LastAction()
    )
    assert values.values(np.array([[True, True]]))[0] == pytest.approx(0)


def test_a_game_with_chance_of_its_own_gets_no_number():
    """Dice that do not follow from the seed show as rewards that do not repeat."""
    base = load("games", SPREAD)
    dice = iter(range(10_000))

    class Restless(base):
        def advance(self, actions):
            rewards = super().advance(actions)
            late = self.clock >= 3
            return {
                seat: reward + late * next(dice) for seat, reward in rewards.items()
            }

    game = Restless(horizon=6, idle=0)
    steps = play(game, 1)
    with pytest.raises(
        GameError, match=r"does not repeat itself.*seed 1.*from step 3 on"
    ):
        replay(game, 1, steps, rule="idle")


def test_an_environment_that_breaks_is_named():
    game = load("games", SPREAD)(horizon=6, idle=0)
    game.track.live.env.close()
    game.track.live.env = None
    with pytest.raises(
        GameError, match=r"mpe2.simple_spread_v3 failed at step 0.*NoneType"
    ):
        game.apply(dict.fromkeys(game.seats, "wait"))


def test_the_step_that_breaks_on_the_way_to_a_moment_is_named(monkeypatch):
    game = load("games", SPREAD)(horizon=6, idle=0)
    for _ in range(4):
        game.apply(dict.fromkeys(game.seats, "wait"))
    another = game.fresh()
    another.restore(game.snapshot())
    live = another.track.live
    step, done = live.step, []

    def break_at_third(actions):
        if len(done) == 2:
            raise RuntimeError("out of steam")
        done.append(actions)
        return step(actions)

    monkeypatch.setattr(live, "step", break_at_third)
    with pytest.raises(GameError, match="failed at step 2 with RuntimeError: out of"):
        another.facts(another.seats[0])


def test_wrong_ids_are_explained(monkeypatch):
    with pytest.raises(
        PluginError, match=r"'tictacto_v3'; did you mean 'tictactoe_v3'"
    ):
        load("games", "pettingzoo:classic.tictacto_v3")
    with pytest.raises(
        PluginError, match=r"names no environment; write pettingzoo:family.name"
    ):
        load("games", "pettingzoo:tictactoe_v3")
    with pytest.raises(
        PluginError, match=r"needs 'mpe7', which is not.*pip install mpe7"
    ):
        load("games", "pettingzoo:mpe7.simple_v3")
    monkeypatch.setitem(sys.modules, "chess", None)
    for module in [
        name for name in sys.modules if name.startswith("pettingzoo.classic.chess")
    ]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(
        PluginError, match=r"needs 'chess',.*pip install 'pettingzoo\[classic\]'"
    ):
        load("games", "pettingzoo:classic.chess_v6")


def test_wrong_parameters_are_explained():
    with pytest.raises(ConfigError, match=r"no action 5 for every seat.*0 to 4"):
        load("games", SPREAD)(idle=5)
    with pytest.raises(
        ConfigError, match=r"only Discrete ones.*continuous_actions=false"
    ):
        load("games", SPREAD)(continuous_actions=True)
    with pytest.raises(PluginError, match=r"cannot be made with .*'colour': 3"):
        load("games", SPREAD)(colour=3)
