"""Any endpoint that speaks the OpenAI chat protocol, through the `openai` SDK."""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import (
    Backend,
    ModelRequest,
    Provider,
    Reply,
    Target,
    key,
)
from shapley_coop.llm.backends import chat
from shapley_coop.llm.backends.dialect import Dialect
from shapley_coop.llm.faults import ChangedError, UnusableError
from shapley_coop.llm.money.prices import listed_price

OPENAI_URL = "https://api.openai.com/v1"
BASE_URL = "OPENAI_BASE_URL"
"""Environment variable of a URL that takes OpenAI's place."""
OUR_KEY = "SHAPLEY_COOP_API_KEY"
"""Environment variable of the key for endpoints other than OpenAI's."""
NO_KEY = "none"
"""What a server is sent that wants no key, since the SDK insists on one."""
LANE = 4
"""Most calls at once of one client.

httpx looks through all of a client's connections at every call, so that with 64 in one client a
call takes four times the work.
"""


class Lane:
    """One client of the SDK, and how much it carries now."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls = 0
        """Calls under way."""


class OpenAIBackend(Backend):
    """The clients of one endpoint. The SDK's own retries are off so that attempts are counted."""

    provider: ClassVar[Provider] = Provider(
        forms=("http://HOST:PORT/v1#NAME", "openai/NAME"),
        named_model="always",
        endpoint=OPENAI_URL,
        endpoint_variable=BASE_URL,
        packages=("openai",),
        requirement="shapley-coop",
        secret_shapes=(r"sk-[\w*.-]{12,}",),
        prices=partial(listed_price, "openai"),
    )

    def __init__(self, target: Target) -> None:
        self.dialect = Dialect(target)
        self._target = target
        self._lanes: list[Lane] = []
        self._certificates: Any = None

    async def answer(self, request: ModelRequest) -> Reply:
        """Send one request once.

        The request's digest goes along as an idempotency key. A server that knows such keys gives
        and bills a repeated request's answer once.
        """
        import httpx
        import openai

        body = self.dialect.body(request)
        lane = self._free_lane()
        began = time.perf_counter()
        lane.calls += 1
        try:
            async with asyncio.timeout(self._target.timeout):
                data = await _read_answer(lane.client, request, body)
        except (openai.APITimeoutError, httpx.TimeoutException, TimeoutError):
            raise chat.late(request, self._target.timeout) from None
        except openai.APIConnectionError as error:
            # Where not even a connection came about, the server has done no work to bill.
            connected = not isinstance(error.__cause__, httpx.ConnectError)
            raise chat.unreachable(error, request, billable=connected) from error
        except httpx.TransportError as error:
            raise chat.unreachable(error, request, billable=True) from error
        except openai.APIStatusError as error:
            raise self._refusal(error, body, request) from None
        finally:
            lane.calls -= 1
        reply = chat.parse(data, request, time.perf_counter() - began)
        if request.schema_ is not None:
            self.dialect.learn_from_answer(reply, body)
        return reply

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(lane.client.close() for lane in self._lanes))

    def _refusal(
        self, error: Any, body: dict[str, Any], request: ModelRequest
    ) -> ModelError:
        """Return the error of an HTTP status, once the dialect has learned from it."""
        response = error.response
        text = response.text
        if self.dialect.learn_from_refusal(error.status_code, text, body):
            return ChangedError(f"{chat.place(request)} refused the form of a request")
        return chat.refusal(error.status_code, text, response.headers, request)

    def _free_lane(self) -> Lane:
        """Return the first client with room, or a new one."""
        import httpx
        import openai

        for lane in self._lanes:
            if lane.calls < LANE:
                return lane
        # Reading the trusted certificates takes longer than a call, so all clients share them.
        self._certificates = self._certificates or httpx.create_ssl_context()
        client = openai.AsyncOpenAI(
            api_key=key_of(self._target.endpoint),
            base_url=self._target.endpoint,
            timeout=self._target.timeout,
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(verify=self._certificates),
        )
        lane = Lane(client)
        self._lanes.append(lane)
        return lane


async def _read_answer(
    client: Any, request: ModelRequest, body: dict[str, Any]
) -> bytes:
    """Return an answer's bytes. An answer that never ends is given up at a bound.

    The SDK's untyped `post` spares the translation of every field, half of a call's time.
    """
    import openai

    stream = await client.post(
        "/chat/completions",
        cast_to=object,
        body={"model": request.model, **body},
        options={"headers": {"Idempotency-Key": key(request)}},
        stream=True,
        stream_cls=openai.AsyncStream[object],
    )
    data = bytearray()
    try:
        async for chunk in stream.response.aiter_bytes():
            data += chunk
            if len(data) > chat.LARGEST:
                raise UnusableError(
                    f"{chat.place(request)} answered more than {chat.LARGEST:,} bytes; "
                    "the rest was not read"
                )
    finally:
        await stream.response.aclose()
    return bytes(data)


def key_of(endpoint: str) -> str:
    """Return the key for an endpoint, from the environment only.

    OPENAI_API_KEY goes to OpenAI and to OPENAI_BASE_URL, never to another host. Any other
    endpoint gets SHAPLEY_COOP_API_KEY, or a placeholder, since local servers want none.

    Raises:
        ModelError: OpenAI's own endpoint is asked and no key is set.
    """
    own_key = os.environ.get(OUR_KEY, "")
    # A key of OpenAI's must not reach whatever host a spec names.
    trusted_urls = (OPENAI_URL, os.environ.get(BASE_URL, ""))
    trusted_hosts = {urlsplit(url).netloc for url in trusted_urls}
    if urlsplit(endpoint).netloc not in trusted_hosts:
        return own_key or NO_KEY
    openai_key = os.environ.get("OPENAI_API_KEY") or own_key
    if not openai_key and endpoint == OPENAI_URL:
        raise ModelError(
            f"{endpoint} needs a key; set OPENAI_API_KEY, or use a model that needs none: "
            "smollm2 runs on this machine"
        )
    return openai_key or NO_KEY
