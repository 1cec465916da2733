"""How an endpoint is asked: the ladder to JSON, names of fields, pictures, reasoning apart."""

import asyncio
import json

import pytest

from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import Message
from shapley_coop.llm.backends.openai import OpenAIBackend
from shapley_coop.llm.chat.answers import read_completion
from shapley_coop.llm.endpoint import Endpoint
from tests.fixtures.models import (
    OFFER,
    QUICK,
    FreeMeter,
    completion,
    http,
    request_for,
)

SAID = '{"kind":"accept","price":1,"reason":"x"}'


def refusal(text, status="400 Bad Request"):
    return http(json.dumps({"error": {"message": text}}).encode(), status)


def tool_call(arguments):
    call = {
        "id": "1",
        "type": "function",
        "function": {"name": "answer", "arguments": arguments},
    }
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    return http(
        json.dumps({"choices": [choice], "usage": {"prompt_tokens": 1}}).encode()
    )


def ask(target, *requests):
    async def main():
        backend = OpenAIBackend(target)
        endpoint = Endpoint(target, backend, limit=4, meter=FreeMeter(), patience=QUICK)
        try:
            return [await endpoint.ask(request) for request in requests], endpoint
        finally:
            await endpoint.close()

    return asyncio.run(main())


def bodies(server):
    return [json.loads(heard.split(b"\r\n\r\n", 1)[1]) for heard in server.heard]


def test_ladder_goes_down_once_and_remembers(server, at):
    no = refusal("this server has no such thing")
    server.answers = [no, no, no, http(completion(SAID)), http(completion(SAID))]
    (first, second), _ = ask(
        at(server.url), request_for("a", schema=OFFER), request_for("b", schema=OFFER)
    )
    assert (first.text, first.attempts, second.attempts) == (SAID, 4, 1)
    asked = bodies(server)
    assert asked[0]["response_format"]["json_schema"]["schema"] == OFFER
    assert asked[1]["tools"][0]["function"]["parameters"] == OFFER
    assert asked[2]["response_format"] == {"type": "json_object"}
    assert "response_format" not in asked[3]
    assert json.dumps(OFFER) in asked[3]["messages"][-1]["content"]
    assert "response_format" not in asked[4]
    assert len(server.heard) == 5


def test_tool_call_is_read_as_the_answer_and_two_are_never_one(server, at):
    server.answers = [refusal("no"), tool_call(SAID)]
    (answer,), _ = ask(at(server.url), request_for(schema=OFFER))
    assert (answer.text, answer.finish) == (SAID, "stop")
    calls = [{"function": {"arguments": SAID}}] * 2
    two = {
        "choices": [{"message": {"tool_calls": calls}, "finish_reason": "tool_calls"}]
    }
    assert read_completion(two, request_for(), 0.0).text == f"{SAID}\n{SAID}"


def test_schema_that_is_ignored_is_not_asked_for_again(server, at):
    server.answers = [http(completion("Sure! I accept.")), tool_call(SAID)]
    (first, _), _ = ask(
        at(server.url), request_for("a", schema=OFFER), request_for("b", schema=OFFER)
    )
    assert first.text == "Sure! I accept."
    assert "tools" in bodies(server)[1]


def test_refusal_of_a_request_whose_form_is_known_to_work_is_final(server, at):
    server.answers = [http(completion(SAID)), refusal("the prompt is too long")]
    with pytest.raises(ModelError, match="too long"):
        ask(
            at(server.url),
            request_for("a", schema=OFFER),
            request_for("b", schema=OFFER),
        )
    assert len(server.heard) == 2


@pytest.mark.parametrize("output", ["tool", "json", "plain"])
def test_configuration_overrides_the_ladder(server, at, output):
    server.answers = [http(completion(SAID))]
    ask(at(server.url).model_copy(update={"output": output}), request_for(schema=OFFER))
    body = bodies(server)[0]
    assert ("tools" in body) == (output == "tool")
    assert ("response_format" in body) == (output == "json")


def test_fields_that_a_server_does_not_know_are_left_out(server, at):
    server.answers = [
        refusal(
            "Unsupported parameter: 'max_tokens' ... Use 'max_completion_tokens' instead."
        ),
        refusal(
            "Unsupported value: 'temperature' does not support 0.7 with this model."
        ),
        refusal("Extra inputs are not permitted: seed", "422 Unprocessable Entity"),
        http(completion("hi")),
    ]
    (answer,), _ = ask(at(server.url), request_for())
    last = bodies(server)[-1]
    assert (answer.text, answer.attempts) == ("hi", 4)
    assert last["max_completion_tokens"] == 60
    assert not {"max_tokens", "temperature", "seed"} & set(last)


def test_bad_value_of_a_field_is_not_hidden(server, at):
    server.answers = [refusal("max_tokens is too large: 60")]
    with pytest.raises(ModelError, match="too large"):
        ask(at(server.url), request_for())


@pytest.mark.parametrize(
    "text",
    [
        "`temperature` and `top_p` cannot both be specified for this model.",
        "Please use only one of temperature or top_p",
    ],
)
def test_of_two_fields_that_exclude_each_other_one_is_sent(server, at, text):
    server.answers = [refusal(text), http(completion("hi"))]
    ask(at(server.url), request_for())
    assert "temperature" in bodies(server)[1]
    assert "top_p" not in bodies(server)[1]


SPOKEN = (
    Message(role="system", content="You are a seat."),
    Message(role="user", content="Offer."),
)


@pytest.mark.parametrize(
    "text",
    [
        "System role not supported",
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "Developer instruction is not enabled for models/gemma-3-27b-it",
        "Conversation roles must alternate user/assistant/user/assistant/...",
    ],
)
def test_a_model_without_a_system_role_is_told_in_the_question(server, at, text):
    server.answers = [refusal(text), http(completion("hi"))]
    ask(at(server.url), request_for().model_copy(update={"messages": SPOKEN}))
    assert bodies(server)[1]["messages"] == [
        {"role": "user", "content": "You are a seat.\n\nOffer."}
    ]
    assert "temperature" in bodies(server)[1]


def test_the_system_role_can_be_left_out_from_the_start(server, at):
    server.answers = [http(completion("hi"))]
    seen = "data:image/png;base64,iVBORw0KGgo="
    shown = (SPOKEN[0], SPOKEN[1].model_copy(update={"images": (seen,)}))
    target = at(server.url).model_copy(update={"omit": ("system",)})
    ask(target, request_for().model_copy(update={"messages": shown}))
    (message,) = bodies(server)[0]["messages"]
    assert [part.get("text") for part in message["content"]] == [
        "You are a seat.",
        "Offer.",
        None,
    ]


def test_an_empty_answer_teaches_nothing(server, at):
    server.answers = [http(completion("")), http(completion(SAID))]
    ask(at(server.url), request_for("a", schema=OFFER), request_for("b", schema=OFFER))
    assert [body["response_format"]["type"] for body in bodies(server)] == [
        "json_schema",
        "json_schema",
    ]


def test_a_full_context_is_no_name_of_a_field(server, at):
    full = "'max_tokens' or 'max_completion_tokens' is too large: 320. This model's maximum ..."
    server.answers = [refusal(full)]
    with pytest.raises(ModelError, match="too long for this model") as caught:
        ask(at(server.url), request_for(schema=OFFER))
    assert not caught.value.fatal
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    "text",
    [
        "The model `x` does not exist",
        'model "x" not found, try pulling it first',
        "Not Found",
    ],
)
def test_an_unknown_model_is_told_at_once(server, at, text):
    server.answers = [refusal(text, "404 Not Found")]
    with pytest.raises(ModelError, match="check the model's name") as caught:
        ask(at(server.url), request_for(schema=OFFER))
    assert caught.value.fatal
    assert len(server.heard) == 1


def test_pictures_are_sent_as_image_parts(server, at):
    server.answers = [http(completion("hi"))]
    seen = "data:image/png;base64,iVBORw0KGgo="
    shown = (Message(role="user", content="look", images=(seen,)),)
    ask(at(server.url), request_for().model_copy(update={"messages": shown}))
    assert bodies(server)[0]["messages"][0]["content"] == [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": seen}},
    ]


@pytest.mark.parametrize(
    "message",
    [
        {"content": "<think>hm\nhm</think>\n {}"},
        {"content": "{}", "reasoning_content": "hm\nhm"},
        {"content": "{}", "reasoning": "hm\nhm"},
    ],
)
def test_reasoning_is_kept_apart(message):
    answer = {
        "choices": [{"message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 8,
            "completion_tokens_details": {"reasoning_tokens": 6},
            "prompt_tokens_details": {"cached_tokens": 4},
        },
    }
    got = read_completion(answer, request_for(), 0.0)
    assert (got.text, got.thinking) == ("{}", "hm\nhm")
    assert (got.usage.reasoning, got.usage.cached, got.usage.total) == (6, 4, 17)
