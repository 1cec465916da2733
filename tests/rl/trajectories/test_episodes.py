"""Credit over time on real games: rows by replay, prefix credit that telescopes, branch points."""

import numpy as np
import pytest
import torch
from numpy.random import SeedSequence

from games.escape_room.lio import EscapeRoomN
from games.raid.game import Raid
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.replay import replay
from shapley_coop.errors import ConfigError, GameError
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Episode
from shapley_coop.rl.assignment.spec import assign_credit
from shapley_coop.rl.evidence.prefixes import credit_over_time, evidence_of
from shapley_coop.rl.forecast.features import public_features, public_paths, width
from shapley_coop.rl.trajectories.episodes import (
    Span,
    Turn,
    branch_points,
    moments,
    state_texts,
    trajectories,
)
from tests.golden.credit.segments import Rollout
from tests.rl.sampling import game_values, grow_tree

GAMES = [
    (EscapeRoomN(seats=3, levers=1), "idle"),
    (EscapeRoomN(seats=4, levers=2), "removed"),
    (Raid(heroes=2, level=1, horizon=6, action_rewards=True), "idle"),
    (Raid(heroes=3, level=1, horizon=5, action_rewards=True), "removed"),
]
IDS = ["escape idle", "escape removed", "raid idle", "raid removed"]


def recorded(game, seed, index=0):
    """An episode of random legal actions."""
    stage, rng, steps = game.fresh(), np.random.default_rng(seed), []
    stage.start(seed)
    while stage.agents:
        steps.append(
            stage.apply({seat: rng.choice(stage.legal(seat)) for seat in stage.agents})
        )
    return Episode(index=index, seed=seed, seats=game.seats, steps=tuple(steps))


def total(stage, policy):
    paid = 0.0
    while stage.agents:
        paid += sum(
            stage.apply({s: policy(stage, s) for s in stage.agents}).rewards.values()
        )
    return paid


def test_the_caller_says_what_of_the_facts_is_compared():
    game = GAMES[0][0]
    episodes = [recorded(game, 3)]
    batch = trajectories(game, episodes)
    names = list(game.facts(game.seats[0]))
    whole = state_texts(batch, game, episodes)
    part = state_texts(batch, game, episodes, lambda facts: facts[names[0]])
    assert len(whole) == len(part) == batch.reward_R.numel()
    assert all(names[0] in text and names[-1] in text for text in whole)
    assert all(len(short) < len(long) for short, long in zip(part, whole, strict=True))


@pytest.mark.parametrize(("game", "rule"), GAMES, ids=IDS)
def test_rows_hold_each_turn_with_the_state_before_it(game, rule):
    episodes = [recorded(game, seed, index) for index, seed in enumerate((3, 4, 5))]
    marked = Turn(1, game.seats[-1], 0)
    batch = trajectories(game, episodes, invalid={marked})
    assert batch.reward_R.numel() == sum(
        len(e.steps) * len(game.seats) for e in episodes
    )
    for e, s, t, reward, valid in zip(
        *(x.tolist() for x in (batch.episode_R, batch.seat_R, batch.turn_R)),
        batch.reward_R.tolist(),
        batch.valid_R.tolist(),
        strict=True,
    ):
        assert reward == episodes[e].steps[t].rewards[game.seats[s]]
        assert valid == (Turn(e, game.seats[s], t) != marked)
    opening = batch.turn_R == 0
    for seat in range(len(game.seats)):
        assert len(batch.anchor_R[opening & (batch.seat_R == seat)].unique()) == 1
    assert batch.anchor_R.unique().numel() > len(game.seats)
    assert batch.cohorts == len(game.seats)


def test_tokens_of_a_turn_become_its_span():
    game = EscapeRoomN(seats=2, levers=1)
    episode = recorded(game, 1)
    tokens = {
        Turn(0, "player_1", 0): Span(
            (0.1, 0.2, 0.3), (-0.5, -0.1, -0.2), (True, True, False)
        )
    }
    batch = trajectories(game, [episode], tokens=tokens)
    row = int(((batch.seat_R == 1) & (batch.turn_R == 0)).nonzero())
    span = slice(int(batch.offsets[row]), int(batch.offsets[row + 1]))
    assert batch.value_K[span].tolist() == [0.1, 0.2, 0.3]
    assert batch.mask_K[span].tolist() == [True, True, False]
    assert batch.value_K.numel() == batch.reward_R.numel() + 2


def test_an_episode_of_another_game_is_refused():
    episode = recorded(Raid(heroes=2, level=2, horizon=6), 7)
    with pytest.raises(GameError, match="does not repeat itself"):
        list(moments(Raid(heroes=2, level=2, horizon=6, action_rewards=True), episode))


@pytest.mark.parametrize(("game", "rule"), GAMES, ids=IDS)
def test_prefix_credit_telescopes_to_the_measured_credit(game, rule):
    for seed in (2, 9):
        episode = recorded(game, seed)
        credit = credit_over_time(game, episode, rule=rule)
        worth = replay(game, seed, episode.steps, rule=rule)
        final = measure(worth, game.seats, WorthSettings(), kind="replay", absence=rule)
        wanted = torch.tensor(
            [final.values[seat] for seat in game.seats], dtype=torch.float64
        )
        gains = credit.diff(dim=0)
        assert gains.abs().max() > 0
        torch.testing.assert_close(credit[0] + gains.sum(0), wanted, rtol=0, atol=1e-9)
        pot = sum(sum(step.rewards.values()) for step in episode.steps)
        assert float(credit[-1].sum()) == pytest.approx(pot - final.empty, abs=1e-9)

        batch = trajectories(game, [episode])
        shaped = assign_credit("shapley", batch, evidence_of(batch, {0: credit}))
        first = batch.starts[:-1]
        torch.testing.assert_close(
            shaped.row_R[first], wanted - credit[0], rtol=0, atol=1e-9
        )


def test_a_prefix_pays_for_what_its_actions_secure():
    game = EscapeRoomN(seats=2, levers=1, horizon=3)
    stage = game.fresh()
    stage.start(0)
    steps = tuple(
        stage.apply(dict(zip(game.seats, joint, strict=True)))
        for joint in (("start", "start"), ("lever", "door"))
    )
    episode = Episode(index=0, seed=0, seats=game.seats, steps=steps)
    credit = credit_over_time(game, episode, rule="idle")
    # By hand: staying put earns nothing, either move alone costs 1, both together earn 9.
    assert credit[:2].tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert float(credit[2].sum()) == pytest.approx(9.0)
    assert credit[2, 0] == pytest.approx(credit[2, 1])


def test_too_many_seats_and_live_rules_are_refused():
    game = EscapeRoomN(seats=4, levers=1)
    episode = recorded(game, 0)
    with pytest.raises(ConfigError, match="at most 3 seats"):
        credit_over_time(game, episode, rule="idle", exact_seats=3)
    with pytest.raises(ConfigError, match="swap"):
        credit_over_time(game, episode, rule="swap")


@pytest.mark.parametrize("game", [GAMES[0][0], GAMES[2][0]], ids=["escape", "raid"])
def test_values_from_branch_points_of_a_real_game(game):
    episode = recorded(game, 6)
    stage = game.fresh()
    stage.start(6)
    points = branch_points(game, episode)
    before = stage.snapshot()

    def by_fallback(stage, _):
        return Rollout(total(stage, lambda g, seat: g.fallback(seat)))

    values = game_values(stage, points, by_fallback, 2, SeedSequence(0))
    for t, found in enumerate(values):  # the same play through plan-following
        plan = {s: [step.actions[s] for step in episode.steps[:t]] for s in game.seats}
        past = sum(sum(step.rewards.values()) for step in episode.steps[:t])
        assert found + past == pytest.approx(
            sum(stage.preview(plan).payoffs.values()), abs=1e-9
        )
    assert values[-1] == 0.0
    assert (stage.clock, stage.agents) == (before.clock, list(before.agents))
    assert [step.rewards for step in recorded_again(stage, episode)] == [
        step.rewards for step in episode.steps
    ]


def recorded_again(stage, episode):
    return [stage.apply(step.actions) for step in episode.steps]


def test_a_tree_grows_from_a_real_game():
    game = Raid(heroes=2, level=2, horizon=4)
    game.start(3)

    def segment(stage, rng):
        step = stage.apply({s: rng.choice(stage.legal(s)) for s in stage.agents})
        return None if stage.agents else sum(step.rewards.values())

    def score(stage):
        return -float(stage.world.state.boss)

    tree = grow_tree(game, segment, score, (3, 2), SeedSequence(1), "root")
    assert game.clock == 0
    assert [len(child.children) for child in tree.children] == [2, 2, 2]
    assert len({leaf.reward for child in tree.children for leaf in child.children}) > 2
    again = grow_tree(game, segment, score, (3, 2), SeedSequence(1), "root")
    assert again == tree


def test_public_features_follow_from_the_steps_so_far_alone():
    game = Raid(heroes=2, level=1, horizon=6, action_rewards=True)
    episode = recorded(game, 4)
    whole = public_features(game, 4, episode.steps)
    assert len(whole) == len(episode.steps)
    for seen in range(1, len(whole)):
        part = public_features(game, 4, episode.steps[:seen])
        np.testing.assert_array_equal(part, whole[:seen])
    actions, seats = len(game.actions), len(game.seats)
    taken = whole[-1][-actions * seats :] * game.horizon
    paid = whole[-1][-actions * seats - seats : -actions * seats]
    assert taken.sum() == pytest.approx(seats * len(episode.steps))
    raw = [sum(step.rewards[seat] for step in episode.steps) for seat in game.seats]
    assert paid.tolist() == pytest.approx(raw)
    with pytest.raises(GameError, match="does not repeat itself"):
        public_features(Raid(heroes=2, level=1, horizon=6), 4, episode.steps)


class Hands(Game):
    """Everybody holds a card that nobody else sees. The score is open."""

    name = "hands"
    actions = ("pass",)
    goal = "none"
    horizon = 2

    def begin(self):
        return self.rng.integers(1, 100, len(self.possible_agents)).tolist()

    def advance(self, actions):
        return dict.fromkeys(self.agents, 1.0)

    def facts(self, seat):
        own = self.world[self.possible_agents.index(seat)]
        return {"score": {"mine": self.clock, "target": 7}, "card": own, "log": [own]}


def test_what_one_seat_alone_sees_enters_no_public_feature():
    game = Hands(("a", "b"))
    assert public_paths(game) == (("score", "mine"), ("score", "target"), ("card",))
    rows = []
    for seed in range(4):
        game.start(seed)
        assert game.world[0] != game.world[1]
        steps = [game.apply({"a": "pass", "b": "pass"}) for _ in range(2)]
        rows.append(public_features(game, seed, steps))
        assert rows[-1].shape == (2, width(game))
    assert all(np.array_equal(row, rows[0]) for row in rows)
    assert rows[0][1, :4].tolist() == [0.0, 2.0, 7.0, 0.0]


def test_public_features_name_what_all_heroes_see_alike():
    game = Raid(heroes=3, level=2, horizon=6)
    steps = recorded(game, 2).steps
    row = public_features(game, 2, steps)[-1]
    game.start(2)
    for step in steps:
        game.apply(step.actions)
    shown = dict(zip(public_paths(game), row[1:], strict=False))
    for hero, name in enumerate(game.seats):
        assert shown["heroes", name, "health"] == game.world.state.health[hero]
