"""One POST to an endpoint and what comes back: straight, or by httpx where a proxy is between.

Nothing follows redirects, keeps cookies or sends what nobody asked for.
"""

from __future__ import annotations

from typing import Any

from shapley_coop.llm.chat.connections import (
    BrokenConnectionError,
    Connections,
    NoConnectionError,
)
from shapley_coop.llm.chat.keys import headers_of
from shapley_coop.llm.chat.response import Response, most_bytes, response_of
from shapley_coop.llm.chat.routes import Route, route_of


class Transport:
    """The way to one endpoint.

    Args:
        endpoint: the URL before the path of a call.

    Raises:
        ConfigError: the environment holds a key, a proxy or certificates that cannot be used.
    """

    def __init__(self, endpoint: str) -> None:
        self.route = route_of(endpoint)
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            # Answers are short, and a packed one could unfold to any size.
            "Accept-Encoding": "identity",
            "User-Agent": "shapley-coop",
            **headers_of(endpoint),
        }
        self._connections: Connections | Proxied
        if self.route.proxy:
            self._connections = Proxied(endpoint, self.route)
        else:
            self._connections = Connections(endpoint, self.route.certificates)

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> Response:
        """Send a body once and read what comes back.

        Raises:
            NoConnectionError: nothing was sent.
            BrokenConnectionError: it was sent, and no whole answer came.
        """
        return await self._connections.post(path, self._headers | headers, body)

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()


class Proxied:
    """The connections to one endpoint through a proxy.

    Args:
        endpoint: the URL before the path of a call.
        route: the proxy, and whose word is trusted.
    """

    def __init__(self, endpoint: str, route: Route) -> None:
        self._endpoint = endpoint
        self._route = route
        self._transport: Any = None

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> Response:
        """Send a body once and read what comes back.

        Raises:
            NoConnectionError: nothing was sent.
            BrokenConnectionError: it was sent, and no whole answer came.
        """
        import httpx

        request = httpx.Request(
            "POST", self._endpoint + path, content=body, headers=headers
        )
        if self._transport is None:
            self._transport = httpx.AsyncHTTPTransport(
                verify=self._route.certificates or False,
                trust_env=False,
                proxy=self._route.proxy,
            )
        try:
            response = await self._transport.handle_async_request(request)
            try:
                return await _read(response)
            finally:
                await response.aclose()
        # Where not even a connection came about, the server has done no work to bill.
        except (httpx.ConnectError, httpx.ProxyError) as error:
            raise NoConnectionError(f"{type(error).__name__}: {error}") from error
        except httpx.TransportError as error:
            raise BrokenConnectionError(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close the connections."""
        if self._transport is not None:
            await self._transport.aclose()


async def _read(response: Any) -> Response:
    """Read an answer, at most to the bound of its kind."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    data = bytearray()
    async for part in response.aiter_raw():
        data += part
        if len(data) > most_bytes(response.status_code):
            break
    return response_of(response.status_code, headers, bytes(data))
