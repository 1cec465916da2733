"""Time that several runs share: those that run at once use it up together."""

import asyncio

import pytest

from shapley_coop.errors import LimitReached
from shapley_coop.simulation.shared_limits import SharedTime
from tests.fixtures.clocks import Loop


async def ends_of(shared, *, together):
    """Return when each of three that would go on for long is ended, or that it was not begun."""
    ends = []

    async def last():
        with pytest.raises(LimitReached, match=r"limits\.seconds = 1\.5 of all runs"):
            async with shared.bound():
                await asyncio.sleep(30)
        ends.append(asyncio.get_running_loop().time())

    if together:
        await asyncio.gather(last(), last(), last())
    else:
        for _ in range(3):
            await last()
    return ends


@pytest.mark.parametrize(
    ("together", "expected"), [(True, [0.5, 0.5, 0.5]), (False, [1.5, 1.5, 1.5])]
)
def test_runs_at_once_use_up_time_together(together, expected):
    loop = Loop()
    shared = SharedTime(1.5)
    ends = loop.run_until_complete(ends_of(shared, together=together))
    loop.close()
    assert ends == pytest.approx(expected)
    assert shared.total == pytest.approx(1.5)


def test_who_leaves_early_leaves_its_time_to_the_others():
    loop = Loop()
    shared = SharedTime(3.0)
    ends = []

    async def play(seconds):
        async with shared.bound():
            await asyncio.sleep(seconds)
        ends.append(loop.time())

    async def scene():
        with pytest.raises(LimitReached):
            await asyncio.gather(play(1), play(30))
        ends.append(loop.time())

    loop.run_until_complete(scene())
    loop.close()
    # Two use two seconds by the end of the first, and the one left has the third.
    assert ends == pytest.approx([1.0, 2.0])
