"""Several things waited for at once: in order, and given up together where one fails."""

import asyncio

import pytest

from shapley_coop.interfaces.waiting import run_together


async def later(value, ticks=1):
    for _ in range(ticks):
        await asyncio.sleep(0)
    return value


def test_results_come_in_the_order_of_the_questions():
    waited = run_together(later(1, 5), later(2), later(3, 3))
    assert asyncio.run(waited) == [1, 2, 3]
    assert asyncio.run(run_together(later(1))) == [1]
    assert asyncio.run(run_together()) == []


@pytest.mark.parametrize("others", [0, 3])
def test_the_first_failure_keeps_its_cause_and_gives_up_the_others(others):
    asked = []

    async def fail():
        await asyncio.sleep(0)
        raise RuntimeError("the first") from ValueError("its cause")

    async def go_on():
        while True:
            await asyncio.sleep(0.01)
            asked.append(1)

    async def ask():
        with pytest.raises(RuntimeError, match="the first") as failure:
            await run_together(fail(), *(go_on() for _ in range(others)))
        assert isinstance(failure.value.__cause__, ValueError)
        await asyncio.sleep(0.05)

    asyncio.run(ask())
    assert asked == []


def test_who_is_cancelled_cancels_all():
    ended = []

    async def wait():
        try:
            await asyncio.sleep(10)
        finally:
            ended.append(1)

    async def cancel():
        task = asyncio.ensure_future(run_together(wait(), wait()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert ended == [1, 1]
