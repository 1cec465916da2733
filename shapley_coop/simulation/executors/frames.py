"""What the processes of a run say to each other, and how it is cut into frames on a pipe."""

from __future__ import annotations

import pickle
from asyncio import StreamReader
from typing import Any, NamedTuple

from shapley_coop.interfaces.model import Reply
from shapley_coop.simulation.executors.player import Errand, Outcome, RunJob
from shapley_coop.simulation.executors.relay import ModelQuestion, Remark

_LENGTH = 8


class Start(NamedTuple):
    """To a worker: what will be played."""

    job: RunJob


class DoErrand(NamedTuple):
    """To a worker: do this."""

    number: int
    errand: Errand


class AskModel(NamedTuple):
    """From a worker: a question, by a number of the worker's own."""

    number: int
    question: ModelQuestion


class ModelAnswer(NamedTuple):
    """To a worker: what came of its question."""

    number: int
    outcome: Reply | Exception


class Notice(NamedTuple):
    """From a worker: a remark to the gateway."""

    remark: Remark


class Delivery(NamedTuple):
    """From a worker: what came of an errand."""

    number: int
    outcome: Outcome


class Failure(NamedTuple):
    """From a worker: what kept it from an errand."""

    number: int
    error: Exception


def frame(message: Any) -> bytes:
    """Return a message as bytes that say their own length."""
    body = pickle.dumps(message)
    return len(body).to_bytes(_LENGTH, "big") + body


async def read_frame(reader: StreamReader) -> Any:
    """Return the next message. Only processes of one run share the pipe.

    Raises:
        asyncio.IncompleteReadError: the other process has closed the pipe.
    """
    head = await reader.readexactly(_LENGTH)
    body = await reader.readexactly(int.from_bytes(head, "big"))
    return pickle.loads(body)  # noqa: S301 - the other end is a process that this run started
