"""A worker process of a run: it plays what it is told to until its pipe is closed."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any, NoReturn

from shapley_coop.interfaces.model import Reply
from shapley_coop.simulation.executors.frames import (
    AskModel,
    Delivery,
    DoErrand,
    Failure,
    ModelAnswer,
    Notice,
    Start,
    frame,
    read_frame,
)
from shapley_coop.simulation.executors.player import RemotePlayer, portable
from shapley_coop.simulation.executors.relay import ModelQuestion, Remark


class PipeLine:
    """The way to the run through the pipe on which this process answers."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._number = 0

    async def ask(self, question: ModelQuestion) -> Reply:
        """Return the answer of a model."""
        self._number += 1
        number = self._number
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self.send(AskModel(number, question))
            return await answer
        finally:
            del self._waiting[number]

    def tell(self, remark: Remark) -> None:
        """Tell the gateway something that has no answer."""
        self.send(Notice(remark))

    def hear(self, message: ModelAnswer) -> None:
        """Give an answer to whoever waits for it."""
        answer = self._waiting.get(message.number)
        # An episode whose time is over waits no longer.
        if answer is None or answer.done():
            return
        if isinstance(message.outcome, Exception):
            answer.set_exception(message.outcome)
        else:
            answer.set_result(message.outcome)

    def send(self, message: Any) -> None:
        """Write a message. A full pipe holds this process up until the run has read it."""
        rest = memoryview(frame(message))
        try:
            while rest:
                count = os.write(self._handle, rest)
                rest = rest[count:]
        except BrokenPipeError:
            leave()


def leave() -> NoReturn:
    """End this process at once, since the run is gone that would record anything."""
    # A plug-in's threads must not hold it up, nor may what is under way tell of a failure.
    os._exit(0)


async def serve(handle: int) -> None:
    """Play what is asked for on standard input, and answer on the pipe of this handle."""
    line = PipeLine(handle)
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    tasks: set[asyncio.Task[None]] = set()
    player: RemotePlayer | None = None

    async def do(player: RemotePlayer, message: DoErrand) -> None:
        try:
            outcome = await player.do(message.errand)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run has to hear of it
            line.send(Failure(message.number, portable(error)))
        else:
            line.send(Delivery(message.number, outcome))

    while True:
        message = await read_frame(reader)
        if isinstance(message, Start):
            player = RemotePlayer(message.job, line)
        elif isinstance(message, ModelAnswer):
            line.hear(message)
        elif isinstance(message, DoErrand) and player is not None:
            task = asyncio.create_task(do(player, message))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


def main() -> None:
    """Serve until the run closes the pipe, or is gone."""
    # What a plug-in prints must not stand between two messages.
    handle = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        asyncio.run(serve(handle))
    except asyncio.IncompleteReadError:
        leave()


if __name__ == "__main__":
    main()
