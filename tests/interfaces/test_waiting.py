"""Several things waited for at once: in order, and given up together where one fails."""

import asyncio
from contextlib import suppress

import pytest

from shapley_coop.errors import AgentError, LimitReached, ModelError
from shapley_coop.interfaces.waiting import run_together, run_together_in_order


async def later(value, ticks=1):
    for _ in range(ticks):
        await asyncio.sleep(0)
    return value


BOTH = pytest.mark.parametrize("together", [run_together, run_together_in_order])


@BOTH
def test_results_come_in_the_order_of_the_questions(together):
    waited = together(later(1, 5), later(2), later(3, 3))
    assert asyncio.run(waited) == [1, 2, 3]
    assert asyncio.run(together(later(1))) == [1]
    assert asyncio.run(together()) == []


@BOTH
@pytest.mark.parametrize("others", [0, 3])
def test_the_first_failure_keeps_its_cause_and_gives_up_the_others(others, together):
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
            await together(fail(), *(go_on() for _ in range(others)))
        assert isinstance(failure.value.__cause__, ValueError)
        await asyncio.sleep(0.05)

    asyncio.run(ask())
    assert asked == []


@BOTH
def test_who_is_cancelled_cancels_all(together):
    ended = []

    async def wait():
        try:
            await asyncio.sleep(10)
        finally:
            ended.append(1)

    async def cancel():
        task = asyncio.ensure_future(together(wait(), wait()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert ended == [1, 1]


async def fail_after(ticks, name, kind=AgentError):
    await later(None, ticks)
    raise kind(name)


@pytest.mark.parametrize("ticks", [(1, 5, 9), (9, 5, 1), (5, 9, 1), (5, 5, 5)])
def test_what_is_recorded_fails_alike_whoever_is_faster(ticks):
    first, second, third = ticks
    scene = run_together_in_order(
        later(1, 4),
        fail_after(first, "the first"),
        fail_after(second, "the second"),
        fail_after(third, "the third"),
    )
    with pytest.raises(AgentError, match="the first"):
        asyncio.run(scene)


def test_only_what_comes_after_a_failure_is_given_up_at_once():
    ended = []

    async def note(name, ticks):
        await later(None, ticks)
        ended.append(name)

    scene = run_together_in_order(
        note("before", 9), fail_after(3, "broken"), note("after", 6)
    )
    with pytest.raises(AgentError, match="broken"):
        asyncio.run(scene)
    assert ended == ["before"]


@pytest.mark.parametrize("kind", [ModelError, LimitReached, RuntimeError])
def test_what_ends_the_run_waits_for_nobody(kind):
    async def wait():
        await asyncio.sleep(60)

    scene = run_together_in_order(
        wait(), fail_after(9, "broken"), fail_after(2, "the end", kind), wait()
    )
    with pytest.raises(kind, match="the end"):
        asyncio.run(scene)


@BOTH
def test_who_ignores_that_it_is_given_up_does_not_keep_the_others(together):
    async def ignore():
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(10)
        return "here I am"

    async def cancel():
        task = asyncio.ensure_future(together(ignore(), ignore()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
