"""ER(N, M): LIO's rules case by case, its worth, and replay at a thousand seats."""

import itertools

import numpy as np
import pytest

from games.escape_room.lio import EscapeRoomN
from shapley_coop.errors import ConfigError, IllegalMove
from shapley_coop.interfaces.contract.plays import play
from shapley_coop.interfaces.contract.worths import coalitions, worth
from tests.fixtures.clocks import effort_below


def acted(game, *actions):
    step = game.apply(dict(zip(game.seats, actions, strict=True)))
    return list(step.rewards.values())


def test_moves_cost_and_staying_is_free():
    game = EscapeRoomN(3, 2)
    assert acted(game, "start", "lever", "door") == [0, -1, -1]
    assert acted(game, "start", "lever", "start") == [0, 0, -1]
    assert game.facts("player_1")["place"] == "lever"
    assert game.outcomes() == frozenset()


def test_holding_the_lever_counts_and_leaving_it_does_not():
    game = EscapeRoomN(4, 2)
    assert acted(game, "lever", "lever", "start", "start") == [-1, -1, 0, 0]
    assert game.outcomes() == {"door-open"}
    assert acted(game, "lever", "start", "door", "door") == [0, -1, -1, -1]
    assert game.outcomes() == frozenset()
    assert game.agents
    assert acted(game, "lever", "lever", "door", "start") == [0, -1, 10, -1]
    assert game.outcomes() == {"door-open", "escaped"}
    assert not game.agents


def test_the_horizon_ends_it():
    game = EscapeRoomN(3, 1, horizon=2)
    acted(game, "lever", "lever", "lever")
    _, _, terminated, truncated, _ = game.step(dict.fromkeys(game.agents, 0))
    assert not any(terminated.values())
    assert all(truncated.values())


@pytest.mark.parametrize(
    ("seats", "levers"), [(2, 1), (3, 2), (5, 2), (10, 3), (100, 30)]
)
def test_the_plan_earns_lios_optimum(seats, levers):
    game = EscapeRoomN(seats, levers)
    ending = game.preview(game.plan())
    assert sum(ending.payoffs.values()) == 10 * (seats - levers) - levers
    assert ending.outcomes == {"door-open", "escaped"}
    assert worth(game.oracle(), game.seats) == 10 * (seats - levers) - levers


@pytest.mark.parametrize("levers", [1, 2])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_worth_is_the_best_of_all_plays(levers, size):
    game = EscapeRoomN(3, levers, horizon=2)
    smaller = game.restrict(game.seats[:size])
    lines = list(itertools.product(game.actions, repeat=2))
    best = max(
        sum(
            smaller.preview(
                dict(zip(smaller.seats, plan, strict=True))
            ).payoffs.values()
        )
        for plan in itertools.product(lines, repeat=size)
    )
    assert best == worth(game.oracle(), smaller.seats)


def test_where_the_lever_costs_more_than_the_door_pays_all_stay():
    game = EscapeRoomN(12, 11)
    assert set(game.plan().values()) == {("start",)}
    assert worth(game.oracle(), game.seats) == 0


def test_replay_goes_on_where_the_absent_had_ended_the_game():
    """Without the seat that left, the others' later recorded moves are played, then they stay."""
    game = EscapeRoomN(3, 1)
    history = {
        "player_0": ("lever",),
        "player_1": ("door",),
        "player_2": ("door", "lever"),
    }
    closed = game.replay_oracle(history)
    assert worth(closed, game.seats) == 19
    assert worth(closed, ("player_0",)) == -1
    assert worth(closed, ("player_1",)) == -1
    assert worth(closed, ("player_1", "player_2")) == -1 + 10 - 1 - 1
    for coalition in coalitions(game.seats):
        again = game.restrict(coalition).preview({s: history[s] for s in coalition})
        assert worth(closed, coalition) == sum(again.payoffs.values())


def test_replay_groups_seats_by_what_they_did():
    game = EscapeRoomN(6, 2)
    steps = play(game, 4)
    history = {s: tuple(step.actions[s] for step in steps) for s in game.seats}
    kinds = game.replay_oracle(history).kinds
    assert sorted(itertools.chain(*kinds)) == sorted(game.seats)
    assert all(len({history[seat] for seat in kind}) == 1 for kind in kinds)
    assert len(kinds) == len(set(history.values()))


def test_replay_of_a_thousand_seats_is_fast_and_exact():
    game = EscapeRoomN(1000, 300)
    grid = np.stack(
        np.meshgrid(np.arange(701), np.arange(301), indexing="ij"), -1
    ).reshape(-1, 2)
    with effort_below(1):
        closed = game.replay_oracle(game.plan())
        values = closed.values(grid)
    assert [len(kind) for kind in closed.kinds] == [700, 300]
    open_ = grid[:, 1] >= 300
    assert (values == np.where(open_, 10 * grid[:, 0] - 300, -grid.sum(axis=1))).all()


def test_a_history_of_another_game_is_refused():
    game = EscapeRoomN(3, 1)
    with pytest.raises(IllegalMove, match="stranger"):
        game.replay_oracle({"stranger": ("door",)})
    with pytest.raises(IllegalMove, match="'fly'; actions: lever, start, door"):
        game.replay_oracle({"player_0": ("fly",)})


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"seats": 3, "levers": 3}, "seats=3 and levers=3.*more seats than levers"),
        ({"seats": 2, "levers": 5}, "seats=2 and levers=5"),
        ({"seats": 1}, "seats=1; give a whole number of at least 2"),
        ({"levers": 0}, "levers=0"),
        ({"horizon": "five"}, "horizon='five'"),
    ],
)
def test_wrong_parameters_are_explained(parameters, said):
    with pytest.raises(ConfigError, match=f"escape-room-n.*{said}"):
        EscapeRoomN(**parameters)


def test_restricting_to_a_stranger_is_explained():
    with pytest.raises(ConfigError, match="unknown seat 'player_9'"):
        EscapeRoomN().restrict(["player_9"])


def test_a_restricted_game_has_its_own_spaces_and_moments():
    game = EscapeRoomN(4, 2)
    game.observation_space("player_0")
    smaller = game.restrict(("player_1", "player_3"))
    acted(smaller, "lever", "door")
    assert set(smaller.observation_spaces) == {"player_1", "player_3"}
    assert game.facts("player_1")["place"] == "start"
    assert game.clock == 0


def test_an_illegal_index_is_answered_by_the_fallback_and_named():
    class Locked(EscapeRoomN):
        def legal(self, seat):
            return ("start",)

    *_, infos = Locked().step(dict.fromkeys(Locked().seats, 2))
    assert infos["player_0"] == {"illegal": "door"}
