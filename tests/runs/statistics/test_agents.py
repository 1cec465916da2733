"""How an agent came out at its own seats, and what it left to the others."""

import asyncio

from shapley_coop.config.resolve import resolve
from shapley_coop.config.seeds import generator
from shapley_coop.runs.statistics.agents import agent_outcome
from shapley_coop.simulation.run import run


def episodes_of(tmp_path, **fields):
    config = resolve({"game": {"id": "escape-room"}, "run": {"episodes": 3}, **fields})
    return list(asyncio.run(run(config, tmp_path)).episodes())


def test_one_seat_is_counted_where_others_sit_beside_it(tmp_path):
    episodes = episodes_of(tmp_path, agent="breaker", seats={"player_0": "rational"})
    outcome = agent_outcome(episodes, generator(0, "test"), has_others=True)
    assert outcome.episodes == 3
    assert list(outcome.payoffs) == ["player_0"]
    assert outcome.payoffs["player_0"] == outcome.measures["payoff"].value
    assert outcome.measures["others_rational"].n == 3


def test_all_seats_are_counted_where_it_has_all(tmp_path):
    episodes = episodes_of(tmp_path, agent="rational")
    outcome = agent_outcome(
        episodes, generator(0, "test"), has_others=False, sample=False
    )
    assert outcome.payoffs == {"player_0": 4.5, "player_1": 4.5}
    assert outcome.measures["total"].value == 9
    assert outcome.measures["others_rational"].n == 0
    # Nothing was drawn, so nothing is uncertain.
    assert outcome.measures["success"].interval is None


def test_an_episode_that_broke_is_no_success_and_has_no_total(tmp_path):
    episodes = episodes_of(tmp_path, agent="rational")
    broken = episodes[0].model_copy(update={"status": "failed", "success": False})
    outcome = agent_outcome(
        [broken, *episodes[1:]], generator(0, "test"), has_others=False
    )
    assert outcome.measures["success"].n == 3
    assert outcome.measures["success"].value == 2 / 3
    assert outcome.measures["total"].n == 2
