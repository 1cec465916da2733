"""512 episodes of scripted answers against a server with 32 places that answers in 50 ms."""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import time
from multiprocessing.connection import Connection

from benchmarks.gateway.server import Question, Server, completion, http
from shapley_coop.config.sections import ModelSettings
from shapley_coop.interfaces.model import Message
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.memory.cassette import Cassette

PLACES, SECONDS, EPISODES, CALLS = 32, 0.05, 512, 4
BAR = 1.10


def measure(rounds: int = 3) -> str:
    """Return the row: the median wall time, for a server that queues and one that refuses."""
    context = multiprocessing.get_context("spawn")
    parts = []
    for refuses in (False, True):
        here, there = context.Pipe()
        serving = context.Process(target=_serve, args=(there, refuses), daemon=True)
        serving.start()
        url = here.recv()
        runs = [asyncio.run(_play(url)) for _ in range(rounds)]
        here.send("stop")
        asked = here.recv()
        serving.join()
        ideal = EPISODES * CALLS * SECONDS / PLACES
        wall = statistics.median(wall for wall, _, _ in runs)
        cpu = statistics.median(cpu for _, cpu, _ in runs)
        limits = "/".join(f"{limit:.0f}" for _, _, limit in runs)
        verdict = "met" if wall <= BAR * ideal else "MISSED"
        parts.append(
            f"{'refusing with 429' if refuses else 'queueing'}: {wall:.2f} s wall, ideal "
            f"{ideal:.2f} s, ratio {wall / ideal:.2f} ({verdict}); {cpu:.2f} s of it our own "
            f"CPU time; {asked:,} requests for {rounds * EPISODES * CALLS:,} answers, limit found "
            f"{limits}"
        )
    return f"pace (bar {BAR:g} × ideal): " + "; ".join(parts)


def _serve(pipe: Connection, refuses: bool) -> None:
    places = asyncio.Semaphore(PLACES)
    body = http(completion('{"a":1}', (9, 3)))
    busy = http(b'{"error": {"message": "busy"}}', "429 Too Many Requests")

    async def answer(_: Question) -> bytes:
        if refuses and places.locked():
            return busy
        async with places:
            await asyncio.sleep(SECONDS)
        return body

    server = Server(answer)
    pipe.send(server.url)
    pipe.recv()
    pipe.send(server.questions)
    server.stop()


async def _play(url: str) -> tuple[float, float, float]:
    gate = Gateway(ModelSettings(name=f"{url}#m", output="schema"), Cassette())
    gate.open("")

    async def episode(number: int) -> None:
        asker = gate.seat("", seat="player_0", episode=number, seed=1)
        for turn in range(CALLS):
            said = [Message(role="user", content=f"Turn {turn}. " + "words " * 100)]
            await asker.complete(said, {"type": "object"}, purpose="act")

    await gate.seat("", seat="warm", episode=0, seed=1).complete(
        [Message(role="user", content="Are you there?")], None, purpose="warm"
    )
    began, worked = time.perf_counter(), time.process_time()
    await asyncio.gather(*(episode(number) for number in range(EPISODES)))
    wall, cpu = time.perf_counter() - began, time.process_time() - worked
    ((endpoint, _),) = gate._endpoints.values()  # noqa: SLF001 - the limit found is the figure
    await gate.close()
    return wall, cpu, endpoint.pace.limit
