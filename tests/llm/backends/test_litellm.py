"""Providers through litellm: tools, headers of other providers, and nobody phoned."""

import asyncio
import json
import socket

import pytest

from shapley_coop.errors import ConfigError, ModelError
from shapley_coop.interfaces.model import Target
from shapley_coop.llm.backends.litellm import LiteLLMBackend
from shapley_coop.llm.endpoint import Endpoint
from shapley_coop.llm.faults import CallError
from tests.fixtures.models import OFFER, QUICK, FreeMeter, completion, http, request_for

SAID = '{"kind":"accept","price":1,"reason":"x"}'


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    for provider in ("NVIDIA_NIM", "HOSTED_VLLM", "ANTHROPIC"):
        monkeypatch.setenv(f"{provider}_API_KEY", "own-key-12345")


def ask(url, model, *requests, output="auto"):
    async def main():
        target = Target(
            backend="litellm", model=model, endpoint=url, output=output, timeout=20
        )
        backend = LiteLLMBackend(target)
        endpoint = Endpoint(target, backend, limit=4, meter=FreeMeter(), patience=QUICK)
        try:
            return [
                await endpoint.ask(request.model_copy(update={"model": model}))
                for request in requests
            ]
        finally:
            await endpoint.close()

    return asyncio.run(main())


def bodies(server):
    return [json.loads(heard.split(b"\r\n\r\n", 1)[1]) for heard in server.heard]


def tool_call(arguments):
    call = {"id": "1", "type": "function"}
    call["function"] = {"name": "answer", "arguments": arguments}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
    whole["usage"] = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    return http(json.dumps(whole | {"choices": [choice]}).encode())


@pytest.mark.parametrize("model", ["hosted_vllm/m", "nvidia_nim/m"])
def test_tools_work(server, model):
    server.answers = [tool_call(SAID)]
    (reply,) = ask(server.url, model, request_for(schema=OFFER), output="tool")
    assert reply.text == SAID
    (tool,) = bodies(server)[0]["tools"]
    assert tool["function"]["parameters"]["properties"] == OFFER["properties"]


def test_nothing_of_openais_goes_to_another_provider(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-1234567890")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-canary")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-canary")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway-Token: canary-header")
    server.answers = [http(completion("hi"))]
    for model in ("nvidia_nim/m", "hosted_vllm/m"):
        ask(server.url, model, request_for())
        assert b"canary" not in server.heard[-1]
        assert b"own-key-12345" in server.heard[-1]


def test_a_key_is_stripped_or_refused_before_a_run_is_made(server, monkeypatch):
    server.answers = [http(completion("hi"))]
    monkeypatch.setenv("NVIDIA_NIM_API_KEY", " key-of-a-file-123\n")
    ask(server.url, "nvidia_nim/m", request_for())
    assert b"Bearer key-of-a-file-123\r\n" in server.heard[-1]
    monkeypatch.setenv("NVIDIA_NIM_API_KEY", "key\nof-two-lines")
    with pytest.raises(ConfigError, match="NVIDIA_NIM_API_KEY holds a line break"):
        ask(server.url, "nvidia_nim/m", request_for())


def test_nobody_is_phoned_and_nothing_is_said(server, monkeypatch, capfd):
    looked_up = []
    find = socket.getaddrinfo

    def getaddrinfo(host, *rest, **options):
        looked_up.append(host)
        return find(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    message = {
        "id": "1", "type": "message", "role": "assistant", "model": "claude",
        "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 7, "output_tokens": 2},
    }  # fmt: skip
    server.answers = [http(json.dumps(message).encode())]
    base = server.url.removesuffix("/v1")
    (reply,) = ask(base, "anthropic/claude-haiku-4-5", request_for())
    assert (reply.text, reply.usage.total) == ("hi", 9)
    assert {str(host) for host in looked_up} <= {"127.0.0.1", "localhost"}
    assert "".join(capfd.readouterr()) == ""


def anthropic_error(text):
    error = {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": text},
    }
    return http(json.dumps(error).encode(), "400 Bad Request")


def test_two_fields_that_exclude_each_other_are_learned(server):
    both = "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
    message = {
        "id": "1", "type": "message", "role": "assistant", "model": "claude",
        "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 7, "output_tokens": 2},
    }  # fmt: skip
    server.answers = [anthropic_error(both), http(json.dumps(message).encode())]
    base = server.url.removesuffix("/v1")
    model = "anthropic/claude-haiku-4-5"
    replies = ask(base, model, request_for("a"), request_for("b"))
    assert [reply.attempts for reply in replies] == [2, 1]
    assert "temperature" in bodies(server)[-1]
    assert "top_p" not in bodies(server)[-1]


def test_a_prompt_that_is_too_long_costs_its_call_alone(server):
    server.answers = [
        anthropic_error("prompt is too long: 250000 tokens > 200000 maximum")
    ]
    base = server.url.removesuffix("/v1")
    with pytest.raises(ModelError, match="too long") as caught:
        ask(base, "anthropic/claude-haiku-4-5", request_for(schema=OFFER))
    assert not caught.value.fatal
    assert isinstance(caught.value.__cause__, CallError)
    assert len(server.heard) == 1
