"""The schedule: every episode once, the lowest first, none far ahead of one that takes long."""

import asyncio
import socket

import pytest

from shapley_coop.errors import ConfigError
from shapley_coop.simulation.executors.choice import choose_executor
from shapley_coop.simulation.executors.ray_cluster import ray_cluster
from shapley_coop.simulation.executors.schedule import ErrandSchedule


def test_episodes_are_handed_out_once_and_the_lowest_first():
    schedule = ErrandSchedule([3, 1, 2])
    assert [schedule.take_now() for _ in range(4)] == [1, 2, 3, None]


def test_what_comes_back_is_handed_out_before_what_is_later():
    schedule = ErrandSchedule(range(5))
    assert [schedule.take_now() for _ in range(3)] == [0, 1, 2]
    schedule.give_back(1)
    assert [schedule.take_now() for _ in range(3)] == [1, 3, 4]


def test_one_that_takes_long_holds_up_those_far_ahead():
    schedule = ErrandSchedule(range(100), most_ahead=10)
    assert schedule.take_now() == 0
    early = iter(schedule.take_now, None)
    ahead = list(early)
    assert ahead == list(range(1, 11))
    for index in ahead:
        schedule.end(index)
    assert schedule.take_now() is None
    schedule.end(0)
    assert schedule.take_now() == 11


def test_who_waits_is_given_what_comes_back_and_told_when_all_is_over():
    async def scene():
        schedule = ErrandSchedule([7])
        assert await schedule.take() == 7
        waiting = [asyncio.create_task(schedule.take()) for _ in range(2)]
        await asyncio.sleep(0)
        schedule.give_back(7)
        done, left = await asyncio.wait(
            waiting, timeout=1, return_when="FIRST_COMPLETED"
        )
        assert [task.result() for task in done] == [7]
        schedule.end(7)
        return [await task for task in left]

    assert asyncio.run(scene()) == [None]


def test_without_ray_it_is_told_what_to_install(monkeypatch):
    place = "shapley_coop.simulation.executors.ray_cluster.find_spec"
    monkeypatch.setattr(place, lambda _name: None)
    with pytest.raises(ConfigError, match=r"pip install 'shapley-coop\[ray\]'"):
        choose_executor("ray", workers=2)


def test_an_address_at_which_nobody_listens_is_told_at_once():
    pytest.importorskip("ray")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with (
        pytest.raises(ConfigError, match="no Ray cluster at"),
        ray_cluster(address=f"127.0.0.1:{port}"),
    ):
        pass
