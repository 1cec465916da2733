"""The shapes in which servers answer: each is read as what was said, at a real server."""

import asyncio
import json

import pytest

from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import Reply
from shapley_coop.llm.backends.openai import OpenAIBackend
from shapley_coop.llm.replies import ask as read_asked
from shapley_coop.llm.replies import json_object
from shapley_coop.llm.thoughts import split_thinking
from tests.fixtures.clocks import effort_below
from tests.fixtures.models import OFFER, http, request_for

SAID = '{"kind":"accept","price":1,"reason":"x"}'
USAGE = {"prompt_tokens": 7, "completion_tokens": 2}


def whole(message, finish="stop", **more):
    choice = {"index": 0, "message": message, "finish_reason": finish}
    body = {"choices": [choice], "usage": USAGE, "model": "m"}
    return json.dumps(body | more).encode()


def calls(*arguments):
    return [{"function": {"name": "answer", "arguments": each}} for each in arguments]


def stream(*deltas, usage=USAGE):
    pieces = [{"choices": [{"delta": delta}]} for delta in deltas]
    pieces.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    pieces.append({"choices": [], "usage": usage})
    lines = [f"data: {json.dumps(piece)}\n\n" for piece in pieces]
    return "".join([": comment\n\n", *lines, "data: [DONE]\n\n"]).encode()


HALVES = (SAID[:9], SAID[9:])
SHAPES = {
    "text": whole({"content": SAID}),
    "parts": whole({"content": [{"type": "text", "text": half} for half in HALVES]}),
    "parts with reasoning": whole(
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                {"type": "text", "text": SAID},
            ]
        }
    ),
    "parts that are texts": whole({"content": list(HALVES)}),
    "output texts": whole({"content": [{"type": "output_text", "text": SAID}]}),
    "an object": whole({"content": json.loads(SAID)}),
    "a tool's arguments": whole({"content": None, "tool_calls": calls(SAID)}, "tool_calls"),
    "a tool's arguments as an object": whole({"tool_calls": calls(json.loads(SAID))}),
    "a function call": whole({"function_call": {"name": "a", "arguments": SAID}}),
    "a tool that says nothing": whole({"content": SAID, "tool_calls": calls("")}),
    "no tools": whole({"content": SAID, "tool_calls": []}),
    "tools of nothing": whole({"content": SAID, "tool_calls": None}),
    "a stream": stream({"role": "assistant"}, *({"content": half} for half in HALVES)),
    "a stream of a tool's arguments": stream(
        *({"tool_calls": [{"index": 0, "function": {"arguments": h}}]} for h in HALVES)
    ),
    "a stream with reasoning": stream({"reasoning_content": "hm"}, {"content": SAID}),
    "a stream with lines of Windows": stream({"content": SAID}).replace(b"\n", b"\r\n"),
    "a stream with events": stream({"content": SAID}).replace(b"data:", b"event: x\ndata:"),
    "a mark of the byte order": b"\xef\xbb\xbf" + whole({"content": SAID}),
    "UTF-16": whole({"content": SAID}).decode().encode("utf-16"),
    "white space around": b"\n \n" + whole({"content": SAID}) + b"\n\n",
    "unknown fields": whole({"content": SAID, "audio": None}, service_tier=None, x=[1]),
    "blanks to the limit": whole({"content": SAID + " \n" * 40}, "length"),
}  # fmt: skip


def ask(server, at, answer):
    async def once():
        backend = OpenAIBackend(at(server.url))
        reply = await backend.answer(request_for(schema=OFFER))
        await backend.close()
        return reply

    server.answers = [http(answer)]
    return asyncio.run(once())


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read(shape, server, at):
    reply = ask(server, at, SHAPES[shape])
    assert json_object(reply) == json.loads(SAID)
    assert reply.usage.total == 9
    assert not reply.usage.estimated
    if "reasoning" in shape:
        assert reply.thinking == "hm"


def test_a_refusals_own_words_are_kept(server, at):
    reply = ask(server, at, whole({"content": None, "refusal": "I will not trade."}))
    assert reply.text == "I will not trade."


def test_a_withheld_answer_is_not_asked_for_again(server, at):
    withheld = whole({"content": ""}, "content_filter")
    reply = ask(server, at, withheld)
    assert (reply.finish, reply.usage.total) == ("filter", 9)
    asked = []

    class Asker:
        async def complete(self, messages, schema, **_occasion):
            asked.append(messages)
            return reply

    end = asyncio.run(
        read_asked(Asker(), [], OFFER, json_object, purpose="act", repairs=3)
    )
    assert (end.value, end.calls, len(asked)) == (None, 1, 1)
    assert "filter" in end.errors[0]


def test_the_model_that_answered_is_kept_where_it_is_another(server, at):
    assert ask(server, at, whole({"content": "x"}, model="smollm2")).model == ""
    other = ask(server, at, whole({"content": "x"}, model="tinyllama-1.1b"))
    assert other.model == "tinyllama-1.1b"


@pytest.mark.parametrize(
    "marked",
    [
        "<think>{think}</think>{said}",
        "<thinking>{think}</thinking>\n\n{said}",
        "<reasoning>{think}</reasoning>{said}",
        "<thought>{think}</thought>{said}",
        "<seed:think>{think}</seed:think>{said}",
        "[THINK]{think}[/THINK]{said}",
        "◁think▷{think}◁/think▷{said}",
        "{think}</think>{said}",
        "{think}[/THINK]\n{said}",
        "<|START_THINKING|>{think}<|END_THINKING|><|START_RESPONSE|>{said}<|END_RESPONSE|>",
        "<|begin_of_thought|>{think}<|end_of_thought|>\n"
        "<|begin_of_solution|>{said}<|end_of_solution|>",
        "<unused94>thought\n{think}<unused95>{said}",
        "<|channel|>analysis<|message|>{think}<|end|><|start|>assistant"
        "<|channel|>final<|message|>{said}<|return|>",
        "<|channel|>analysis<|message|>{think}<|end|><|start|>assistant<|channel|>commentary"
        "<|message|>hm<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>{said}",
    ],
)
def test_reasoning_of_every_vendor_stands_apart(marked):
    draft = 'first {"kind":"reject","price":9} and then no'
    text = marked.replace("{think}", draft).replace("{said}", SAID)
    thinking, answer = split_thinking(text)
    assert draft in thinking
    assert answer.strip() == SAID
    # A recorded text is read alike.
    assert json_object(Reply(text=text)) == json.loads(SAID)


@pytest.mark.parametrize(
    "text",
    ["[THINK]so I", "<thought>so I", "<|channel|>analysis<|message|>so I"],
)
def test_reasoning_without_an_end_is_no_answer(text):
    with pytest.raises(ValueError, match="inside its reasoning"):
        json_object(Reply(text=text))


@pytest.mark.parametrize(
    "text",
    [
        "x" * 3_000_000,
        "<think></think>" * 13_000,
        "<|channel|>a<|message|>" * 8_000,
        "[THINK]" * 28_000,
        "{" * 199_000,
        '{"a":"' + "\\\\" * 90_000,
    ],
)
def test_hostile_lengths_end_soon(text, server, at):
    with effort_below(10), pytest.raises((ModelError, ValueError)):
        json_object(ask(server, at, whole({"content": text})))


def test_an_answer_that_was_really_cut_is_refused():
    for text in (SAID[:-1], SAID[:-1] + " ", SAID, SAID + '{"'):
        with pytest.raises(ValueError, match="token limit"):
            json_object(Reply(text=text, finish="length"))
