"""Any endpoint that speaks the OpenAI chat protocol."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from typing import ClassVar

from shapley_coop.interfaces.model import (
    Backend,
    ModelRequest,
    Provider,
    Reply,
    Target,
    key,
)
from shapley_coop.llm.chat.answers import late, parse, unreachable
from shapley_coop.llm.chat.connections import NoConnectionError
from shapley_coop.llm.chat.dialect import Dialect
from shapley_coop.llm.chat.keys import BASE_URL, CUSTOM_HEADERS, OPENAI_URL
from shapley_coop.llm.chat.refusals import addressee
from shapley_coop.llm.chat.response import Response, is_success
from shapley_coop.llm.chat.transport import Transport
from shapley_coop.llm.faults import UnusableError
from shapley_coop.llm.money.prices import listed_price


class OpenAIBackend(Backend):
    """Any endpoint that speaks the OpenAI chat protocol: its connections, and what it understands.

    Raises:
        ConfigError: a key, a proxy or certificates in the environment cannot be used.
    """

    provider: ClassVar[Provider] = Provider(
        forms=("http://HOST:PORT/v1#NAME", "openai/NAME"),
        named_model="always",
        endpoint=OPENAI_URL,
        endpoint_variable=BASE_URL,
        requirement="shapley-coop",
        secret_variables=(CUSTOM_HEADERS,),
        secret_shapes=(r"sk-[\w*.-]{12,}",),
        prices=partial(listed_price, "openai"),
    )

    def __init__(self, target: Target) -> None:
        self.dialect = Dialect(target)
        self._target = target
        self._transport = Transport(target.endpoint)

    async def answer(self, request: ModelRequest) -> Reply:
        """Send one request once.

        The request's digest goes along as an idempotency key. A server that knows such keys gives
        and bills a repeated request's answer once.
        """
        body = self.dialect.body(request)
        began = time.perf_counter()
        response = await self._send(request, {"model": request.model, **body})
        seconds = time.perf_counter() - began
        if not is_success(response.status):
            text = response.data.decode(errors="replace")
            raise self.dialect.fault_of(
                response.status, text, response.headers, body, request
            )
        if response.fault:
            raise UnusableError(f"{addressee(request)} answered {response.fault}")
        reply = parse(response, request, seconds)
        if request.schema_ is not None:
            self.dialect.learn_from_answer(reply, body)
        return reply

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _send(self, request: ModelRequest, body: dict[str, object]) -> Response:
        """Send a body and return what came back.

        Raises:
            PassingError: nothing came back in time, or not all of it.
        """
        data = json.dumps(body, separators=(",", ":")).encode()
        headers = {"Idempotency-Key": key(request)}
        route = self._transport.route.proxy_words
        try:
            async with asyncio.timeout(self._target.timeout):
                return await self._transport.post("/chat/completions", data, headers)
        except TimeoutError:
            raise late(request, self._target.timeout) from None
        except NoConnectionError as error:
            # Where not even a connection came about, the server has done no work to bill.
            raise unreachable(error, request, route=route) from error
        except ConnectionError as error:
            raise unreachable(error, request, billable=True, route=route) from error
