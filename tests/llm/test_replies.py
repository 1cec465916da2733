"""From text to value: what is taken, what is refused, and how a model is asked again."""

import asyncio

import pytest

from shapley_coop.config.sections import ModelSettings
from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.model import Message, Reply
from shapley_coop.llm.backends.scripted import ScriptedBackend
from shapley_coop.llm.chat.answers import read_completion
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.replies import (
    answer_text,
    ask,
    json_object,
    text_in_tags,
)
from shapley_coop.llm.thoughts import split_thinking
from shapley_coop.records import Accept
from tests.fixtures.models import request_for


@pytest.mark.parametrize(
    "text",
    [
        '{"price": 3}',
        ' \n{"price":3}\n',
        'Here you are:\n```json\n{"price": 3}\n```\nBye',
        '<think>{"price": 9} or not {</think>{"price": 3}',
        '<think>a</think>\n<think>b</think>{"price": 3}',
        'we had {"price": 9} in mind</think>{"price": 3}',
    ],
)
def test_taken(text):
    assert json_object(Reply(text=text)) == {"price": 3}


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("yes", "", "yes"),
        ("<think>hm</think> yes", "hm", "yes"),
        (" <thinking>a</thinking>\n<reasoning>b</reasoning>yes", "a\nb", "yes"),
        ("so I say</think>\nyes", "so I say", "yes"),
        ("<think>a</think>b</think>yes", "a\nb", "yes"),
        ('{"say": "</think>"}', "", '{"say": "</think>"}'),
        ("<think>without end", "", "<think>without end"),
    ],
)
def test_a_server_and_a_reply_are_read_alike(text, thinking, answer):
    """Reasoning comes apart in the backend, or stays in a recorded text and is left out later."""
    completion = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    read = read_completion(completion, request_for(), 0.0)
    assert (read.thinking, read.text) == (thinking, answer)
    assert split_thinking(text) == (thinking, answer)
    if not answer.startswith("<think>"):
        assert answer_text(Reply(text=text)) == answer_text(read) == answer


def test_tags_inside_a_string_are_text():
    text = '{"say": "<think>hm</think> {x}"}'
    assert json_object(Reply(text=text)) == {"say": "<think>hm</think> {x}"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("three", "no JSON object"),
        ('{"price": 3', "broken"),
        ('{"price": 3,}', "broken"),
        ("{'price': 3}", "broken"),
        ('{"price": 3}{"price": 4}', "several JSON objects"),
        ('{"price": 3}\n```\n{"price', "several JSON objects"),
        ('[{"price": 3}]', "is a list"),
        ('{"price": 3, "price": 4}', "'price' is given twice"),
        ('{"price": NaN}', "NaN is no number"),
        ("<think>so I would", "inside its reasoning"),
        ("<think>done</think>", "is empty"),
        ('{"a":' * 20000, "broken"),
    ],
)
def test_refused(text, says):
    with pytest.raises(ValueError, match=says):
        json_object(Reply(text=text))


def test_cut_reply_is_refused_even_if_it_parses():
    with pytest.raises(ValueError, match="token limit"):
        json_object(Reply(text='{"price": 3}', finish="length"))
    with pytest.raises(ValueError, match="token limit"):
        answer_text(Reply(text="x", finish="length"))


def test_text_in_tags():
    assert text_in_tags(Reply(text="I think so. <s> pull, 3 </s> done")) == "pull, 3"
    for text in ("pull", "<s>pull", "</s>pull<s>", "<s>a</s><s>b</s>", "<s><s>a</s>"):
        with pytest.raises(ValueError, match="between <s> and </s>"):
            text_in_tags(Reply(text=text))


SCRIPT: list[str] = []
MADE: list[ScriptedBackend] = []


def make_scripted(target):
    MADE.append(ScriptedBackend(target, list(SCRIPT)))
    return MADE[-1]


def ask_scripted(script, parse, repairs):
    SCRIPT[:] = script

    async def once():
        gate = Gateway(ModelSettings(name=f"{__name__}:make_scripted"), Cassette())
        asker = gate.seat("", seat="p0", episode=0, seed=1)
        question = [Message(role="user", content="Offer?")]
        out = await ask(asker, question, None, parse, purpose="offer", repairs=repairs)
        await gate.close()
        return out, [request.messages for request in MADE[-1].requests]

    return asyncio.run(once())


def test_asked_again_with_the_exact_error():
    def parse(reply):
        return Accept.model_validate(json_object(reply))

    result, sent = ask_scripted(
        ["sure", '{"kind":"accept","offer":"x"}', '{"kind":"accept","offer":2}'],
        parse,
        2,
    )
    assert result.value == Accept(offer=2)
    assert result.calls == 3
    assert len(result.errors) == 2
    assert "no JSON object" in result.errors[0]
    assert result.errors[1].startswith("offer: Input should be a valid integer")
    assert [len(messages) for messages in sent] == [1, 3, 3]
    assert sent[2][1].content == '{"kind":"accept","offer":"x"}'
    assert result.errors[1] in sent[2][2].content


def test_given_up_after_the_last_repair():
    def parse(_):
        raise IllegalMove("no offer 7 on the table")

    result, sent = ask_scripted(["a", "b", "c", "d"], parse, 2)
    assert result.value is None
    assert result.errors == ("no offer 7 on the table",) * 3
    assert len(sent) == 3


def test_faults_of_the_program_are_not_taken_for_faults_of_the_model():
    def parse(_):
        raise KeyError("bug")

    with pytest.raises(KeyError):
        ask_scripted(["a"], parse, 2)
