"""Coroutines that never wait, run where there is no event loop to run them on."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from shapley_coop.errors import ConfigError

T = TypeVar("T")


def run_without_waiting(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that never waits.

    Agents and worth kinds are asynchronous, since some of them ask a model. Those that only
    compute can also be used inside ordinary functions, and inside a loop that is running.

    Raises:
        ConfigError: it waits for something.
    """
    # A coroutine that is sent None runs to its first wait, or to its end.
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise ConfigError("an agent that waits for a model cannot be used here")
