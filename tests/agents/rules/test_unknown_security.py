"""Seats that bargain in a game of several steps that does not say what a seat can secure."""

import asyncio

from shapley_coop.simulation.run import run
from tests.fixtures.broken import games
from tests.fixtures.plays import configured


class Long(games.Bus):
    horizon = 2

    def plan(self):
        return dict.fromkeys(self.seats, ("ride", "ride"))


def test_a_plan_is_bargained_for_where_nobody_knows_what_a_seat_can_secure(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(games, "Long", Long, raising=False)
    config = configured(
        "tests.fixtures.broken.games:Long",
        protocol="shapley-coop",
        worth={"kind": "oracle"},
    )
    (episode,) = asyncio.run(run(config, tmp_path)).episodes()
    assert (episode.status, episode.error) == ("done", "")
    assert sum(len(step.actions) for step in episode.steps) == 4
