"""A language model's action with a text: asked for in both forms, and read exactly."""

import asyncio
import json
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapley_coop.agents.llm import json_answers, json_form, reasoning, text_form
from shapley_coop.agents.llm.agent import LanguageModel
from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.config.seeds import generator
from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.agent import ModelSettings, Place, Reasoned, View
from shapley_coop.interfaces.model import Reply
from shapley_coop.llm.replies import json_object
from shapley_coop.records import join_text, split_text
from tests.fixtures.minutes import Minutes
from tests.fixtures.plays import Asker

CODE = "def f(a, b):\n\treturn a, b  # <answer>\n\n"


def view(*actions, writes=("note", "sign")):
    return View(
        seat="clerk_0",
        seats=("clerk_0", "clerk_1"),
        game="minutes",
        episode=0,
        step=0,
        facts={"step": 0, "own": []},
        actions=actions or Minutes.actions,
        protocol=PROTOCOLS["solo"],
        writes=writes,
    )


class Listening(Asker):
    """Also keeps how many tokens an answer was given."""

    async def complete(self, messages, schema, *, purpose, tokens=None):
        self.tokens = tokens
        return await super().complete(messages, schema, purpose=purpose)


def asked(text, seen=None, **settings):
    asker = Listening("clerk_0", lambda *_: text)
    place = Place(
        seat="clerk_0",
        game=Minutes(),
        rng=generator(0),
        model=ModelSettings(repairs=0, **settings),
        ask=asker,
    )
    return asker, asyncio.run(LanguageModel(place).act(seen or view()))


def test_json_asks_for_the_text_and_says_which_actions_take_one():
    answer = json.dumps({"reason": "x", "action": "note", "text": CODE})
    asker, action = asked(answer)
    assert split_text(action) == ("note", CODE)
    (_, messages, schema), *_ = asker.asked
    assert list(schema["properties"]) == ["reason", "do"]
    plain, writes = schema["properties"]["do"]["anyOf"]
    assert list(plain["properties"]) == ["action"]
    assert list(writes["properties"]) == ["action", "text"]
    assert writes["properties"]["action"]["enum"] == ["note", "sign"]
    prompt = messages[-1].content
    assert "note, sign take a text, the others none." in prompt
    assert asker.tokens == ModelSettings().text_tokens


def test_where_no_action_takes_a_text_nothing_is_said_of_one():
    asker, action = asked(
        json.dumps({"reason": "", "action": "sign"}), view("listen", "sign", writes=())
    )
    assert action == "sign"
    (_, messages, schema), *_ = asker.asked
    assert list(schema["properties"]) == ["reason", "action"]
    assert "take a text" not in messages[-1].content
    assert asker.tokens is None


def test_what_is_to_be_written_is_asked_where_one_action_is_legal():
    answer = json.dumps({"reason": "", "action": "note", "text": "hm"})
    _, action = asked(answer, view("note", writes=("note",)))
    assert action == "note\nhm"


def test_tags_hold_the_action_in_a_line_and_the_text_below():
    prompt_form = "Write the action in a line of its own"
    asker, action = asked(f"thinking\n<s>\nnote\n{CODE}</s>", wire="tags")
    assert split_text(action) == ("note", CODE)
    assert prompt_form in asker.asked[0][1][-1].content
    _, action = asked("<s>listen\n</s>", wire="tags")
    assert action == "listen"
    _, action = asked("<s>note</s>", wire="tags")
    assert split_text(action) == ("note", "")


def test_reasoned_answers_hold_texts_too():
    code = "a, b = 1, 2\n"
    how = "none"
    _, action = asked(f"<answer>note\n{code}</answer>", wire="tags", reasoning=how)
    assert isinstance(action, Reasoned)
    assert split_text(action.action) == ("note", code)
    _, action = asked(
        json.dumps({"action": "note", "text": code}), wire="json", reasoning=how
    )
    assert split_text(action.action) == ("note", code)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"action": "listen", "text": "hello"}, "listen takes no text"),
        ({"action": "note", "text": 3}, "it must be a string"),
        ({"action": "note", "text": "a\0b"}, "NUL"),
        ({"action": "shout", "text": ""}, "it must be one of"),
        ({"action": "note\nx", "text": ""}, "it must be one of"),
    ],
)
def test_a_text_that_cannot_be_taken_is_refused_with_the_fault(answer, words):
    with pytest.raises(IllegalMove, match=words):
        asked(json.dumps({"reason": "", **answer}))


def test_half_a_character_is_refused_and_not_marked():
    with pytest.raises(IllegalMove, match="surrogate"):
        asked('{"reason": "", "action": "note", "text": "a\\ud800"}')
    # A whole pair of halves is one character.
    _, action = asked('{"reason": "", "action": "note", "text": "\\ud83d\\ude00"}')
    assert split_text(action).text == "\U0001f600"


@given(st.text())
def test_json_gives_back_what_was_written(text):
    deed = join_text("note", text)
    reply = Reply(text=json.dumps(json_answers.action_answer(deed, view())))
    read = partial(text_form.read_deed, json_object(reply, exact=True), view())
    if "\0" in text:
        with pytest.raises(ValueError, match="NUL"):
            read()
    else:
        assert read() == deed


@given(st.text().filter(lambda text: "\0" not in text))
def test_tags_give_back_what_was_written(text):
    assert text_form.tagged_deed(f"\n note\n{text}", view()) == f"note\n{text}"


def test_the_schema_without_texts_is_the_same_as_ever():
    seen = view(writes=())
    assert reasoning.act_schema(seen, "free", ()) == json_form.act_schema(seen)


def test_where_all_actions_take_a_text_there_is_one_form():
    schema = text_form.deed_schema(view("note", "sign"))
    assert list(schema["properties"]) == ["action", "text"]
    _, action = asked(json.dumps({"do": {"action": "note", "text": CODE}}))
    assert split_text(action).text == CODE
    with pytest.raises(IllegalMove, match="it must be an object"):
        asked(json.dumps({"do": "note"}))
