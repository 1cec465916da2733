"""Every other provider, through `litellm`, which is slow to import and so imported late."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import Any, ClassVar

from shapley_coop.config.sections import Price
from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import (
    Backend,
    ModelRequest,
    Provider,
    Reply,
    Target,
)
from shapley_coop.llm.chat.answers import late, read_completion, unreachable
from shapley_coop.llm.chat.dialect import Dialect
from shapley_coop.llm.chat.keys import header_value, hidden_headers
from shapley_coop.llm.chat.refusals import clip
from shapley_coop.llm.money.prices import listed_price
from shapley_coop.llm.providers import not_installed

_LOCAL = ("LITELLM_LOCAL_MODEL_COST_MAP", "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS")
"""Variables that have litellm read its tables from its own package, and not from the network."""
ENDPOINT = "litellm"
"""The endpoint of models that litellm itself knows the place of."""


def price_of_spec(model: str) -> Price | None:
    """Return the price of a `provider/model` of litellm."""
    provider, _, name = model.partition("/")
    return listed_price(provider, name)


class LiteLLMBackend(Backend):
    """One `provider/model` of litellm. Keys come from the provider's own environment variable.

    Raises:
        ConfigError: the key holds what no header may hold.
    """

    provider: ClassVar[Provider] = Provider(
        forms=("PROVIDER/NAME (through litellm)",),
        named_model="always",
        endpoint=ENDPOINT,
        hosted=True,
        packages=("litellm",),
        requirement="shapley-coop[litellm]",
        secret_shapes=(
            r"(?:gsk|xai|hf|ghp|nvapi|tgp)[-_][A-Za-z0-9*.]{16,}",
            r"AIza[\w-]{10,}",
        ),
        prices=price_of_spec,
    )

    def __init__(self, target: Target) -> None:
        self.dialect = Dialect(target)
        self._target = target
        self._called = False
        provider = target.model.partition("/")[0]
        # litellm sends a key as it stands, with a line break that a file has left at its end.
        self._key = header_value(f"{provider.upper()}_API_KEY")

    async def answer(self, request: ModelRequest) -> Reply:
        """Send one request once. The retries of litellm itself are off."""
        litellm = library()
        self._called = True
        # litellm knows where a provider is. Only an endpoint of the user's own is told to it.
        where: dict[str, str] = {}
        if self._target.endpoint != ENDPOINT:
            where["api_base"] = self._target.endpoint
        if self._key:
            where["api_key"] = self._key
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
                    # Without this litellm imports a server of its own wherever a tool is sent.
                    _skip_mcp_handler=True,
                    extra_headers=hidden_headers(),
                    **where,
                    **body,
                )
        except (litellm.Timeout, TimeoutError):
            raise late(request, self._target.timeout) from None
        # litellm lets every provider's own exceptions through.
        except Exception as error:
            raise self._fault(error, body, request) from error
        seconds = time.perf_counter() - began
        reply = read_completion(answer.model_dump(), request, seconds)
        if request.schema_ is not None:
            self.dialect.learn_from_answer(reply, body)
        return reply

    async def close(self) -> None:
        """Close litellm's shared connections."""
        # Closing imports the library, which a backend that was never asked can spare.
        if self._called:
            await library().close_litellm_async_clients()

    def _fault(
        self, error: Exception, body: dict[str, Any], request: ModelRequest
    ) -> ModelError:
        import openai

        text = str(error)
        unusable = ModelError(f"litellm cannot ask {request.model!r}: {clip(text)}")
        # litellm refuses unknown fields by itself, as a server would with a 400.
        if isinstance(error, library().UnsupportedParamsError):
            return self.dialect.fault_of(400, text, {}, body, request)
        if isinstance(error, openai.APIStatusError):
            # litellm reports a connection that was refused as a 500.
            if "connection error" in text.lower():
                return unreachable(error, request)
            headers = error.response.headers
            status = error.status_code
            return self.dialect.fault_of(status, text, headers, body, request)
        # A package that litellm lacks is told as a connection too, and no waiting brings it.
        if "No module named" in text:
            return unusable
        if isinstance(error, openai.APIConnectionError):
            return unreachable(error, request, billable=True)
        return unusable


def library() -> Any:
    """Import litellm with its local price table, telemetry and chatter off.

    Raises:
        ModelError: litellm is not installed.
    """
    for variable in _LOCAL:
        os.environ.setdefault(variable, "True")
    try:
        import litellm
    except ImportError as error:
        raise not_installed("this model", LiteLLMBackend.provider, error) from error
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    # Its warnings go to the terminal, in the middle of what is played.
    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    return litellm
