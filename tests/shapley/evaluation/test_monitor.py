"""Stopping rules, and estimates and progress on a schedule."""

import asyncio
import time

import numpy as np
import pytest

from shapley_coop.shapley import (
    Options,
    Session,
    evaluate,
    half_width,
    max_cost,
    max_evaluations,
    max_seconds,
    settled_ranking,
)
from tests.shapley.evaluation.async_game import N, Recorder, run, value


def test_stops_compose_and_nothing_starts_past_them():
    game = Recorder()
    found = run(game, budget=400, workers=5, stop=max_evaluations(50) | max_seconds(60))
    assert 50 <= len(game.calls) <= 54
    assert found.stopped_by == "(50 evaluations or 60 s)"

    async def priced(coalition, _draw):
        return value(coalition), 0.5

    costly = run(priced, budget=400, workers=1, stop=max_cost(20) & max_evaluations(10))
    assert costly.cost == 20
    assert costly.evaluations == 40


def test_a_tolerance_or_a_settled_ranking_stops_early():
    tight = run(Recorder(), budget=500, workers=1, stop=half_width(0.5))
    assert tight.evaluations < 300
    assert (1.96 * tight.estimate.stderr <= 0.5).all()
    ranked = run(Recorder(), budget=500, workers=1, stop=settled_ranking())
    assert ranked.evaluations < 500
    assert np.argsort(-ranked.estimate.values).tolist() == list(range(N))
    with pytest.raises(ValueError, match="positive"):
        half_width(0)
    with pytest.raises(ValueError, match="up to 1; got 95"):
        settled_ranking(95)


class SlowToEstimate(Session):
    """A session whose estimate takes 0.25 s, as one from thousands of pairs does."""

    made, busy = 0, False

    def estimate_from(self, data):
        SlowToEstimate.busy = True
        time.sleep(0.25)
        SlowToEstimate.made, SlowToEstimate.busy = SlowToEstimate.made + 1, False
        return super().estimate_from(data)


def test_the_event_loop_goes_on_while_an_estimate_is_made(monkeypatch):
    monkeypatch.setattr(
        "shapley_coop.shapley.evaluation.concurrent.Session", SlowToEstimate
    )
    SlowToEstimate.made = 0
    beats_meanwhile, started_meanwhile = [], []

    async def heartbeat():
        while True:
            await asyncio.sleep(0.002)
            beats_meanwhile.append(SlowToEstimate.busy)

    async def game(coalition, _draw):
        started_meanwhile.append(SlowToEstimate.busy)
        await asyncio.sleep(0.002)
        return value(coalition)

    async def both():
        beats = asyncio.create_task(heartbeat())
        options = Options(workers=4, stop=half_width(1e-9) & max_evaluations(999))
        found = await evaluate(
            game, N, budget=40, rng=np.random.default_rng(0), options=options
        )
        beats.cancel()
        return found

    found = asyncio.run(both())
    assert SlowToEstimate.made >= 4
    # Each estimate on the loop would hold it whole, so that nothing could begin meanwhile.
    assert any(beats_meanwhile)
    assert found.evaluations == len(started_meanwhile) == 40
    assert any(started_meanwhile)
    assert (
        sum(started_meanwhile) <= 3 * SlowToEstimate.made
    )  # one for each other worker


def test_no_more_than_the_workers_start_before_a_stop_is_known(monkeypatch):
    monkeypatch.setattr(
        "shapley_coop.shapley.evaluation.concurrent.Session", SlowToEstimate
    )
    for workers in (1, 4):
        game = Recorder()
        found = run(game, budget=400, workers=workers, stop=half_width(1e9))
        # The first estimate is due after n + 2 evaluations; those in flight then are counted.
        assert N + 2 <= found.evaluations <= N + 2 + 2 * (workers - 1)


def test_progress_is_reported_on_a_schedule():
    seen = []
    run(Recorder(), budget=200, workers=1, on_progress=seen.append)
    counts = [p.evaluations for p in seen]
    assert counts == sorted(set(counts))
    assert 5 < len(counts) < 25
    assert seen[-1].estimate is not None
