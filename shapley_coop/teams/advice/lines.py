"""Messages of a client as lines of standard input, of bounded length, and answers to bad ones."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

import anyio

from shapley_coop.errors import ConfigError

if TYPE_CHECKING:
    from anyio.abc import ObjectReceiveStream, ObjectSendStream
    from mcp.shared.message import SessionMessage

MOST_LINE = 8_000_000
"""Bytes of a line up to which it is read. A line is held in memory some forty times its size."""
UNREADABLE = (
    f"a message is one line of JSON of at most {MOST_LINE:,} bytes, without numbers of thousands "
    "of digits, halves of characters or lists hundreds deep"
)


class InputLines(anyio.AsyncFile[str]):
    """Lines of standard input. One that is too long comes as an empty one.

    Waiting for a line can be cancelled, which no thread that reads can be.
    """

    def __init__(self, reader: asyncio.StreamReader) -> None:
        super().__init__(sys.stdin)
        self._reader = reader

    @classmethod
    async def open(cls) -> Self:
        """Return the lines of standard input.

        Raises:
            ConfigError: it is no pipe and no terminal, and so nobody speaks there.
        """
        kind = os.fstat(sys.stdin.fileno()).st_mode
        if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) or sys.stdin.isatty()):
            raise ConfigError(
                "nobody speaks on standard input; an MCP client starts this command and does"
            )
        reader = asyncio.StreamReader(limit=MOST_LINE)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        return cls(reader)

    async def readline(self) -> str:
        """Return the next line, or an empty text at the end."""
        is_whole = True
        while True:
            try:
                line = await self._reader.readuntil()
            except asyncio.LimitOverrunError as error:
                # The rest of the line follows, and at the least its end.
                await self._reader.readexactly(error.consumed)
                is_whole = False
            except asyncio.IncompleteReadError as error:
                line = error.partial
                break
            else:
                break
        return line.decode(errors="replace") if is_whole or not line else "\n"


async def hand_on(
    messages: ObjectReceiveStream[SessionMessage | Exception],
    answers: ObjectSendStream[SessionMessage],
    readable: ObjectSendStream[SessionMessage | Exception],
) -> None:
    """Hand on messages that could be read, and answer the others, whose number nobody knows.

    Args:
        messages: from the client.
        answers: to the client.
        readable: to the server, and closed in the end.
    """
    from mcp import types
    from mcp.shared.message import SessionMessage

    refusal = types.JSONRPCError(
        jsonrpc="2.0",
        id=None,
        error=types.ErrorData(code=types.PARSE_ERROR, message=UNREADABLE),
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(readable.aclose)
        async for message in messages:
            if isinstance(message, Exception):
                await answers.send(SessionMessage(refusal))
            else:
                await readable.send(message)
