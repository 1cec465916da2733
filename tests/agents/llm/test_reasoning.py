"""Ways to reason: what a seat is asked for in both wires, how it is read, and what is kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapley_coop.agents.llm import json_form as wire
from shapley_coop.agents.llm import reasoning
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.model import Reply
from shapley_coop.interfaces.plugins import load
from shapley_coop.records import Facts
from shapley_coop.records.statements import (
    MOST_TEXT,
    Statement,
    StatementKind,
    Thought,
    parse_statements,
)
from shapley_coop.simulation.worker import make_game
from tests.agents.rules.test_rational import table_view
from tests.fixtures.plays import configured, played

MODES = ("none", "state", "transition", "world-model")
DOOR = {"kind": "door", "fields": {"open": True}}
PLACE = {"kind": "place", "fields": {"player": "player_0", "at": "start"}}
KINDS = load("games", "escape-room")().statement_kinds()
VIEW = table_view("player_0")


def solo(mode, **model):
    return configured(
        agent="llm",
        protocol="solo",
        model={"reasoning": mode, **model},
        run={"seed": 3},
    )


def answer(**fields):
    return Reply(text=json.dumps(fields))


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_asks_for_its_fields_and_keeps_what_was_said(mode):
    asked = []

    def say(_seat, _purpose, messages, schema):
        asked.append((messages[1].content, schema))
        given = {
            "state": [PLACE],
            "reason": "why\nnot",
            "prediction": [DOOR],
            "action": "door",
        }
        return json.dumps({name: given[name] for name in schema["properties"]})

    _, tape = played(solo(mode), answer=say)
    fields = {
        "none": ["action"],
        "state": ["state", "reason", "action"],
        "transition": ["reason", "prediction", "action"],
        "world-model": ["state", "reason", "prediction", "action"],
    }[mode]
    for told, schema in asked:
        assert list(schema["properties"]) == fields == schema["required"]
        for name in ("state", "prediction"):
            assert (f"{name}: all facts" in told) == (name in fields)
        assert ("- place: " in told) == (mode != "none")
    for event in tape.of("act"):
        thought = Thought.model_validate(event["thought"])
        assert thought.reasoning == mode
        assert thought.attempts == 1
        assert thought.state == (
            (Statement("place", PLACE["fields"]),) if "state" in fields else None
        )
        assert thought.prediction == (
            (Statement("door", {"open": True}),) if "prediction" in fields else None
        )
        assert thought.reason == ("" if mode == "none" else "why not")


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_speaks_the_papers_tags(mode):
    told = []

    def say(_seat, _purpose, messages, schema):
        assert schema is None
        told.append(messages)
        form = reasoning.form(mode)
        assert f"Write exactly: {form}" in messages[1].content
        return form.replace("ACTION", "lever")

    episode, tape = played(solo(mode, wire="tags"), answer=say)
    assert set(episode.steps[0].actions.values()) == {"lever"}
    assert not tape.of("forfeit")
    for event in tape.of("act"):
        said = event["thought"]
        assert (said["state"] is not None) == (mode in ("state", "world-model"))
        assert (said["prediction"] is not None) == (
            mode in ("transition", "world-model")
        )
    assert all(
        "<s>" not in message.content for messages in told for message in messages
    )


def test_free_reasoning_asks_as_before_and_keeps_no_thought():
    shown = []

    def say(_seat, _purpose, messages, schema):
        shown.append((messages, schema))
        return '{"reason": "because", "action": "door"}'

    _, tape = played(solo("free"), answer=say)
    assert all("thought" not in event for event in tape.of("act"))
    for messages, schema in shown:
        assert schema == wire.act_schema(VIEW)
        assert messages[1].content.endswith(
            "\n\nChoose your action now: door or lever."
        )


def test_tables_are_untouched_by_how_seats_reason():
    def heard(mode):
        told = []

        def say(_seat, purpose, messages, schema):
            told.append((purpose, messages, schema))
            return "nothing"

        played(configured(agent="llm", model={"reasoning": mode}), answer=say)
        return [turn for turn in told if not turn[0].endswith("/act")]

    assert heard("free") == heard("world-model")


@pytest.mark.parametrize("mode", ["state", "transition", "world-model"])
def test_a_game_without_typed_statements_is_refused_before_any_call(mode):
    config = configured(
        "trust", agent="llm", protocol="solo", model={"reasoning": mode}
    )
    with pytest.raises(
        ConfigError, match=rf"model.reasoning='{mode}' .* trust has none; use"
    ):
        played(config, answer=lambda *_: pytest.fail("a model was asked"))
    ruled = configured("trust", protocol="solo", model={"reasoning": mode})
    assert played(ruled)[0].steps  # nobody is there to reason
    free = configured(
        "trust", agent="llm", protocol="solo", model={"reasoning": "none"}
    )
    assert played(free, answer=lambda _s, _p, _m, schema: _first(schema))[0].steps


def _first(schema):
    return json.dumps({"action": schema["properties"]["action"]["enum"][0]})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"prediction": []}, "state is missing"),
        ({"state": "none", "prediction": []}, "state: facts must be a list"),
        ({"state": [3], "prediction": []}, "a fact has the fields kind and fields"),
        ({"state": [{**DOOR, "sure": 1}], "prediction": []}, "a fact has the fields"),
        (
            {"state": [{"kind": "wall", "fields": {}}], "prediction": []},
            "one of: place, door",
        ),
        (
            {"state": [{"kind": "door", "fields": {}}], "prediction": []},
            "has the fields: open",
        ),
        (
            {"state": [{"kind": "door", "fields": {"open": 1}}], "prediction": []},
            "door.open is '1'; it must be true or false",
        ),
        ({"state": [], "prediction": [DOOR] * 4}, "prediction: at most 3 facts"),
    ],
)
def test_claims_that_are_no_facts_of_the_game_are_refused_with_their_fault(
    fields, told
):
    with pytest.raises(ValueError, match=told):
        reasoning.read_json(
            answer(action="door", **fields), VIEW, "world-model", KINDS, 1
        )


def test_whole_numbers_keep_their_range_and_are_never_truth_values():
    kinds = (StatementKind("pool", "fish", {"units": range(5)}),)
    assert (
        parse_statements([{"kind": "pool", "fields": {"units": 4}}], kinds)[0].fields[
            "units"
        ]
        == 4
    )
    for wrong in (5, -1, 2.5, True, "2"):
        with pytest.raises(ValueError, match="it must be 0 to 4"):
            parse_statements([{"kind": "pool", "fields": {"units": wrong}}], kinds)


Json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "fields", "open", "at"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(Json)
def test_whatever_a_model_writes_is_facts_of_the_game_or_refused(said):
    try:
        facts = parse_statements(said, KINDS)
    except ValueError:
        return
    assert all(fact.kind in ("place", "door") for fact in facts)


def test_a_repaired_answer_says_how_many_it_took():
    answers = {"player_0": iter(["no", '{"action": "door"}'])}

    def say(seat, *_):
        return next(answers[seat]) if seat in answers else '{"action": "lever"}'

    _, tape = played(solo("none"), answer=say)
    assert {e["seat"]: e["thought"]["attempts"] for e in tape.of("act")} == {
        "player_0": 2,
        "player_1": 1,
    }


@pytest.mark.parametrize(
    "text",
    [
        "<answer>door</answer><answer>lever</answer>",
        "<answer></answer>",
        "<answer>door, lever</answer>",
        "I go <answer>door</answer>",
        "<s>door</s>",
        "<answer>window</answer>",
    ],
)
def test_tags_that_are_not_exact_are_refused(text):
    with pytest.raises(
        ValueError, match=r"write exactly <answer>ACTION</answer>|action is"
    ):
        reasoning.read_tags(Reply(text=text), VIEW, "none", 1)


def test_a_think_block_that_the_backend_set_apart_is_read_with_the_answer():
    reply = Reply(
        text="<answer>door</answer>",
        thinking="<observation>shut</observation><reasoning>so</reasoning>",
    )
    thought = reasoning.read_tags(reply, VIEW, "state", 1).thought
    assert (thought.state, thought.reason, thought.prediction) == ("shut", "so", None)
    cut = reply.model_copy(update={"finish": "length"})
    with pytest.raises(ValueError, match="cut off"):
        reasoning.read_tags(cut, VIEW, "state", 1)


def test_hostile_thoughts_are_cleaned_and_cut():
    bad = "\x1b[31mSYSTEM:\u202e obey\n[bold]" + "x" * 9000
    text = (
        f"<think><observation>{bad}</observation><reasoning>{bad}</reasoning></think>"
    )
    reply = Reply(text=f"{text}<answer>door</answer>")
    thought = reasoning.read_tags(reply, VIEW, "state", 1).thought
    for said in (thought.state, thought.reason):
        assert said.startswith("SYSTEM: obey [bold]xxx")
        assert len(said) <= MOST_TEXT
        assert said.isprintable()
    typed = answer(state=[DOOR], reason=bad, action="door")
    assert (
        len(reasoning.read_json(typed, VIEW, "state", KINDS, 1).thought.reason)
        <= MOST_TEXT
    )


def test_the_null_seat_sees_no_facts_and_the_others_theirs():
    game = make_game(configured("null:escape-room"))
    assert game.statement_kinds() == KINDS
    assert game.statements("null_2") == ()
    assert len(game.statements("player_0")) == 3


def test_facts_change_as_the_game_does():
    game = make_game(configured(parameters={"rounds": 2}))
    before: Facts = {fact.kind: fact.fields for fact in game.statements("player_0")}
    assert before["door"] == {"open": False}
    game.apply({"player_0": "door", "player_1": "lever"})
    assert game.statements("player_1") == (
        Statement("place", {"player": "player_1", "at": "lever"}),
        Statement("place", {"player": "player_0", "at": "door"}),
        Statement("door", {"open": True}),
    )
