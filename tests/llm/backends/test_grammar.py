"""The grammar of a JSON schema, as text and as the engine of the embedded model reads it."""

import asyncio
import json
from dataclasses import replace

import pytest

from shapley_coop.agents.llm import json_form, reasoning
from shapley_coop.interfaces.model import closed_object, one_of
from shapley_coop.interfaces.plugins import load
from shapley_coop.llm.backends.grammar import grammar, may_come_from_grammar
from shapley_coop.rl.evidence import judge
from tests.agents.rules.test_rational import table_view
from tests.fixtures.models import request_for

NUMBER = {"type": "number"}
VIEW = replace(table_view("player_0"), coalitions={"player_0": ("player_0",)})
SPLIT = replace(VIEW, table=replace(VIEW.table, phase="split"))
WRITTEN = (
    -999999999.99,
    -123.45,
    -12.5,
    -1,
    -0.5,
    -0.1,
    -0.01,
    0,
    0.01,
    0.1,
    0.29,
    1,
    7.5,
)
"""Numbers of either sign, of few digits and of many."""


def answer(backend, schema, **sampling):
    request = request_for("Fill in.", schema=schema, max_tokens=900, **sampling)
    return asyncio.run(backend.answer(request)).text


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize("kind", ["number", "integer"])
def test_the_engine_writes_every_number_that_it_is_held_to(embedded_model, kind):
    numbers = [value for value in WRITTEN if kind == "number" or value == int(value)]
    exactly = {
        f"n{place}": {"type": kind, "minimum": value, "maximum": value}
        for place, value in enumerate(numbers)
    }
    text = answer(embedded_model, closed_object(exactly))
    assert list(json.loads(text).values()) == numbers


@pytest.mark.parametrize(
    "bounds", [{}, {"maximum": -0.01}, {"minimum": -2.5, "maximum": 30}]
)
def test_the_engine_writes_no_longer_number_however_hot(embedded_model, bounds):
    numbers = {"type": "array", "items": {**NUMBER, **bounds}, "minItems": 40}
    schema = {**numbers, "maxItems": 40}
    text = answer(embedded_model, schema, temperature=3.0, top_p=1.0)
    written = text[1:-1].split(",")
    assert len(written) == 40
    for number in written:
        whole, _, fraction = number.lstrip("-").partition(".")
        assert len(whole) <= 9
        assert len(fraction) <= 2
        assert (
            bounds.get("minimum", -1e9) <= float(number) <= bounds.get("maximum", 1e9)
        )


def test_the_engine_reads_every_kind_of_rule(embedded_model):
    strange = 'we"ird,{a}\\ /é😀'
    schema = closed_object(
        {
            strange: {"const": {"a": [1, strange, None]}, "description": "not binding"},
            "empty": closed_object({}),
            "none": {"type": "array", "items": NUMBER, "maxItems": 0},
            "one": {
                "type": "array",
                "items": {"const": 1},
                "minItems": 1,
                "maxItems": 1,
            },
            "two": {
                "type": "array",
                "items": {"const": 2},
                "minItems": 2,
                "maxItems": 2,
            },
            "null": {"type": "null"},
            "truth": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
            "text": {"type": "string", "minLength": 3, "maxLength": 3},
        }
    )
    assert "%json" not in grammar(schema)
    text = answer(embedded_model, schema, temperature=3.0)
    value = json.loads(text)
    assert text == compact(value)
    truth, words = value.pop("truth"), value.pop("text")
    assert truth in (True, False, None)
    assert len(words) == 3
    assert value == {
        strange: {"a": [1, strange, None]},
        "empty": {},
        "none": [],
        "one": [1],
        "two": [2, 2],
        "null": None,
    }


def test_choices_that_begin_alike_are_told_apart(embedded_model):
    options = [
        closed_object({"kind": one_of(["pay"]), "price": {**NUMBER, "maximum": -1}}),
        closed_object({"kind": one_of(["pay"]), "price": {"type": "null"}}),
        closed_object(
            {"kind": one_of(["payer"]), "say": {"type": "string", "maxLength": 9}}
        ),
    ]
    for seed in range(6):
        text = answer(embedded_model, {"anyOf": options}, seed=seed, temperature=2.0)
        value = json.loads(text)
        if value["kind"] == "payer":
            assert len(value["say"]) <= 9
        else:
            assert value["price"] is None or value["price"] <= -1


@pytest.mark.parametrize(
    "schema",
    [
        json_form.believe_schema(VIEW),
        json_form.act_schema(VIEW),
        json_form.move_schema(VIEW),
        json_form.move_schema(SPLIT),
        reasoning.act_schema(
            VIEW, "world-model", load("games", "escape-room")().statement_kinds()
        ),
        judge.SCHEMA,
    ],
)
def test_all_that_seats_and_judges_are_asked_for_has_rules(schema):
    assert "%json" not in grammar(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "number", "multipleOf": 0.5},
        {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        {"type": "number", "minimum": 0.001, "maximum": 0.009},
        {"type": "string", "pattern": "a+"},
        {"type": ["number", "null"]},
        {"type": "object", "additionalProperties": NUMBER},
        {"type": "object", "properties": {"a": NUMBER}, "additionalProperties": False},
        {"type": "array"},
        {"type": "array", "items": True},
        {"anyOf": []},
        {"enum": []},
        {"anyOf": [NUMBER], "maximum": 3},
        {"$ref": "#/$defs/a", "$defs": {"a": NUMBER}},
        {},
    ],
)
def test_what_has_no_rule_is_left_to_the_engine_whole(schema):
    text = grammar(closed_object({"a": NUMBER, "b": schema}))
    start = text.partition("start: %json ")[2]
    given = json.loads(start)
    assert given["properties"] == {"a": NUMBER, "b": schema}


def test_the_engine_takes_what_is_left_to_it(embedded_model):
    halves = {"type": "number", "multipleOf": 0.5, "minimum": 1, "maximum": 1.5}
    text = answer(embedded_model, closed_object({"half": halves}))
    assert json.loads(text)["half"] in (1, 1.5)


@pytest.mark.parametrize(
    ("text", "is_bound"),
    [
        ('{"a":1,"b":[true,null,-1.5e+3],"c":"x y \\" z"}', True),
        ('{"a":1,"b":"cut in the mid', True),
        ('{"a":"cut at a backslash\\', True),
        ('"word"', True),
        ('{"a": 1}', False),
        (' {"a":1}', False),
        ('{"a":1}\n', False),
        ("I would say 3", False),
        ("```json", False),
        ("", False),
    ],
)
def test_text_that_the_grammar_may_come_to(text, is_bound):
    assert may_come_from_grammar(text) is is_bound
