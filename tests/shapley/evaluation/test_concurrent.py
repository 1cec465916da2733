"""Several evaluations at once: single flight, failures, log, options."""

import asyncio
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest

from shapley_coop.shapley import (
    Options,
    estimate,
    evaluate,
    max_evaluations,
)
from shapley_coop.shapley.evaluation.journal import Journal
from tests.shapley.evaluation.async_game import N, Recorder, run, value


def matrix_game(z):
    return [value(frozenset(np.flatnonzero(row).tolist())) for row in z]


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


def test_cancelling_keeps_the_log(tmp_path):
    async def cancelled():
        answers, enough = [], asyncio.Event()

        async def game(coalition, _draw):
            # The run is cut at the twentieth answer, however busy the machine is.
            await asyncio.sleep(0.002)
            answers.append(coalition)
            if len(answers) == 20:
                enough.set()
            return value(coalition)

        rng, options = np.random.default_rng(0), Options(log=tmp_path / "log")
        task = asyncio.create_task(
            evaluate(game, N, budget=300, rng=rng, options=options)
        )
        await enough.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    with closing(Journal(tmp_path / "log", N)) as journal:
        assert 0 < len(journal.entries) < 300


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match="workers"):
        run(Recorder(), workers=0)


def test_importing_the_engine_loads_numpy_alone():
    code = (
        "import sys, shapley_coop.shapley; "
        "print([m for m in ('scipy', 'networkx', 'torch', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
