"""Every other provider, through `litellm`, which is slow to import and so imported late."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import numpy as np

from shapley_coop.errors import ModelError
from shapley_coop.llm import faults, wire
from shapley_coop.model import Reply, Request, Target


class LiteLLMBackend:
    """One `provider/model` of litellm; keys come from the provider's own environment variable."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._jitter = np.random.default_rng()

    async def answer(self, request: Request) -> Reply:
        """Answer one request; connection faults, 429 and 5xx are tried again."""
        return await faults.persist(lambda: self._send(request), self._jitter)

    async def close(self) -> None:
        """Close litellm's shared connections."""
        await library().close_litellm_async_clients()

    async def _send(self, request: Request) -> Reply:
        litellm = library()
        where = {} if self._target.endpoint == "litellm" else {"api_base": self._target.endpoint}
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._target.timeout):
                answer = await litellm.acompletion(
                    model=request.model,
                    num_retries=0,
                    max_retries=0,
                    timeout=self._target.timeout,
                    drop_params=True,
                    **where,
                    **wire.body(request),
                )
        except (litellm.Timeout, TimeoutError):
            raise wire.late(request, self._target.timeout) from None
        except Exception as error:  # litellm lets every provider's own exceptions through
            raise _fault(error, request) from error
        return wire.reply(answer.model_dump(), request, time.perf_counter() - began)


def library() -> Any:
    """Import litellm with its local price table, telemetry and chatter off."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    try:
        import litellm
    except ImportError as error:
        raise ModelError(
            f"this model needs litellm ({error}); run: pip install 'shapley-coop[litellm]', "
            "or give the URL of an OpenAI-compatible endpoint: --model http://HOST:PORT/v1#NAME"
        ) from error
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    return litellm


def _fault(error: Exception, request: Request) -> ModelError:
    import openai

    text = str(error)
    if isinstance(error, openai.APIStatusError):
        headers = getattr(error.response, "headers", {})
        if "connection error" in text.lower():  # litellm reports a refused connection as a 500
            return wire.unreachable(error, request)
        return wire.refused(error.status_code, text, headers, request)
    if isinstance(error, openai.APIConnectionError):
        return wire.unreachable(error, request)
    return ModelError(f"litellm cannot ask {request.model!r}: {wire.clip(text)}")
