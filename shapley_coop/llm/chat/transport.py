"""One POST to an endpoint and the bytes of its answer, never more of them than a bound.

httpx's client follows redirects, keeps cookies and reads the environment. None of it is wanted
here, so that its transports are used alone, at a third of the time of a call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from shapley_coop.llm.chat.keys import headers_of
from shapley_coop.llm.chat.routes import route_of

LARGEST = 4_000_000
"""Most bytes of an answer that are read."""
LARGEST_REFUSAL = 64_000
"""Most bytes of a refusal that are read. No more of it would be shown."""
LANE = 4
"""Most calls at once of one transport.

It looks through all of its connections at every call, so that with 64 in one transport a call
takes four times the work.
"""


class Response(NamedTuple):
    """What came back, whatever it says."""

    status: int
    headers: Mapping[str, str]
    """By names in small letters."""
    data: bytes
    fault: str = ""
    """Why that is not all of it, in words that follow `answered`. Empty if it is."""


class Lane:
    """Some connections, and how much they carry now."""

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.calls = 0
        """Calls under way."""


class Transport:
    """The connections to one endpoint.

    Args:
        endpoint: the URL before the path of a call.
        timeout: seconds that each step of a call may take.

    Raises:
        ConfigError: the environment holds a key, a proxy or certificates that cannot be used.
    """

    def __init__(self, endpoint: str, timeout: float) -> None:
        self.route = route_of(endpoint)
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            # Answers are short, and a packed one could unfold to any size.
            "Accept-Encoding": "identity",
            "User-Agent": "shapley-coop",
            **headers_of(endpoint),
        }
        self._endpoint = endpoint
        steps = ("connect", "read", "write", "pool")
        self._extensions = {"timeout": dict.fromkeys(steps, timeout)}
        self._lanes: list[Lane] = []

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> Response:
        """Send a body once and read what comes back.

        Raises:
            httpx.TransportError: no answer came, or not all of it.
        """
        import httpx

        request = httpx.Request(
            "POST",
            self._endpoint + path,
            content=body,
            headers=self._headers | headers,
            extensions=self._extensions,
        )
        lane = self._free_lane()
        lane.calls += 1
        try:
            response = await lane.transport.handle_async_request(request)
            try:
                return await _read(response)
            finally:
                await response.aclose()
        finally:
            lane.calls -= 1

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(lane.transport.aclose() for lane in self._lanes))

    def _free_lane(self) -> Lane:
        """Return the first lane with room, or a new one."""
        import httpx

        for lane in self._lanes:
            if lane.calls < LANE:
                return lane
        transport = httpx.AsyncHTTPTransport(
            verify=self.route.certificates or False,
            trust_env=False,
            proxy=self.route.proxy or None,
        )
        lane = Lane(transport)
        self._lanes.append(lane)
        return lane


async def _read(response: Any) -> Response:
    """Read an answer, at most to the bound of its kind."""
    import httpx

    most = LARGEST if response.status_code == 200 else LARGEST_REFUSAL
    headers = {name.lower(): value for name, value in response.headers.items()}
    data = bytearray()
    try:
        async for part in response.aiter_bytes():
            data += part
            if len(data) > most:
                fault = f"more than {most:,} bytes; the rest was not read"
                return Response(
                    response.status_code, headers, bytes(data[:most]), fault
                )
    except httpx.DecodingError as error:
        fault = f"bytes that are not packed as it says ({error})"
        return Response(response.status_code, headers, b"", fault)
    return Response(response.status_code, headers, bytes(data))
