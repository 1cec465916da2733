"""What agents can ask of `lint`, and that nothing of it reads a file or imports a module."""

import sys

import pytest

import shapley_coop as sc
from shapley_coop.errors import ShapleyCoopError
from shapley_coop.teams.advice.request import schema, verdict_of

DEAL = {
    "players": ["ann", "bob"],
    "actions": ["help", "leave"],
    "payoffs": [[[3, 3], [0, 5]], [[5, 0], [1, 1]]],
    "goal": ["help", "help"],
}
PAY = {"payer": "ann", "payee": "bob", "price": 1}


def test_clauses_that_the_verdict_asks_for_make_the_deal_hold():
    first = verdict_of(DEAL).as_json()
    assert not first["equilibrium"]
    mended = verdict_of({**DEAL, "clauses": first["cheapest"]}).as_json()
    assert mended["equilibrium"]
    assert mended["cheapest"] == []


def test_a_registered_game_is_judged_with_parameters_clauses_and_a_plan():
    first = verdict_of({"game": "prisoners-dilemma", "parameters": {"rounds": 2}})
    assert (
        first.as_json()
        == sc.lint("prisoners-dilemma", parameters={"rounds": 2}).as_json()
    )
    said = first.as_json()
    mended = verdict_of(
        {
            "game": "prisoners-dilemma",
            "parameters": {"rounds": 2},
            "clauses": said["cheapest"],
            "plan": said["cheapest_plan"],
        }
    )
    assert mended.verdict.equilibrium
    plan = {"player_0": ["defect"], "player_1": ["defect"]}
    other = verdict_of({"game": "prisoners-dilemma", "plan": plan})
    assert other.verdict.goal == {seat: tuple(line) for seat, line in plan.items()}


def test_null_stands_for_an_argument_that_is_left_out():
    without = verdict_of({**DEAL, "clauses": None, "game": None, "aim": None})
    assert without.as_json() == verdict_of(DEAL).as_json()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "nothing is to be judged; give players, actions, payoffs, goal, or a"),
        ({"players": ["ann", "bob"]}, "has no actions, payoffs, goal"),
        ({**DEAL, "clause": []}, "unknown argument 'clause'; did you mean 'clauses'"),
        ({**DEAL, "game": "chicken"}, "and not both"),
        ({**DEAL, "parameters": {}}, "name the game as well"),
        ({**DEAL, "aim": "core"}, "aim is equilibrium or dominant"),
        ({**DEAL, "aim": ["core"]}, "aim is equilibrium or dominant"),
        ({**DEAL, "clauses": "clauses.json"}, "clauses are a list"),
        ({**DEAL, "clauses": [{**PAY, "price": float("nan")}]}, "price"),
        ({**DEAL, "players": [str(n) for n in range(100_000)]}, "at most 31 players"),
        ({**DEAL, "actions": [str(n) for n in range(9000)]}, "at most 100,000"),
        ({"game": 3}, "game is the name"),
        ({"game": "chicken", "parameters": [1]}, "parameters are an object"),
        ({"game": "chicken", "parameters": {"rounds": 1e308}}, "rounds"),
        ({"game": "chicken", "parameters": {"rounds": 10**9}}, "profiles of plans"),
        ({"game": "chicken", "parameters": {"rounds": "a"}}, "texts may name files"),
        ({"game": "software-team", "parameters": {"task": "/etc"}}, "name files"),
        ({"game": "deal.json"}, "unknown game"),
        ({"game": "chicken", "plan": {"player_0": ["fly"]}}, "unknown action 'fly'"),
    ],
)
def test_what_cannot_be_judged_is_said_in_a_sentence(arguments, words):
    with pytest.raises(ShapleyCoopError, match=words):
        verdict_of(arguments)


@pytest.mark.parametrize("name", ["nameless_game:Room", "pettingzoo:nameless_game"])
def test_no_module_is_imported_by_what_an_agent_names(name, tmp_path, monkeypatch):
    (tmp_path / "nameless_game.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ShapleyCoopError, match="unknown game"):
        verdict_of({"game": name})
    assert "nameless_game" not in sys.modules


def test_the_schema_names_every_kind_of_condition():
    rules = schema()
    clause = rules["properties"]["clauses"]["items"]["$ref"].rpartition("/")[2]
    kinds = rules["$defs"][clause]["properties"]["condition"]["discriminator"]
    assert set(kinds["mapping"]) == {"always", "does", "at-least", "outcome", "keeps"}
