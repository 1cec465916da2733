"""Any endpoint that speaks the OpenAI chat protocol, through the `openai` SDK."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any
from urllib.parse import urlsplit

from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import ModelRequest, Reply, Target
from shapley_coop.interfaces.model import key as digest
from shapley_coop.llm.backends import chat as wire
from shapley_coop.llm.backends.dialect import Dialect
from shapley_coop.llm.faults import ChangedError, UnusableError

OPENAI_URL = "https://api.openai.com/v1"
LANE = 4
"""Calls at once of one client: httpx looks through all of a client's connections at every call, so
that with 64 in one client a call takes four times the work."""


class Lane:
    """One client of the SDK and how many calls it carries now."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.busy = 0


class OpenAIBackend:
    """Clients of one endpoint; the SDK's own retries are off so that attempts are counted."""

    def __init__(self, target: Target) -> None:
        self.dialect = Dialect(target)
        self._target = target
        self._lanes: list[Lane] = []
        self._trust: Any = None

    async def answer(self, request: ModelRequest) -> Reply:
        """Send one request once.

        The request's digest goes along as an idempotency key: a server that knows such keys gives
        and bills a repeated request's answer once.
        """
        import httpx
        import openai

        body = self.dialect.body(request)
        lane = self._lane()
        began = time.perf_counter()
        lane.busy += 1
        try:
            async with asyncio.timeout(self._target.timeout):
                data = await _read(lane.client, request, body)
        except (openai.APITimeoutError, httpx.TimeoutException, TimeoutError):
            raise wire.late(request, self._target.timeout) from None
        except openai.APIConnectionError as error:
            made = isinstance(error.__cause__, httpx.ConnectError)
            raise wire.unreachable(error, request, charged=not made) from error
        except httpx.TransportError as error:
            raise wire.unreachable(error, request, charged=True) from error
        except openai.APIStatusError as error:
            raise await self._refused(error, body, request) from None
        finally:
            lane.busy -= 1
        reply = wire.parse(data, request, time.perf_counter() - began)
        if request.schema_ is not None:
            self.dialect.heard(reply, body)
        return reply

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(lane.client.close() for lane in self._lanes))

    async def _refused(
        self, error: Any, body: dict[str, Any], request: ModelRequest
    ) -> ModelError:
        answer = error.response
        text = answer.text
        if self.dialect.refused(error.status_code, text, body):
            return ChangedError(f"{wire.place(request)} refused the form of a request")
        return wire.refused(error.status_code, text, answer.headers, request)

    def _lane(self) -> Lane:
        """Return the first client with room, or a new one; the trusted certificates load once."""
        import httpx
        import openai

        for lane in self._lanes:
            if lane.busy < LANE:
                return lane
        self._trust = self._trust or httpx.create_ssl_context()
        client = openai.AsyncOpenAI(
            api_key=key(self._target.endpoint),
            base_url=self._target.endpoint,
            timeout=self._target.timeout,
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(verify=self._trust),
        )
        self._lanes.append(Lane(client))
        return self._lanes[-1]


async def _read(client: Any, request: ModelRequest, body: dict[str, Any]) -> bytes:
    """Return an answer's bytes; one that never ends is given up at a bound.

    The SDK's untyped `post` spares the translation of every field, half of a call's time.
    """
    import openai

    stream = await client.post(
        "/chat/completions",
        cast_to=object,
        body={"model": request.model, **body},
        options={"headers": {"Idempotency-Key": digest(request)}},
        stream=True,
        stream_cls=openai.AsyncStream[object],
    )
    data = bytearray()
    try:
        async for chunk in stream.response.aiter_bytes():
            data += chunk
            if len(data) > wire.LARGEST:
                raise UnusableError(
                    f"{wire.place(request)} answered more than {wire.LARGEST:,} bytes; "
                    "the rest was not read"
                )
    finally:
        await stream.response.aclose()
    return bytes(data)


def key(endpoint: str) -> str:
    """Return the key for an endpoint, from the environment only.

    OPENAI_API_KEY goes to OpenAI and to OPENAI_BASE_URL, never to another host; any other
    endpoint gets SHAPLEY_COOP_API_KEY, or a placeholder, since local servers want none.

    Raises:
        ModelError: OpenAI's own endpoint is asked and no key is set.
    """
    environment = os.environ
    ours = environment.get("SHAPLEY_COOP_API_KEY", "")
    trusted = {
        urlsplit(url).netloc
        for url in (OPENAI_URL, environment.get("OPENAI_BASE_URL", ""))
    }
    if urlsplit(endpoint).netloc not in trusted:
        return ours or "none"
    found = environment.get("OPENAI_API_KEY") or ours
    if not found and endpoint == OPENAI_URL:
        raise ModelError(
            f"{endpoint} needs a key; set OPENAI_API_KEY, "
            "or play without one: --model smollm2 runs on this machine"
        )
    return found or "none"
