"""The process that judges deals for agents, within limits of time and memory.

It reads one JSON object of arguments a line and answers on one line, until its input is closed.
An agent can state a deal that takes hours, or name a game that does. So a timer of the kernel
ends the process, also where nobody is left who waits for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
import traceback
from typing import Any, NamedTuple

from shapley_coop.errors import ShapleyCoopError
from shapley_coop.llm.secrets import mask_within, masker
from shapley_coop.records.words import clean
from shapley_coop.teams.advice.request import verdict_of

MOST_SENTENCE = 2000
"""Characters of an error."""


class Bounds(NamedTuple):
    """How much a deal may take."""

    seconds: int = 20
    """From the request to the answer."""
    memory: int = 2 << 30
    """Bytes of address space of the whole process."""


def main(bounds: Bounds) -> None:
    """Answer requests until there are no more, or until one was too much."""
    _limit_memory(bounds.memory)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # What a game prints must not stand between two answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin.buffer:
        signal.alarm(bounds.seconds)
        answer = answer_to(line)
        signal.alarm(0)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _limit_memory(size: int) -> None:
    # Not every system has this limit, and one that is lower already stays.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def answer_to(request: bytes) -> dict[str, Any]:
    """Return the verdict on a request as `verdict`, or what is wrong with it as `error`."""
    try:
        result = verdict_of(json.loads(request))
        return {"verdict": mask_within(result.as_json(), masker())}
    except ShapleyCoopError as error:
        words = str(error)
    except MemoryError:
        words = "the deal takes too much memory; state fewer players, actions, clauses or steps"
    except RecursionError:
        words = "the deal is nested too deeply"
    except Exception as error:  # noqa: BLE001 - a game of somebody's package may fail in any way
        # The agent can do nothing with a traceback. Whoever keeps the server's log can.
        traceback.print_exc()
        words = f"the deal cannot be judged: {type(error).__name__}: {error}"
    return {"error": clean(words, MOST_SENTENCE)}


if __name__ == "__main__":
    main(Bounds(*(int(word) for word in sys.argv[1:])))
