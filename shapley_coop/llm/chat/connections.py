"""Connections of our own to one server: HTTP/1.1, kept open between calls, no proxy between.

A call takes a third of the time that it takes through httpx, whose pool looks at every connection
at every call. What travels is read by h11, which httpx uses too.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterable
from typing import Any, SupportsIndex

from shapley_coop.errors import ConfigError
from shapley_coop.llm.chat.addresses import ascii_host, read_address
from shapley_coop.llm.chat.response import Response, most_bytes, response_of

_PORTS = {"http": 80, "https": 443}
_BEGINNING = b"HTTP/"
"""How every answer begins."""
_CHUNK = 1 << 16
"""Bytes that are read at once."""


class NoConnectionError(ConnectionError):
    """No connection came about, so that nothing was sent."""


class BrokenConnectionError(ConnectionError):
    """The connection broke, or what came over it was no HTTP, after a request had been sent."""


class Incoming(asyncio.StreamReader):
    """What comes over a connection. It knows how much of that nobody has read yet."""

    def __init__(self) -> None:
        super().__init__()
        self.unread = 0
        """Bytes that came and were not read."""

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        """Take what came."""
        came = bytes(data)
        self.unread += len(came)
        super().feed_data(came)

    async def read(self, n: int = -1) -> bytes:
        """Return at most `n` bytes of what came, and wait for some where there are none."""
        data = await super().read(n)
        self.unread -= len(data)
        return data


class Connection:
    """One open connection. It carries one call at a time."""

    def __init__(self, reader: Incoming, writer: asyncio.StreamWriter) -> None:
        import h11

        self._reader = reader
        self._writer = writer
        self._protocol = h11.Connection(h11.CLIENT)

    @property
    def is_free(self) -> bool:
        """Whether the connection can carry another call."""
        import h11

        if self._reader.at_eof() or self._writer.is_closing():
            return False
        # What comes uncalled for, as HTTP 408 does, would pass for the answer to the next call.
        uncalled_for, _ = self._protocol.trailing_data
        is_silent = not uncalled_for and not self._reader.unread
        return is_silent and self._protocol.our_state is h11.IDLE

    async def exchange(self, request: Any, body: bytes) -> Response:
        """Send a request and read what comes back, at most to the bound of its kind.

        Raises:
            OSError: the connection broke.
            h11.RemoteProtocolError: what came is no HTTP, or not all of it.
        """
        import h11

        events = (request, h11.Data(data=body), h11.EndOfMessage())
        parts = [self._protocol.send(event) for event in events]
        self._writer.write(b"".join(part for part in parts if part))
        await self._writer.drain()
        head = await self._next_event()
        # A server may say first that it goes on.
        while isinstance(head, h11.InformationalResponse):
            head = await self._next_event()
        if not isinstance(head, h11.Response):
            raise BrokenConnectionError("the server hung up without an answer")
        data = bytearray()
        most = most_bytes(head.status_code)
        while len(data) <= most:
            event = await self._next_event()
            if not isinstance(event, h11.Data):
                break
            data += event.data
        if self._protocol.our_state is self._protocol.their_state is h11.DONE:
            self._protocol.start_next_cycle()
        headers = {
            name.decode(): value.decode("latin-1") for name, value in head.headers
        }
        return response_of(head.status_code, headers, bytes(data))

    async def close(self) -> None:
        """Close the connection."""
        self.drop()
        # What is wrong with a connection that is given up is of no interest.
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def drop(self) -> None:
        """Close the connection without waiting for it."""
        self._writer.close()

    async def _next_event(self) -> Any:
        import h11

        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            if self._protocol.their_state is h11.SEND_RESPONSE:
                self._refuse_other_protocols()
            self._protocol.receive_data(await self._reader.read(_CHUNK))
        return event

    def _refuse_other_protocols(self) -> None:
        """Refuse what is not HTTP at its beginning. Whoever sends it may wait for an answer."""
        data, _ = self._protocol.trailing_data
        start = data.lstrip(b"\r\n")[: len(_BEGINNING)]
        if not _BEGINNING.startswith(start):
            raise BrokenConnectionError("the server answers, but not in HTTP")


class Connections:
    """The open connections to one server.

    Args:
        endpoint: its URL.
        certificates: who is trusted to say that the server is itself. None means no encryption.

    Raises:
        ConfigError: there can be no server at the URL.
    """

    def __init__(self, endpoint: str, certificates: ssl.SSLContext | None) -> None:
        try:
            parts = read_address(endpoint)
            self._host = ascii_host(parts.hostname or "")
        except ValueError as error:
            raise ConfigError(f"URL {endpoint!r} is none ({error})") from error
        # The name of an interface means something on this machine alone.
        name = self._host.partition("%")[0]
        name = f"[{name}]" if ":" in name else name
        self._authority = f"{name}:{parts.port}" if parts.port else name
        self._port = parts.port or _PORTS[parts.scheme]
        self._path = parts.path
        self._certificates = certificates
        self._free: list[Connection] = []

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> Response:
        """Send a body once and read what comes back.

        Raises:
            NoConnectionError: nothing was sent.
            BrokenConnectionError: it was sent, and no whole answer came.
        """
        import h11

        fields = {"Host": self._authority, **headers, "Content-Length": str(len(body))}
        target = self._path + path
        request = h11.Request(
            method="POST", target=target, headers=list(fields.items())
        )
        connection = await self._open()
        try:
            return await connection.exchange(request, body)
        except BrokenConnectionError:
            raise
        except (OSError, h11.RemoteProtocolError) as error:
            raise BrokenConnectionError(f"{type(error).__name__}: {error}") from error
        finally:
            # One whose call was cut off would give its answer to the next call.
            if connection.is_free:
                self._free.append(connection)
            else:
                connection.drop()

    async def close(self) -> None:
        """Close all connections that carry no call."""
        free, self._free = self._free, []
        await asyncio.gather(*(connection.close() for connection in free))

    async def _open(self) -> Connection:
        """Return a connection that carries no call, or a new one."""
        while self._free:
            # The one used last is the least likely to have been closed by the server.
            connection = self._free.pop()
            if connection.is_free:
                return connection
            connection.drop()
        try:
            return await _connect(self._host, self._port, self._certificates)
        except OSError as error:
            raise NoConnectionError(f"{type(error).__name__}: {error}") from error


async def _connect(
    host: str, port: int, certificates: ssl.SSLContext | None
) -> Connection:
    """Return a new connection.

    Raises:
        OSError: none came about.
    """
    loop = asyncio.get_running_loop()
    reader = Incoming()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.create_connection(
        lambda: protocol, host, port, ssl=certificates
    )
    return Connection(reader, asyncio.StreamWriter(transport, protocol, reader, loop))
