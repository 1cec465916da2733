"""Every other provider, through `litellm`, which is slow to import and so imported late."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import ModelRequest, Reply, Target
from shapley_coop.llm.backends import chat as wire
from shapley_coop.llm.backends.dialect import Dialect
from shapley_coop.llm.faults import ChangedError


class LiteLLMBackend:
    """One `provider/model` of litellm; keys come from the provider's own environment variable."""

    def __init__(self, target: Target) -> None:
        self.dialect = Dialect(target)
        self._target = target
        self._used = False

    async def answer(self, request: ModelRequest) -> Reply:
        """Send one request once; litellm's own retries are off."""
        litellm = library()
        self._used = True
        where = (
            {}
            if self._target.endpoint == "litellm"
            else {"api_base": self._target.endpoint}
        )
        body = self.dialect.body(request)
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
                    **body,
                )
        except (litellm.Timeout, TimeoutError):
            raise wire.late(request, self._target.timeout) from None
        except (
            Exception
        ) as error:  # litellm lets every provider's own exceptions through
            raise self._fault(error, body, request) from error
        reply = wire.reply(answer.model_dump(), request, time.perf_counter() - began)
        if request.schema_ is not None:
            self.dialect.heard(reply, body)
        return reply

    async def close(self) -> None:
        """Close litellm's shared connections."""
        if self._used:
            await library().close_litellm_async_clients()

    def _fault(
        self, error: Exception, body: dict[str, Any], request: ModelRequest
    ) -> ModelError:
        import openai

        text = str(error)
        if isinstance(error, library().UnsupportedParamsError) and self.dialect.refused(
            400, text, body
        ):
            return ChangedError(f"{wire.place(request)} does not take a field")
        if isinstance(error, openai.APIStatusError):
            headers = getattr(error.response, "headers", {})
            if (
                "connection error" in text.lower()
            ):  # litellm reports a refused connection as a 500
                return wire.unreachable(error, request)
            if self.dialect.refused(error.status_code, text, body):
                return ChangedError(
                    f"{wire.place(request)} refused the form of a request"
                )
            return wire.refused(error.status_code, text, headers, request)
        if isinstance(error, openai.APIConnectionError):
            return wire.unreachable(error, request, charged=True)
        return ModelError(f"litellm cannot ask {request.model!r}: {wire.clip(text)}")


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
