"""The pace of an endpoint on a clock of its own: how close it comes to what the server can do."""

import asyncio

import numpy as np
import pytest

from shapley_coop.interfaces.model import Reply, Target, Usage
from shapley_coop.llm.endpoint import Endpoint
from shapley_coop.llm.faults import PassingError, Patience
from tests.fixtures.clocks import Loop
from tests.fixtures.models import FreeMeter, request_for

EPISODES, CALLS = 512, 4
SECONDS = 0.05
NETWORK = 0.001
"""Seconds until the server has seen a request."""


class Places:
    """A server that answers so many calls at once. Others wait there, or are refused."""

    def __init__(self, loop, count, *, refuses, spread, seed):
        self.loop = loop
        self.free = asyncio.Semaphore(count)
        self.refuses = refuses
        self.spread = spread
        self.rng = np.random.default_rng(seed)

    async def answer(self, _request):
        began = self.loop.time()
        await asyncio.sleep(NETWORK)
        if self.refuses and self.free.locked():
            raise PassingError("busy", "rate")
        async with self.free:
            await asyncio.sleep(SECONDS * (1 + self.rng.uniform(-1, 1) * self.spread))
        seconds = self.loop.time() - began
        return Reply(text="{}", usage=Usage(prompt=1, completion=1), seconds=seconds)

    async def close(self):
        pass


def ratio_to_ideal(count, **how):
    """Return the time that many calls take, as a share of the least that the server needs."""
    loop = Loop()

    async def play():
        target = Target(backend="openai", model="m", endpoint="http://127.0.0.1:1/v1")
        patience = Patience(first_wait=0.5)
        server = Places(loop, count, **how)
        endpoint = Endpoint(
            target, server, limit=64, meter=FreeMeter(), patience=patience
        )
        endpoint.pace._clock = loop.time
        endpoint._jitter = np.random.default_rng(how["seed"])

        async def episode(number):
            for turn in range(CALLS):
                await endpoint.ask(request_for(f"{number} {turn}"))

        await endpoint.ask(request_for("Are you there?"))
        began = loop.time()
        await asyncio.gather(*(episode(number) for number in range(EPISODES)))
        return loop.time() - began

    try:
        seconds = loop.run_until_complete(play())
    finally:
        loop.close()
    return seconds / (EPISODES * CALLS * SECONDS / count)


@pytest.mark.parametrize(
    ("count", "refuses", "spread", "most"),
    [
        (32, False, 0.0, 1.03),
        (32, True, 0.0, 1.07),
        (32, True, 0.8, 1.08),
        (8, True, 0.0, 1.05),
        (60, True, 0.0, 1.12),
    ],
)
def test_little_is_lost_to_finding_out_how_many_places_there_are(
    count, refuses, spread, most
):
    ratio = ratio_to_ideal(count, refuses=refuses, spread=spread, seed=1)
    assert 0.99 <= ratio <= most
