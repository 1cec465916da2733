"""The embedded model, for real."""

import asyncio
import json

import pytest

from shapley_coop.errors import InputError, ModelError
from shapley_coop.interfaces.model import Target, closed_object
from shapley_coop.llm.backends.embedded import EmbeddedBackend
from tests.fixtures.models import OFFER, request_for


def answer(backend, request):
    return asyncio.run(backend.answer(request))


def test_schema_binds_the_answer_and_white_space_is_not_paid_for(embedded_model):
    reply = answer(embedded_model, request_for("Offer player 2 a price.", schema=OFFER))
    offer = json.loads(reply.text)
    assert reply.finish == "stop"
    assert reply.text == json.dumps(offer, separators=(",", ":"), ensure_ascii=False)
    assert offer["kind"] in OFFER["properties"]["kind"]["enum"]
    assert 0 <= offer["price"] <= 20
    assert len(offer["reason"]) <= 40
    assert reply.usage.prompt > 5
    assert reply.usage.completion > 5
    assert reply.seconds > 0


def test_equal_seeds_agree_and_others_differ(embedded_model):
    text = "Name a colour and say why."
    first, again = (
        answer(embedded_model, request_for(text, seed=5)).text for _ in range(2)
    )
    others = {
        answer(embedded_model, request_for(text, seed=seed)).text for seed in (6, 7, 8)
    }
    assert first == again
    assert others != {first}


def test_four_at_once_all_answer(embedded_model):
    async def four():
        return await asyncio.gather(
            *(
                embedded_model.answer(request_for("Offer.", schema=OFFER, seed=s))
                for s in range(4)
            )
        )

    assert all(json.loads(reply.text)["kind"] for reply in asyncio.run(four()))


def test_token_limit_is_told(embedded_model):
    assert (
        answer(embedded_model, request_for("Count to 100.", max_tokens=5)).finish
        == "length"
    )


def test_prompt_too_long_for_the_context(embedded_model):
    with pytest.raises(ModelError, match="exceeds the available context") as caught:
        answer(embedded_model, request_for("word " * 5000))
    assert not caught.value.fatal


def test_a_call_that_is_silent_for_too_long_is_ended(embedded_model):
    own = embedded_model._target
    embedded_model._target = own.model_copy(update={"timeout": 0.02})
    try:
        # A long prompt is read in pieces of seconds each.
        with pytest.raises(ModelError, match=r"was silent for 0\.02 s"):
            answer(embedded_model, request_for("word " * 3000))
    finally:
        embedded_model._target = own


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (b"not a model", InputError, "no GGUF file"),
        (b"GGUF" + bytes(200), ModelError, "cannot load"),
        (None, InputError, "cannot read model file"),
    ],
)
def test_bad_model_file(tmp_path, content, kind, says):
    path = tmp_path / "bad.gguf"
    if content is not None:
        path.write_bytes(content)
    target = Target(
        backend="smollm2", model="bad.gguf", endpoint="embedded", file=str(path)
    )
    backend = EmbeddedBackend(target)
    with pytest.raises(kind, match=says):
        answer(backend, request_for())
    asyncio.run(backend.close())


def test_numbers_end_and_one_of_is_taken(embedded_model):
    priced = closed_object({"price": {"type": "number"}})
    other = closed_object({"kind": {"const": "no"}})
    for seed in range(3):
        reply = answer(
            embedded_model,
            request_for("Price?", schema={"oneOf": [priced, other]}, seed=seed),
        )
        value = json.loads(reply.text)
        assert reply.finish == "stop"
        assert value == {"kind": "no"} or round(value["price"], 2) == value["price"]


def test_schema_that_the_grammar_engine_drops_is_told(embedded_model):
    with pytest.raises(ModelError, match=r"cannot express this schema.*nonesuch"):
        answer(
            embedded_model,
            request_for("Hi.", schema={"type": "string", "format": "nonesuch"}),
        )
