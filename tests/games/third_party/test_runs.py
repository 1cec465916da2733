"""Whole runs of environments that nobody here wrote."""

import json

import numpy as np
import pytest

import shapley_coop as sc
from shapley_coop.agents.rules.economy import Economy
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.plugins import load
from tests.fixtures.broken.agents import Rider
from tests.fixtures.odd_environments.base import Plain

ODD = "pettingzoo:tests.fixtures.odd_environments"
FIRST_MOVER = f"{ODD}.choices:FirstMover"


def played(tmp_path, game, **options):
    return sc.play(game, protocol="solo", runs_dir=tmp_path, **options)


@pytest.mark.parametrize("worth", ["realised", "replay", "rollout"])
@pytest.mark.parametrize("baseline", ["selfish", "random"])
def test_seats_and_baselines_follow_the_episodes_own_dice(tmp_path, worth, baseline):
    """The seed decides who moves first and what is legal, so no other seed will do."""
    settings = {"worth.baseline": baseline, "worth.replicates": 2}
    run = played(
        tmp_path,
        FIRST_MOVER,
        agent="selfish",
        worth=worth,
        episodes=5,
        settings=settings,
    )
    assert run.status == "done"
    for episode in run.episodes:
        assert set(episode.forfeits.values()) == {0}
        assert len(episode.steps) == 6
        assert sum(episode.credit.values.values()) == pytest.approx(
            episode.credit.grand - episode.credit.empty
        )


def test_the_default_worth_is_one_that_every_environment_has(tmp_path):
    run = played(tmp_path, f"{ODD}.names:Numbered", agent="random")
    assert run.status == "done"
    assert run.episodes[0].credit.worth == "realised"


def test_parameters_go_to_the_environment(tmp_path):
    pytest.importorskip("mpe2")
    run = played(
        tmp_path,
        "pettingzoo:mpe2.simple_spread_v3",
        agent="random",
        worth="replay",
        settings={"game.idle": 0, "game.N": 3, "game.horizon": 4},
    )
    assert len(run.episodes[0].seats) == 3


def test_an_environment_that_ends_the_program_ends_its_episode_alone(tmp_path):
    run = played(tmp_path, f"{ODD}.failures:Quits", agent="random", episodes=2)
    assert run.status == "failed"
    events = (run.path / "events.jsonl").read_text(encoding="utf-8")
    assert events.count("failed at step 2 with SystemExit") == 2


def test_seats_of_every_name_can_be_given_an_agent(tmp_path):
    run = played(
        tmp_path, f"{ODD}.names:Paired", agent="selfish", seats={"red_0": "random"}
    )
    assert run.episodes[0].seats == ("red_0", "blue_0")
    with pytest.raises(ConfigError, match="red_1"):
        played(tmp_path, f"{ODD}.names:Paired", seats={"red_1": "random"})


class Lost(Rider):
    async def act(self, view):
        raise RuntimeError("lost the map")


def test_a_baseline_that_breaks_costs_its_episode_and_is_named(tmp_path):
    run = played(
        tmp_path,
        f"{ODD}.names:Numbered",
        agent="random",
        worth="replay",
        episodes=2,
        settings={"worth.baseline": f"{__name__}:Lost"},
    )
    events = (run.path / "events.jsonl").read_text(encoding="utf-8")
    assert run.status == "failed"
    assert events.count(f"{__name__}.Lost at agent_") == 2
    assert "lost the map" in events


@pytest.mark.parametrize("present", [(), ("a_0",)])
@pytest.mark.parametrize("seed", range(4))
def test_the_economy_stands_where_the_episode_stands(seed, present):
    game = load("games", FIRST_MOVER)()
    game.start(seed)
    economy = Economy(game.fresh(), np.random.default_rng(0), present)
    steps = []
    while game.agents:
        economy.catch_up(steps, game.lookahead)
        assert economy.game.legal("a_0") == game.legal("a_0")
        joint = {seat: game.legal(seat)[0] for seat in game.agents}
        steps.append(game.apply(joint))
    economy.catch_up(steps, game.lookahead)
    assert not economy.game.agents


def test_lookahead_does_not_foresee_the_episodes_dice():
    game = load("games", "raid")()
    game.start(7)
    joint = dict.fromkeys(game.seats, "fireball")
    game.apply(joint)
    ahead = game.lookahead()
    assert ahead.facts("hero_0") == game.facts("hero_0")
    assert game.world.state == ahead.world.state
    game.apply(joint)
    ahead.apply(joint)
    assert game.world.state.boss != ahead.world.state.boss


class Talkative(Plain):
    """Prints whatever it does."""

    def reset(self, seed=None, options=None):
        print("a new game")
        return super().reset(seed, options)

    def step(self, actions):
        print("a step")
        return super().step(actions)


def test_what_an_environment_prints_is_no_part_of_the_output(cli):
    code, out, err = cli(
        "play",
        f"pettingzoo:{__name__}:Talkative",
        *("--agent", "random", "--protocol", "solo", "--worth", "replay", "--json"),
    )
    assert code == 0, err
    assert json.loads(out)["episodes"] == 1
