"""Streams that nobody asked for: whatever their form, the answer in them is read."""

import json

import pytest

from shapley_coop.llm.chat.bodies import decode
from shapley_coop.llm.faults import UnusableError
from tests.llm.chat.test_answers import HALVES, SAID, USAGE, ask, stream

PLAIN = stream({"content": SAID})


def piece(**fields):
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


def two_answers():
    pieces = []
    for half in HALVES:
        first = {"index": 0, "delta": {"content": half}}
        second = {"index": 1, "delta": {"content": "no"}}
        pieces += [piece(choices=[second]), piece(choices=[first, second])]
    return b"".join([*pieces, piece(choices=[], usage=USAGE)])


STREAMS = {
    "numbers": b"id: 1\n" + PLAIN.replace(b"data:", b"id: 2\ndata:"),
    "a wait": b"retry: 3000\n\n" + PLAIN,
    "comments": b":ok\n" + PLAIN.replace(b"data:", b":\ndata:"),
    "no blank behind the colon": PLAIN.replace(b"data: ", b"data:"),
    "empty lines first": b"\n\r\n: ping\n\n" + PLAIN,
    "a mark of the byte order": b"\xef\xbb\xbf" + PLAIN,
    "data in many lines": PLAIN.replace(b', "', b',\ndata: "'),
    "no empty lines": PLAIN.replace(b"\n\n", b"\n"),
    "returns for line ends": PLAIN.replace(b"\n", b"\r"),
    "no end": PLAIN.partition(b"data: [DONE]")[0].rstrip(),
    "errors of null": PLAIN.replace(b'{"choices"', b'{"error": null, "choices"'),
    "function calls": stream(
        *({"function_call": {"name": "a", "arguments": half}} for half in HALVES)
    ),
    "two answers": two_answers(),
}


@pytest.mark.parametrize("form", STREAMS)
def test_a_stream_is_read_in_every_form(form, server, at):
    reply = ask(server, at, STREAMS[form])
    assert reply.text == SAID
    assert reply.usage.total == 9
    assert not reply.usage.estimated


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85"])
def test_only_a_line_end_of_the_format_ends_a_line(mark):
    text = json.dumps({"choices": [{"delta": {"content": "a!b"}}]}).replace("!", mark)
    answer = decode(f"data: {text}\n\ndata: [DONE]\n\n".encode())
    assert answer["choices"][0]["message"]["content"] == f"a{mark}b"


@pytest.mark.parametrize("data", [b"data: 5\n\n", b"data: {\n\n", b"data: [1]\n\n"])
def test_a_piece_that_is_no_object_is_refused(data):
    with pytest.raises(ValueError, match=r"no object|Expecting"):
        decode(data)


def test_a_stream_that_breaks_off_is_no_answer(server, at):
    """A text that was cut would pass for the whole text, and its tokens for all of them."""
    first, _, _ = PLAIN.partition(b'data: {"choices": [{"delta": {}')
    with pytest.raises(UnusableError, match="breaks off before its end"):
        ask(server, at, first)


def test_counts_of_a_stream_do_not_shrink(server, at):
    """A server that counts each piece for itself at last has used more than its last count."""
    many = {"prompt_tokens": 30, "completion_tokens": 50}
    early = piece(choices=[{"delta": {"content": ""}}], usage=many)
    late = {"prompt_tokens": 30, "completion_tokens": 1, "total_tokens": 31}
    reply = ask(server, at, early + stream({"content": SAID}, usage=late))
    assert (reply.usage.prompt, reply.usage.completion) == (30, 50)
