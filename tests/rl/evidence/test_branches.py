"""Values at the turns of a recorded run: who plays on, what is sampled, and what is refused."""

import itertools
import json

import numpy as np
import pytest

from games.escape_room.lio import EscapeRoomN
from games.raid.game import Raid
from shapley_coop.cli.main import main
from shapley_coop.errors import ConfigError, GameError
from shapley_coop.records import Episode, Step
from shapley_coop.rl.evidence.branches import continuation, returns_from
from shapley_coop.runs.store import RunFolder
from shapley_coop.simulation.worker import make_game
from tests.fixtures.plays import configured, played

PARAMETERS = {"seats": 3, "levers": 1}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    room = (
        "escape-room-n",
        "--set",
        "game.seats=3",
        "--set",
        "game.levers=1",
        "-n",
        "3",
    )
    for agent, protocol in (("random", "solo"), ("rational", "talk")):
        how = (
            "--agent",
            agent,
            "--protocol",
            protocol,
            "--runs-dir",
            str(folder / agent),
        )
        main(["play", *room, *how, "--json"])
    return {path.parent.name: path for path in folder.glob("*/*")}


@pytest.fixture
def report(runs, capsys):
    def call(agent, *arguments):
        capsys.readouterr()
        main(["report", str(runs[agent]), *arguments])
        return capsys.readouterr().out

    return call


def sampled(game, episode, config, how):
    return returns_from(
        game, episode, how, seed=config.run.seed, protocol=config.protocol
    )


def figures(out):
    found = json.loads(out)
    return found, {(t["seat"], t["turn"]): t["credit"] for t in found["turns"]}


def test_chain_credit_is_the_rise_of_the_sampled_value(runs, report):
    run = RunFolder.open(runs["random"])
    game = make_game(run.config)
    for episode in run.episodes():
        out = report(
            "random", "--credit", "spo_chain", "--episode", str(episode.index), "--json"
        )
        found, credit = figures(out)
        assert found["valued_by"] == {
            "rollouts": 9,
            "players": dict.fromkeys(game.seats, "random"),
        }
        how = continuation(run.config, game, 9, None)
        value = sampled(game, episode, run.config, how).mean(axis=1)
        assert value.shape == (len(episode.steps), 3)
        for place, seat in enumerate(game.seats):
            line = [*value[:, place], episode.raw[seat]]
            for turn, (before, after) in enumerate(itertools.pairwise(line)):
                assert credit[seat, turn] == pytest.approx(after - before, abs=1e-9)
            total = sum(credit[seat, t] for t in range(len(episode.steps)))
            assert total == pytest.approx(episode.raw[seat] - value[0, place], abs=1e-9)


def test_tree_credit_compares_the_recorded_step_with_the_plays_beside_it(runs, report):
    run = RunFolder.open(runs["random"])
    game = make_game(run.config)
    (episode, *_) = run.episodes()
    _, credit = figures(
        report("random", "--credit", "spo_tree", "--rollouts", "4", "--json")
    )
    beside = sampled(game, episode, run.config, continuation(run.config, game, 4, None))
    for place, seat in enumerate(game.seats):
        after = episode.raw[seat]
        for turn in reversed(range(len(episode.steps))):
            here = (after + beside[turn, :, place].sum()) / 5
            assert credit[seat, turn] == pytest.approx(after - here, abs=1e-9)
            after = here


def test_the_report_says_who_valued_the_branch_points_and_repeats_itself(report):
    out = report("random", "--credit", "spo_chain")
    assert (
        "branch points valued by 9 plays each, every seat going on as 'random'" in out
    )
    assert out == report("random", "--credit", "spo_chain")
    idle = report(
        "random", "--credit", "spo_tree", "--rollouts", "2", "--continue-with", "idle"
    )
    assert "branch points valued by 2 plays each, every seat going on as 'idle'" in idle


def test_rational_seats_keep_what_was_signed_when_they_go_on(runs, report):
    """All went to plan, so playing on from any turn pays what was paid: no turn raised the value.

    Without the contract nobody would work the lever and the value would be 0.
    """
    _, credit = figures(report("rational", "--credit", "spo_chain", "--json"))
    assert list(credit.values()) == pytest.approx([0.0] * len(credit), abs=1e-9)
    idle = ("--continue-with", "idle", "--json")
    _, credit = figures(report("rational", "--credit", "spo_chain", *idle))
    assert sorted(credit[seat, 0] for seat in ("player_0", "player_1", "player_2")) == [
        -1,
        10,
        10,
    ]


def test_models_are_replaced_by_the_baseline():
    game = EscapeRoomN(**PARAMETERS)
    mixed = configured(
        "escape-room-n", parameters=PARAMETERS, seats={"player_1": "scripted"}
    )
    assert set(continuation(mixed, game, 1, None).players.values()) == {"selfish"}
    rules = configured(
        "escape-room-n", parameters=PARAMETERS, seats={"player_1": "random"}
    )
    how = continuation(rules, game, 1, None)
    assert how.players == {
        "player_0": "rational",
        "player_1": "random",
        "player_2": "rational",
    }
    assert "player_1 going on as 'random'" in how.in_words()
    with pytest.raises(ConfigError, match="at least one rollout, got 0"):
        continuation(rules, game, 0, None)


def test_dice_are_thrown_anew_and_follow_the_seed():
    class Dice(EscapeRoomN):
        def advance(self, actions):
            paid = super().advance(actions)
            return {
                seat: reward + float(self.rng.normal()) for seat, reward in paid.items()
            }

    game = Dice(**PARAMETERS)
    config = configured(
        "escape-room-n", agent="random", parameters=PARAMETERS, protocol="solo"
    )
    episode, _ = played(config, 1, game=game)
    how = continuation(config, game, 5, "idle")
    found = sampled(game, episode, config, how)
    assert len(np.unique(found[0, :, 0])) == 5
    np.testing.assert_array_equal(found, sampled(game, episode, config, how))
    other = config.model_copy(update={"run": config.run.model_copy(update={"seed": 9})})
    assert (found != sampled(game, episode, other, how)).any()


class Forgetful(Raid):
    """Keeps its clock of blows outside its world, so a snapshot does not hold it."""

    def begin(self):
        self.blows = 0
        return super().begin()

    def advance(self, actions):
        self.blows += 1
        return {
            seat: reward + self.blows
            for seat, reward in super().advance(actions).items()
        }


class Stuck(Raid):
    """Cannot be put back."""

    def restore(self, moment):
        raise RuntimeError("the save file is locked")


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Forgetful, "does not come back to step 1 of episode 0"),
        (Stuck, "the save file is locked"),
    ],
)
def test_games_that_do_not_come_back_are_named(kind, told):
    game = kind(heroes=2, level=1, horizon=4)
    game.start(5)
    steps: list[Step] = []
    while game.agents:
        steps.append(game.apply({seat: game.legal(seat)[0] for seat in game.agents}))
    blank = {field: {} for field in ("raw", "payoffs", "columns", "forfeits")}
    episode = Episode.model_construct(
        index=0, seed=5, steps=tuple(steps), contracts=(), **blank
    )
    config = configured("raid", agent="random", protocol="solo")
    with pytest.raises(GameError, match=told):
        sampled(game, episode, config, continuation(config, game, 2, "idle"))
