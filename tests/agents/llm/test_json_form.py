"""What a model's text means on both wires: moves, divisions, and the schemas it is given."""

import pytest

from shapley_coop.agents.llm import json_form as wire
from shapley_coop.agents.llm import tag_form
from tests.agents.rules.test_rational import table_view


@pytest.mark.parametrize(
    ("text", "terms_or_kind"),
    [
        ("I agree because yes", "accept"),
        ("I disagree because no.", "reject"),
        ("I halt", "halt"),
        (
            "I counter-propose player_0 pays player_1 40% if player_0 does door",
            ("share", 0.4),
        ),
        (
            "I propose that player_1 pay player_0 2 if player_0 does lever",
            ("reward", 2.0),
        ),
    ],
)
def test_tags_are_read_as_moves(text, terms_or_kind):
    move = tag_form.tagged_move(text, table_view("player_0"))
    if isinstance(terms_or_kind, str):
        assert move.kind == terms_or_kind
    else:
        (clause,) = move.terms.clauses
        assert (clause.unit, clause.price) == terms_or_kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "agree",
        "I agree to nothing; I disagree",
        "I propose that player_0 pays player_1 lots if player_1 does lever",
        "I propose that player_0 pays player_1 -5 if player_1 does lever",
        "I propose that player_0 pays player_1 140% if player_1 does lever",
        "I propose that player_0 pays player_0 1 if player_1 does lever",
        "I wait",
    ],
)
def test_tags_that_are_no_legal_move_are_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        tag_form.tagged_move(text, table_view("player_0"))


def clause(**changes):
    base = {"payer": "player_0", "payee": "player_1", "price": 1, "seat": "player_1"}
    return {"kind": "counter", "clauses": [{**base, "action": "lever", **changes}]}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"move": 3}, "must be an object"),
        ({"kind": "steal"}, "kind is 'steal'; it must be one of: accept, counter"),
        ({"kind": "counter"}, "at least one clause"),
        ({"kind": "counter", "clauses": [3]}, "a clause must be an object"),
        (clause(price="5"), "price is '5'; it must be a number"),
        (clause(price=True), "must be a number"),
        (clause(price=-1), "price"),
        (clause(price=float("inf")), "price"),
        (clause(price=10**10), "price"),
        (clause(price=150, unit="percent"), "a share is at most 1"),
        (clause(unit="euro"), "unit"),
        (clause(payer=None), "payer"),
        (clause(payee="player_0"), "a clause needs two seats"),
        (clause(action=None), "action"),
        (clause(transfer="player_0 pays nobody"), "transfer must be one of"),
    ],
)
def test_a_move_that_cannot_be_read_is_refused_with_its_fault(given, told):
    with pytest.raises(ValueError, match=told):
        wire.read_move(given, table_view("player_0"))


def split_view():
    from dataclasses import replace

    view = table_view("player_0")
    return replace(view, table=replace(view.table, phase="split"))


@pytest.mark.parametrize(
    ("points", "told"),
    [
        (None, "points must name exactly"),
        ({"player_0": 1}, "points must name exactly"),
        ({"player_0": 0, "player_1": 0}, "nor all 0"),
        ({"player_0": -1, "player_1": 2}, "not be negative"),
        ({"player_0": "1", "player_1": 2}, "must be a number"),
        ({"player_0": float("inf"), "player_1": 2}, "must lie between"),
    ],
)
def test_points_that_divide_nothing_are_refused(points, told):
    with pytest.raises(ValueError, match=told):
        wire.read_move({"kind": "counter", "points": points}, split_view())


def test_points_become_shares_of_all_points():
    move = wire.read_move(
        {"kind": "counter", "points": {"player_0": 30, "player_1": 10}}, split_view()
    )
    assert move.terms.shares == {"player_0": 0.75, "player_1": 0.25}


def test_the_schemas_name_only_what_is_legal_now():
    schema = wire.move_schema(table_view("player_0"))
    kinds = [
        o["properties"]["kind"]["enum"][0]
        for o in schema["properties"]["move"]["anyOf"]
    ]
    # An offer is one form without a plan and one with it.
    assert kinds == ["accept", "counter", "counter", "reject", "halt"]
    assert wire.act_schema(table_view("player_0"))["properties"]["action"]["enum"] == [
        "door",
        "lever",
    ]
    offer = schema["properties"]["move"]["anyOf"][1]["properties"]["clauses"]["items"]
    for form in offer["anyOf"]:
        assert form["properties"]["transfer"]["enum"] == [
            "player_0 pays player_1",
            "player_1 pays player_0",
        ]
