"""Calls of models in this process: one that goes on may take its time, and a stuck one is ended."""

import asyncio

import pytest

from shapley_coop.llm.backends.liveness import Liveness
from tests.fixtures.clocks import Loop

LONGEST = 10


def told(*pauses):
    """Return when a call ends that gives a sign after each of these pauses, and its liveness."""
    loop = Loop()

    async def call():
        life = Liveness(LONGEST)
        try:
            async with life:
                for pause in pauses:
                    await asyncio.sleep(pause)
                    life.sign()
        except TimeoutError:
            return f"silent at {loop.time():g} s", life
        return f"told at {loop.time():g} s", life

    try:
        return loop.run_until_complete(call())
    finally:
        loop.close()


def test_a_call_may_take_longer_than_it_may_be_silent():
    assert told(0, *[9] * 8)[0] == "told at 72 s"


def test_a_call_that_is_stuck_is_ended():
    said, life = told(0, 9, 11)
    assert said == "silent at 19 s"
    assert life.is_over


def test_whoever_waits_for_a_turn_is_not_stuck():
    assert told(500, 9)[0] == "told at 509 s"


def test_a_sign_after_the_end_changes_nothing():
    _, life = told(0)
    life.sign()
    assert life.is_over


def test_whoever_gives_up_waiting_ends_the_call():
    async def give_up():
        life = Liveness(LONGEST)

        async def call():
            async with life:
                await asyncio.sleep(60)

        task = asyncio.ensure_future(call())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return life.is_over

    assert asyncio.run(give_up())
