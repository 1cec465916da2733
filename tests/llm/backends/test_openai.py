"""OpenAI-compatible endpoints and litellm: a real llama.cpp server, and servers that misbehave."""

import asyncio
import json
import socket

import pytest

from shapley_coop.errors import ConfigError, ModelError
from shapley_coop.llm.backends.litellm import LiteLLMBackend
from shapley_coop.llm.backends.openai import OpenAIBackend
from shapley_coop.llm.chat import response
from shapley_coop.llm.chat.keys import key_of
from shapley_coop.llm.endpoint import Endpoint
from tests.fixtures.models import (
    OFFER,
    QUICK,
    FreeMeter,
    completion,
    http,
    request_for,
)

BUSY = http(b'{"error": {"message": "slow down"}}', "429 Too Many Requests")


def ask(target, request=None, backend=OpenAIBackend):
    async def once():
        asked = Endpoint(
            target, backend(target), limit=4, meter=FreeMeter(), patience=QUICK
        )
        try:
            plain = request or request_for()
            return await asked.ask(
                plain.model_copy(
                    update={"model": target.model, "endpoint": target.endpoint}
                )
            )
        finally:
            await asked.close()

    return asyncio.run(once())


def test_real_llama_server_through_the_openai_protocol(embedded_model, at, monkeypatch):
    url, secret = embedded_model.http
    monkeypatch.setenv("SHAPLEY_COOP_API_KEY", secret)
    reply = ask(at(url, timeout=60), request_for("Offer a price.", schema=OFFER))
    assert json.loads(reply.text)["kind"] in OFFER["properties"]["kind"]["enum"]
    assert reply.finish == "stop"
    assert reply.usage.completion > 5


@pytest.mark.parametrize("model", ["openai/smollm2", "hosted_vllm/smollm2"])
def test_real_llama_server_through_litellm(embedded_model, at, monkeypatch, model):
    url, secret = embedded_model.http
    monkeypatch.setenv("OPENAI_API_KEY", secret)
    monkeypatch.setenv("HOSTED_VLLM_API_KEY", secret)
    target = at(url, backend="litellm", model=model, timeout=60)
    reply = ask(target, request_for("Offer a price.", schema=OFFER), LiteLLMBackend)
    assert json.loads(reply.text)["kind"] in OFFER["properties"]["kind"]["enum"]
    assert reply.usage.completion > 5


def test_wrong_key_at_a_real_server(embedded_model, at, monkeypatch):
    url, _ = embedded_model.http
    monkeypatch.setenv("SHAPLEY_COOP_API_KEY", "sk-canary-123456789")
    with pytest.raises(ModelError, match=r"401.*key is missing or wrong") as caught:
        ask(at(url))
    assert "canary" not in str(caught.value)


def test_endpoint_that_refuses(at):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(ModelError, match=r"cannot reach http://127.*sent 4 times"):
        ask(at(url))


def test_endpoint_that_hangs(server, at):
    server.answers = [None]
    with pytest.raises(ModelError, match=r"did not answer within 1 s"):
        ask(at(server.url, timeout=1))
    assert len(server.heard) == QUICK.attempts


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            http(b"<html><b>hello</b></html>", kind="text/html"),
            "web page instead of JSON",
        ),
        (http(b"<html>proxy</html>"), "web page instead of JSON"),
        (http(completion()[:40]), "broken JSON"),
        (http(b""), "broken JSON"),
        (http(b"\xff{}"), "no UTF-8"),
        (http(b'{"choices": []}'), "no chat completion"),
        (http(b'["text"]'), "no chat completion"),
    ],
)
def test_a_server_that_never_answers_a_completion_is_down(server, at, answer, says):
    server.answers = [answer]
    with pytest.raises(ModelError, match=says) as caught:
        ask(at(server.url))
    assert caught.value.fatal
    assert server.url in str(caught.value)
    assert len(server.heard) == QUICK.attempts


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            http(b'{"error": {"message": "no such model"}}', "404 Not Found"),
            "no such model",
        ),
        (http(b'{"error": {"message": "bad"}}', "400 Bad Request"), "HTTP 400: bad"),
        (http(b"who?", "403 Forbidden"), "may not use this model"),
        (
            http(b'{"error": {"code": "insufficient_quota"}}', "429 No"),
            "quota is used up",
        ),
    ],
)
def test_answers_that_no_retry_mends(server, at, answer, says):
    server.answers = [answer]
    with pytest.raises(ModelError, match=says) as caught:
        ask(at(server.url))
    assert server.url in str(caught.value)
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    "fault",
    [
        BUSY,
        http(b"{}", "429 Too Many Requests", headers="Retry-After: 0\r\n"),
        http(b"oops", "500 Internal Server Error"),
        http(b"oops", "503 Service Unavailable"),
        http(completion()).replace(b"Length: ", b"Length: 9"),
        b"",
    ],
)
@pytest.mark.parametrize("backend", [OpenAIBackend, LiteLLMBackend])
def test_passing_faults_are_tried_again_and_counted(
    server, at, fault, backend, monkeypatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    server.answers = [fault, fault, http(completion("at last"))]
    model = "openai/m" if backend is LiteLLMBackend else "m"
    reply = ask(at(server.url, model=model), backend=backend)
    assert (reply.text, reply.attempts, len(server.heard)) == ("at last", 3, 3)
    assert reply.usage.total == 9


@pytest.mark.parametrize("backend", [OpenAIBackend, LiteLLMBackend])
def test_a_fault_that_stays_is_given_up(server, at, backend, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    server.answers = [BUSY]
    model = "openai/m" if backend is LiteLLMBackend else "m"
    with pytest.raises(ModelError, match=r"429.*slow down.*sent 12 times") as caught:
        ask(at(server.url, model=model), backend=backend)
    assert caught.value.fatal  # it never gave an answer
    assert len(server.heard) == QUICK.rate_attempts


def test_answer_without_end_is_not_read_to_its_end(server, at, monkeypatch):
    monkeypatch.setattr(response, "LARGEST", 10_000)
    server.answers = [http(completion("x" * 1_000_000))]
    with pytest.raises(ModelError, match="more than 10,000 bytes"):
        ask(at(server.url))


def test_cut_reply_is_told(server, at):
    server.answers = [http(completion("half a", finish="length"))]
    assert ask(at(server.url)).finish == "length"


def test_openai_key_goes_to_openai_only(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("SHAPLEY_COOP_API_KEY", raising=False)
    assert key_of("https://api.openai.com/v1") == "sk-openai"
    assert key_of("https://api.openai.com.example.org/v1") == ""
    monkeypatch.setenv("SHAPLEY_COOP_API_KEY", "ours")
    assert key_of("http://127.0.0.1:8000/v1") == "ours"
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("SHAPLEY_COOP_API_KEY")
    with pytest.raises(ConfigError, match="set OPENAI_API_KEY"):
        key_of("https://api.openai.com/v1")
