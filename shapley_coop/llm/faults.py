"""What goes wrong at an endpoint: which faults pass, how long to wait, when to give up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

from shapley_coop.errors import ModelError
from shapley_coop.model import Reply

ATTEMPTS = 4
"""Most times that one request is sent."""
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0


class PassingError(ModelError):
    """A fault that may be gone in a moment: connection, 429, 5xx."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


async def persist(
    send: Callable[[], Awaitable[Reply]], rng: np.random.Generator, attempts: int = ATTEMPTS
) -> Reply:
    """Send until an answer comes, waiting longer and with jitter after each passing fault."""
    for attempt in range(1, attempts + 1):
        try:
            reply = await send()
        except PassingError as fault:
            if attempt == attempts:
                raise ModelError(f"{fault} (sent {attempts} times)") from fault
            await asyncio.sleep(wait(attempt, fault.retry_after, rng))
        else:
            return reply.model_copy(update={"attempts": attempt})
    raise AssertionError("unreachable: the last attempt returns or raises")


def wait(attempt: int, retry_after: float | None, rng: np.random.Generator) -> float:
    """Return seconds to wait after the given attempt: at least what the server asked for."""
    backoff = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1))
    jittered = backoff * float(rng.uniform(0.5, 1.5))
    return max(jittered, min(retry_after or 0.0, LONGEST_WAIT))
