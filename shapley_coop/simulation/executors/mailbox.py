"""How workers on a Ray cluster reach the one gateway of their run: through one actor."""

from __future__ import annotations

import asyncio
from typing import Any

from shapley_coop.interfaces.model import Reply
from shapley_coop.simulation.executors.relay import ModelQuestion, Remark

MAILBOX_BYTES = 64 * 2**20
"""Memory that is claimed for the mailbox: hundreds of questions of some kilobytes wait there."""


class Mailbox:
    """An actor through which all workers reach the one gateway of a run, and so its one budget."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[tuple[int | None, Any]] = asyncio.Queue()
        self._answers: dict[int, asyncio.Future[Reply | Exception]] = {}
        self._number = 0

    async def ask(self, question: ModelQuestion) -> Reply | Exception:
        """Return what the run answers."""
        self._number += 1
        number = self._number
        self._answers[number] = asyncio.get_running_loop().create_future()
        self._messages.put_nowait((number, question))
        try:
            return await self._answers[number]
        finally:
            del self._answers[number]

    async def tell(self, remark: Remark) -> None:
        """Keep a remark for the run."""
        self._messages.put_nowait((None, remark))

    async def collect(self) -> list[tuple[int | None, Any]]:
        """Return all that was asked and told since the last time, at least one."""
        messages = [await self._messages.get()]
        while not self._messages.empty():
            messages.append(self._messages.get_nowait())
        return messages

    async def answer(self, number: int, outcome: Reply | Exception) -> None:
        """Hand an answer to whoever asked."""
        answer = self._answers.get(number)
        # Whoever asked may have been lost with its node.
        if answer is not None and not answer.done():
            answer.set_result(outcome)


def open_mailbox() -> Any:
    """Return the handle of a new mailbox on the node of this process, which has to be connected."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    # Where this process is: a node that is lost must not take the mailbox with it.
    here = NodeAffinitySchedulingStrategy(
        ray.get_runtime_context().get_node_id(), soft=True
    )
    actor: Any = ray.remote(Mailbox)
    # An actor that claims nothing is sent by way of a random node, whatever its strategy, and is
    # lost if that node is lost but not yet missed; one that claims memory starts from here.
    return actor.options(
        num_cpus=0,
        memory=MAILBOX_BYTES,
        max_concurrency=10_000,
        scheduling_strategy=here,
    ).remote()


class MailboxLine:
    """The way to the run through its mailbox.

    Args:
        mailbox: its handle.
    """

    def __init__(self, mailbox: Any) -> None:
        self._mailbox = mailbox

    async def ask(self, question: ModelQuestion) -> Reply:
        """Return the answer of a model."""
        outcome = await self._mailbox.ask.remote(question)
        if isinstance(outcome, Exception):
            raise outcome
        reply: Reply = outcome
        return reply

    def tell(self, remark: Remark) -> None:
        """Tell the gateway something that has no answer."""
        self._mailbox.tell.remote(remark)
