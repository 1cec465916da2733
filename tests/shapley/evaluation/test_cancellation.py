"""A cancellation within the game is a failed evaluation, and one of the run ends it."""

import asyncio

import numpy as np
import pytest

from shapley_coop.shapley import Options, evaluate

SECONDS = 20


def run(game, n=5, budget=100, **options):
    """Return a run, or fail where it hangs."""
    rng = np.random.default_rng(0)
    chosen = Options(**options)
    running = evaluate(game, n, budget=budget, rng=rng, options=chosen)
    return asyncio.run(asyncio.wait_for(running, SECONDS))


@pytest.mark.parametrize("workers", [1, 4])
def test_a_cancelled_evaluation_is_left_out_and_named(workers):
    async def game(members, _draw):
        await asyncio.sleep(0)
        if members == {1, 2}:
            raise asyncio.CancelledError
        return len(members) ** 1.5

    done = run(game, workers=workers)
    assert done.estimate.evaluations == 31
    assert list(done.failures) == [0b110]
    assert "cancelled" in done.failures[0b110]


def test_a_game_of_cancelled_pairs_is_not_taken_for_finished():
    async def game(members, _draw):
        await asyncio.sleep(0)
        if len(members) == 2:
            raise asyncio.CancelledError
        return len(members) ** 1.5

    done = run(game, workers=4)
    assert len(done.failures) == 10
    assert done.estimate.evaluations == 22
    assert done.estimate.values == pytest.approx(np.full(5, 5**0.5), rel=0.2)


def test_an_inner_task_that_is_cancelled_costs_its_evaluation_alone():
    """The client of a game closes once, and takes what waits for it along."""
    cancelled = 0

    async def game(members, _draw):
        nonlocal cancelled
        inner = asyncio.ensure_future(asyncio.sleep(0, len(members)))
        if members == {0} and not cancelled:
            cancelled += 1
            inner.cancel()
        return float(await inner)

    done = run(game, workers=3)
    assert not done.failures
    assert done.estimate.values == pytest.approx(np.ones(5))


def test_a_game_that_cancels_its_own_worker_ends_the_run():
    async def game(members, _draw):
        if len(members) == 2:
            asyncio.current_task().cancel()
        await asyncio.sleep(0.001)
        return float(len(members))

    with pytest.raises(asyncio.CancelledError):
        run(game, workers=4)


def test_cancelling_a_run_still_cancels_it():
    async def game(_members, _draw):
        await asyncio.sleep(60)
        return 0.0

    async def cancel():
        rng = np.random.default_rng(0)
        task = asyncio.ensure_future(evaluate(game, 5, budget=32, rng=rng))
        await asyncio.sleep(0.2)
        task.cancel()
        await asyncio.wait_for(task, SECONDS)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel())


def test_what_on_progress_raises_ends_the_run():
    async def game(members, _draw):
        await asyncio.sleep(0)
        return float(len(members))

    def on_progress(_progress):
        raise RuntimeError("no more room on the screen")

    with pytest.raises(ExceptionGroup) as caught:
        run(game, n=8, workers=4, on_progress=on_progress)
    assert caught.group_contains(RuntimeError)


def closes_its_client(members):
    raise ConnectionError("the client is closed")


def answers_all_the_same(members):
    return len(members) ** 1.5


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("reaction", [closes_its_client, answers_all_the_same])
def test_a_cancelled_run_ends_whatever_its_game_makes_of_that(
    workers, retries, reaction
):
    calls = 0
    under_way = asyncio.Event()

    async def game(members, _draw):
        nonlocal calls
        calls += 1
        if calls == 6:
            under_way.set()
        try:
            await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            return reaction(members)
        return len(members) ** 1.5

    async def main():
        rng = np.random.default_rng(0)
        options = Options(workers=workers, retries=retries)
        running = asyncio.ensure_future(
            evaluate(game, 8, budget=60, rng=rng, options=options)
        )
        await under_way.wait()
        running.cancel()
        before = calls
        done, _ = await asyncio.wait([running], timeout=SECONDS)
        assert done, "it hangs"
        assert running.cancelled()
        return calls - before

    assert asyncio.run(main()) == 0


class WordlessError(Exception):
    """Fails even at saying what it is."""

    def __str__(self):
        raise ValueError


@pytest.mark.parametrize(
    "fault", [WordlessError(), BaseExceptionGroup("all", [asyncio.CancelledError()])]
)
def test_whatever_a_game_raises_costs_one_evaluation(fault):
    async def game(members, _draw):
        await asyncio.sleep(0)
        if members == {1, 2}:
            raise fault
        return len(members) ** 1.5

    done = run(game, workers=2)
    assert list(done.failures) == [0b110]
