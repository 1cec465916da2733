"""A loop in a thread of its own: results, errors and interrupts come back to who waits."""

import asyncio
import signal
import threading

import pytest

from shapley_coop.simulation.threads import run_in_thread


async def add(one, other):
    await asyncio.sleep(0)
    return one + other


def test_the_result_comes_back_even_where_a_loop_is_running():
    async def notebook():
        return run_in_thread(add(1, 2))

    assert run_in_thread(add(2, 3)) == 5
    assert asyncio.run(notebook()) == 3


def test_an_error_comes_back_as_it_is():
    async def fail():
        raise KeyError("seat")

    with pytest.raises(KeyError, match="seat"):
        run_in_thread(fail())


def test_an_interrupt_cancels_what_runs_and_waits_for_its_end():
    written = []

    async def hang():
        main = threading.main_thread().ident
        asyncio.get_running_loop().call_later(
            0.05, signal.pthread_kill, main, signal.SIGINT
        )
        try:
            await asyncio.sleep(60)
        finally:
            written.append("cancelled")

    with pytest.raises(KeyboardInterrupt):
        run_in_thread(hang())
    assert written == ["cancelled"]
    assert "shapley-coop" not in {thread.name for thread in threading.enumerate()}
