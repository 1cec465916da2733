"""Any endpoint that speaks the OpenAI chat protocol, through the `openai` SDK."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from shapley_coop.errors import ModelError
from shapley_coop.llm import faults, wire
from shapley_coop.model import Reply, Request, Target

OPENAI_URL = "https://api.openai.com/v1"


class OpenAIBackend:
    """One client of one endpoint; the SDK's own retries are off so that attempts are counted."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._client: Any = None
        self._jitter = np.random.default_rng()

    async def answer(self, request: Request) -> Reply:
        """Answer one request; connection faults, 429 and 5xx are tried again."""
        return await faults.persist(lambda: self._send(request), self._jitter)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _send(self, request: Request) -> Reply:
        import openai

        client = self._opened()
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._target.timeout):
                raw = await client.chat.completions.with_raw_response.create(
                    model=request.model, **wire.body(request)
                )
                text = raw.text
        except (openai.APITimeoutError, TimeoutError):
            raise wire.late(request, self._target.timeout) from None
        except openai.APIConnectionError as error:
            raise wire.unreachable(error, request) from error
        except openai.APIStatusError as error:
            answer = error.response
            raise wire.refused(error.status_code, answer.text, answer.headers, request) from None
        return wire.parse(text, request, time.perf_counter() - began)

    def _opened(self) -> Any:
        import openai

        if self._client is None:
            self._client = openai.AsyncOpenAI(
                api_key=key(self._target.endpoint),
                base_url=self._target.endpoint,
                timeout=self._target.timeout,
                max_retries=0,
            )
        return self._client


def key(endpoint: str) -> str:
    """Return the key for an endpoint, from the environment only.

    OPENAI_API_KEY goes to OpenAI and to OPENAI_BASE_URL, never to another host; any other
    endpoint gets SHAPLEY_COOP_API_KEY, or a placeholder, since local servers want none.

    Raises:
        ModelError: OpenAI's own endpoint is asked and no key is set.
    """
    environment = os.environ
    ours = environment.get("SHAPLEY_COOP_API_KEY", "")
    trusted = {urlsplit(url).netloc for url in (OPENAI_URL, environment.get("OPENAI_BASE_URL", ""))}
    if urlsplit(endpoint).netloc not in trusted:
        return ours or "none"
    found = environment.get("OPENAI_API_KEY") or ours
    if not found and endpoint == OPENAI_URL:
        raise ModelError(
            f"{endpoint} needs a key; set OPENAI_API_KEY, "
            "or play without one: --model smollm2 runs on this machine"
        )
    return found or "none"
