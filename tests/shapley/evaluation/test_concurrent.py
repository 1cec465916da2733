"""The asynchronous driver: concurrency, single flight, failures, log, stops."""

import asyncio
import subprocess
import sys
import time
from contextlib import closing

import numpy as np
import pytest

from shapley_coop.shapley import (
    Options,
    Session,
    estimate,
    evaluate,
    half_width,
    max_cost,
    max_evaluations,
    max_seconds,
    settled_ranking,
)
from shapley_coop.shapley.coalitions import players
from shapley_coop.shapley.evaluation.journal import Journal, JournalEntry

WORTH = np.array([5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.1, 0.0])
N = len(WORTH)


def value(coalition):
    pairs = sum(0.3 for i in coalition if (i + 1) % N in coalition)
    return float(sum(WORTH[i] for i in coalition)) + pairs


def matrix_game(z):
    return [value(frozenset(np.flatnonzero(row).tolist())) for row in z]


def run(game, *, budget=100, seed=0, n=N, **options):
    rng = np.random.default_rng(seed)
    return asyncio.run(
        evaluate(game, n, budget=budget, rng=rng, options=Options(**options))
    )


class Recorder:
    def __init__(self):
        self.calls, self.now, self.most = [], 0, 0

    async def __call__(self, coalition, draw):
        self.calls.append((coalition, draw))
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        return value(coalition)


def test_one_worker_gives_the_synchronous_estimate():
    game = Recorder()
    found = run(game, workers=1)
    truth = estimate(matrix_game, N, budget=100, rng=np.random.default_rng(0))
    assert found.estimate.values == pytest.approx(truth.values)
    assert found.evaluations == len(game.calls) == 100


def test_workers_overlap_and_never_repeat_a_draw():
    game = Recorder()
    found = run(game, workers=7)
    assert game.most == 7
    assert len(set(game.calls)) == len(game.calls) == 100
    assert found.estimate.evaluations == 100
    assert found.stopped_by == "the budget or the plan is used up"


def test_waiting_is_overlapped():
    async def slow(coalition, _draw):
        await asyncio.sleep(0.02)
        return value(coalition)

    start = time.monotonic()
    run(slow, budget=96, workers=16, method="regression")
    assert time.monotonic() - start < 3 * 96 / 16 * 0.02


def test_repeats_under_noise_have_their_own_draws():
    game = Recorder()
    run(game, n=3, budget=40, noise=True)
    assert len(game.calls) == len(set(game.calls)) == 40
    assert max(draw for _, draw in game.calls) > 2


def test_a_failure_is_tried_again_and_never_counts_as_zero():
    tries = {}

    async def shaky(coalition, _draw):
        tries[coalition] = tries.get(coalition, 0) + 1
        if len(coalition) == 3 and tries[coalition] < 3:
            raise TimeoutError
        return value(coalition)

    truth = run(Recorder(), budget=400)
    assert run(shaky, budget=400).estimate.values == pytest.approx(
        truth.estimate.values, abs=1e-6
    )


def test_what_fails_for_good_is_left_out():
    async def broken(coalition, _draw):
        if 0 < len(coalition) == 2:
            raise ConnectionError("away")
        return value(coalition)

    found = run(broken, budget=200, retries=1)
    assert found.failures
    assert all(mask.bit_count() == 2 for mask in found.failures)
    assert "ConnectionError: away" in found.failures.values()
    assert "left out" in found.estimate.reason
    truth = run(Recorder(), budget=512).estimate.values
    assert found.estimate.values == pytest.approx(truth, abs=0.2)


def test_a_game_without_ends_is_an_error():
    async def no_one(coalition, _draw):
        if not coalition:
            raise RuntimeError("nobody there")
        return value(coalition)

    with pytest.raises(ValueError, match="v\\(empty\\) has no value"):
        run(no_one)


def test_a_game_that_always_fails_raises_its_errors():
    async def dead(_coalition, _draw):
        raise RuntimeError("no key")

    with pytest.raises(ExceptionGroup, match="every evaluation failed"):
        run(dead, budget=20)


def test_a_cut_run_is_resumed_without_paying_twice(tmp_path):
    log = tmp_path / "log.jsonl"
    first = Recorder()
    run(first, log=log, stop=max_evaluations(37), workers=4)
    with log.open("a") as file:
        file.write('{"mask":"1","dra')  # torn by a crash
    second = Recorder()
    found = run(second, log=log, workers=4)
    assert not set(first.calls) & set(second.calls)
    assert found.resumed == len(first.calls)
    assert found.resumed + found.evaluations == 100
    whole = run(Recorder(), workers=4)
    assert found.estimate.values == pytest.approx(whole.estimate.values, abs=0.3)
    assert run(Recorder(), log=log).evaluations == 0


def test_a_log_of_another_game_is_refused(tmp_path):
    with closing(Journal(tmp_path / "a", 5)) as journal:
        journal.add(JournalEntry(3, 0, 1.5, 0.0))
    with pytest.raises(ValueError, match="5 players"):
        Journal(tmp_path / "a", 6)
    (tmp_path / "b").write_text('{"players":5}\nhello\n{"mask":"0"}\n')
    with pytest.raises(ValueError, match="line 2 is no evaluation"):
        Journal(tmp_path / "b", 5)


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
    gaps, started_meanwhile = [], []

    async def heartbeat():
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.002)
            gaps.append(time.monotonic() - last)
            last = time.monotonic()

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
    assert np.median(gaps) < 0.02
    # Each estimate on the loop would hold it for 0.25 s; a busy machine may do so now and then.
    assert sum(gap > 0.2 for gap in gaps) < SlowToEstimate.made / 2
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


def test_cancelling_keeps_the_log(tmp_path):
    async def cancelled():
        async def slow(coalition, _draw):
            await asyncio.sleep(0.02)
            return value(coalition)

        task = asyncio.create_task(
            evaluate(
                slow,
                N,
                budget=300,
                rng=np.random.default_rng(0),
                options=Options(log=tmp_path / "log"),
            )
        )
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    with closing(Journal(tmp_path / "log", N)) as journal:
        assert 0 < len(journal.entries) < 300


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match="workers"):
        run(Recorder(), workers=0)


def test_ask_and_tell_takes_answers_in_any_order():
    session = Session(N, 60, rng=np.random.default_rng(0))
    while batch := session.ask(9):
        for request in reversed(batch):
            session.tell(request.mask, value(frozenset(players(request.mask))))
    found = session.estimate()
    assert found.evaluations == 60
    assert found.residual == pytest.approx(0.0, abs=1e-9)


def test_importing_the_engine_loads_numpy_alone():
    code = (
        "import sys, shapley_coop.shapley; "
        "print([m for m in ('scipy', 'networkx', 'torch', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
