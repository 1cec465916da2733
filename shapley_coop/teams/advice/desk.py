"""The desk at which agents ask: one deal after the other goes to the process that judges."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

from shapley_coop.errors import InputError, LimitReached, cause_text
from shapley_coop.teams.advice import judge
from shapley_coop.teams.advice.judge import Bounds

MOST_BYTES = 4_000_000
"""Size of a request as JSON up to which it is judged."""
MOST_WAITING = 16
"""Requests that may wait for one another."""
_MOST_ANSWER = 64_000_000
_LONGEST_END = 5.0
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class LintDesk:
    """Takes requests and has them judged in a process of its own, one at a time.

    The process is started with the first request, and again after one that ended it.

    Args:
        bounds: how much a deal may take.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._end()

    async def ask(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the verdict on a deal.

        Args:
            arguments: what an agent gave, which may be anything that JSON can hold.

        Raises:
            InputError: the deal cannot be judged as it was given, or is too large.
            LimitReached: it takes too long, or too many are waiting.
        """
        request = _line(arguments)
        if self._waiting >= MOST_WAITING:
            raise LimitReached(
                f"{MOST_WAITING} deals are waiting to be judged; ask again later"
            )
        self._waiting += 1
        try:
            async with self._turn:
                answer = await self._judged(request)
        finally:
            self._waiting -= 1
        if "error" in answer:
            raise InputError(answer["error"])
        verdict: dict[str, Any] = answer["verdict"]
        return verdict

    async def _judged(self, request: bytes) -> dict[str, Any]:
        if self._process is None or self._process.returncode is not None:
            self._process = await _start(self._bounds)
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        answer = b""
        is_ending = False
        try:
            process.stdin.write(request)
            await process.stdin.drain()
            answer = await process.stdout.readline()
            is_ending = not answer
        except ConnectionError:
            # It ended while it was told, and its exit code says why.
            is_ending = True
        except ValueError:
            raise LimitReached(
                f"the verdict takes more than {_MOST_ANSWER:,} bytes; give shorter names"
            ) from None
        finally:
            if is_ending:
                # Pipes close before the exit code is known. To be killed in between would hide it.
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), _LONGEST_END)
            # Whoever gave up waiting leaves an answer behind that is nobody else's.
            if not answer:
                await self._end()
        if answer:
            return dict(json.loads(answer))
        if process.returncode == -signal.SIGALRM:
            raise LimitReached(
                f"the deal takes more than {self._bounds.seconds} s to judge; state fewer "
                "players, actions, clauses or steps"
            )
        raise InputError(
            f"the deal cannot be judged: its process ended with {process.returncode}"
        )

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await asyncio.shield(process.wait())


def _line(arguments: Mapping[str, Any]) -> bytes:
    """Return arguments as one line of JSON.

    Raises:
        InputError: they are too large, too deep, or hold what JSON has no word for.
    """
    try:
        line = json.dumps(arguments).encode() + b"\n"
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"the deal is no JSON: {cause_text(error)}") from error
    if len(line) > MOST_BYTES:
        raise InputError(
            f"the deal takes {len(line):,} bytes, and at most {MOST_BYTES:,} are judged"
        )
    return line


async def _start(bounds: Bounds) -> Process:
    # More threads would reserve memory for each, and small tables gain nothing by them.
    environment = {**os.environ, **dict.fromkeys(_THREADS, "1")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        # Agents may write files where the server stands, and none of them is to be imported.
        "-P",
        "-m",
        judge.__name__,
        *(str(bound) for bound in bounds),
        stdin=PIPE,
        stdout=PIPE,
        env=environment,
        limit=_MOST_ANSWER,
        # An interrupt at the terminal is for the server, which then closes the pipe.
        start_new_session=True,
    )
