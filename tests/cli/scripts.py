"""Agents, games and models that tests name as module:attribute."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from games.escape_room.paper import EscapeRoom
from shapley_coop.errors import LimitReached, ModelError
from shapley_coop.interfaces.model import key
from shapley_coop.llm.backends.scripted import ScriptedBackend

COUNT = "SHAPLEY_COOP_TEST_CALLS"
"""Names a file that gets one line a live call, over processes."""


class Counting(ScriptedBackend):
    """Answers as the schema allows, writes every call down, and fails or kills when told."""

    async def answer(self, request):
        calls = str(written_down(key(request)))
        if calls == os.environ.get(COUNT + "_KILL"):
            os.kill(os.getpid(), signal.SIGKILL)
        if calls == os.environ.get(COUNT + "_FAIL"):
            raise ModelError("the model fell over")
        if calls == os.environ.get(COUNT + "_LIMIT"):
            raise LimitReached("the budget of 3 calls is spent")
        return await super().answer(request)


def written_down(call: str) -> int:
    """Append a call to the file of calls. Return how many it holds."""
    count = Path(os.environ[COUNT])
    with count.open("a") as file:
        file.write(f"{call}\n")
    return len(count.read_text().splitlines())


class Breaks(EscapeRoom):
    """An Escape Room that breaks under every other seed."""

    failure: type[Exception] = RuntimeError

    def advance(self, actions):
        if self.rng.integers(2):
            raise self.failure("the lever came off")
        return super().advance(actions)


class LeverError(Exception):
    """Nothing that Python knows."""


class BreaksOddly(Breaks):
    """It breaks with an error of its own."""

    failure = LeverError


def no_game():
    """Return something that is no game."""
    return object()
