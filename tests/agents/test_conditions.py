"""Every condition in every way of saying it: said, signed, settled and shown in words."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shapley_coop.agents.clauses import read_terms
from shapley_coop.agents.llm import json_form, tag_form
from shapley_coop.agents.sentences import read_sentences
from shapley_coop.llm.backends.grammar import grammar
from shapley_coop.records.wording import clause_text, plan_text, terms_text
from tests.agents.conditions import CASES, COURSES, RAW
from tests.agents.rules.test_rational import table_view
from tests.fixtures.plays import configured, played

PART = {"seat": "player_0", "actions": ["door"]}
DEED = {"due": "if", "seat": "player_1", "action": "lever"}
GAME = {"parameters": {"rounds": 3}, "protocol": "talk"}


def in_json(case):
    """Return the move as a model writes it by schema."""
    transfer = {"transfer": "player_0 pays player_1"}
    clauses = [{**transfer, **clause} for clause in case.clauses]
    plan = [{"seat": seat, "actions": list(line)} for seat, line in case.plan]
    offer = {"kind": "propose", **({"plan": plan} if plan else {})}
    return json.dumps({"move": {**offer, "clauses": clauses, "say": ""}})


def in_tags(case):
    """Return the move as a model writes it between tags."""
    return f"<s>I propose that {case.sentence} because it is fair</s>"


def answers(offer, *, tags):
    """Return what scripted models say: the offer, agreement, and their courses of action."""
    turns = dict.fromkeys(COURSES, 0)

    def answer(seat, purpose, _messages, _schema):
        if purpose == "task/negotiate":
            if seat == "player_0":
                return offer
            agreement = {"move": {"kind": "accept", "say": ""}}
            return "<s>I agree</s>" if tags else json.dumps(agreement)
        action = COURSES[seat][turns[seat]]
        turns[seat] += 1
        said = json.dumps({"reason": "", "action": action})
        return f"<s>{action}</s>" if tags else said

    return answer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("wire", ["json", "tags"])
def test_a_model_says_it_and_it_is_signed_settled_and_shown(case, wire):
    tags = wire == "tags"
    offer = in_tags(case) if tags else in_json(case)
    config = configured("prisoners-dilemma", agent="llm", model={"wire": wire}, **GAME)
    episode, tape = played(config, answer=answers(offer, tags=tags))
    assert tape.of("forfeit") == []
    assert settled_as(episode, case)


def settled_as(episode, case):
    """Check that an episode's one contract says and pays what a case does."""
    (contract,) = episode.contracts
    shown = terms_text(contract.offer.terms)
    assert shown == list(case.words or case.sentence.split("; "))
    assert episode.raw == RAW
    assert episode.payoffs == {
        "player_0": pytest.approx(RAW["player_0"] - case.paid),
        "player_1": pytest.approx(RAW["player_1"] + case.paid),
    }
    return episode.ledger_residual == 0


def drawn(schema):
    """Return a strategy of everything that a schema lets a model write."""
    if "anyOf" in schema:
        return st.one_of([drawn(option) for option in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema["type"]
    if kind == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    if kind == "number":
        # Prices are shown with two decimals, shares with three digits.
        return st.integers(0, 999).map(lambda tenths: tenths / 10)
    if kind == "array":
        bounds = {"min_size": schema["minItems"], "max_size": schema["maxItems"]}
        return st.lists(drawn(schema["items"]), **bounds)
    if kind == "object":
        fields = {name: drawn(part) for name, part in schema["properties"].items()}
        return st.fixed_dictionaries(fields)
    return st.just("")


def seen(**table):
    """Return a view of an open table of a game of four steps and two outcomes."""
    view = table_view("player_0")
    changes = {"horizon": 4, "outcomes": ("won", "lost at last"), "legal": ("propose",)}
    return replace(view, step=1, table=replace(view.table, **changes, **table))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_what_a_schema_lets_a_model_say_is_the_same_in_words_and_back(data):
    view = seen()
    move = data.draw(drawn(json_form.move_schema(view)))
    try:
        terms = json_form.read_move(move, view).terms
    except ValueError:
        # A schema cannot say that a plan names each seat once, or that it is about all of it.
        assume(False)
    parts = [plan_text({seat: line})[0] for seat, line in terms.plan.items()]
    parts += [clause_text(clause) for clause in terms.clauses]
    said = "; ".join(parts)
    spoken = tag_form.tagged_move(f"I propose that {said} because of that", view)
    assert spoken.terms == terms
    assert spoken.say == "of that"


def test_a_grammar_has_rules_of_its_own_for_every_form_of_an_offer():
    rules = grammar(json_form.move_schema(seen()))
    assert "%json" not in rules
    for word in ("from now on", "keeps", "outcome", "times", "unless", "always"):
        assert word in rules


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("a owes b 3", "'a owes b 3' is no clause; write PAYER pays PAYEE PRICE"),
        ("a pays b 3 if pigs fly", "'pigs fly' is no condition; write"),
        ("the plan: a go 2 times then stay", "is no part of a plan; write the plan"),
    ],
)
def test_a_sentence_that_says_nothing_is_answered_with_what_can_be_said(said, told):
    with pytest.raises(ValueError, match=told):
        read_sentences(said)


@pytest.mark.parametrize(
    ("offer", "told"),
    [
        ({"plan": 3}, "plan is 3; it must be a list"),
        ({"plan": [3]}, "a part of a plan must be an object"),
        ({"plan": [{"seat": "player_0"}]}, "the plan of player_0 needs at least one"),
        ({"plan": [PART, PART]}, "names 'player_0'; it takes every seat once"),
        ({"plan": [PART]}, "no clause says what hangs on the plan"),
        ({"when": {**DEED, "step": 0}}, "about step 0; there are steps 1 to 3"),
        ({"when": {**DEED, "action": "fly"}}, "unknown action 'fly'; known: door"),
        ({"when": {"due": "if", "keeps": "all"}}, "the plan has parts for nobody"),
        ({"when": "soon"}, "when is 'soon'; it must be an object"),
        ({"when": {"due": "soon"}}, "due is 'soon'; it must be one of: if, unless"),
        ({"when": {"due": "if", "seat": "player_1"}}, "action"),
        (
            {
                "plan": [PART],
                "when": {"seat": "player_0", "action": "lever", "step": "from now on"},
            },
            "player_0 cannot do lever from now on: it is to do door as well",
        ),
    ],
)
def test_an_offer_that_means_nothing_is_refused_with_its_fault(offer, told):
    clause = {"payer": "player_0", "payee": "player_1", "price": 1}
    clause["when"] = offer.pop("when", {"due": "always"})
    view = seen()
    with pytest.raises(ValueError, match=told):
        read_terms({"clauses": [clause], **offer}, view, view.table)


@pytest.mark.parametrize("part", ["clause", "plan"])
def test_an_offer_about_what_nobody_is_offered_then_is_a_forfeit_with_the_reason(part):
    clause = {"transfer": "trustee_1 pays investor_0", "price": 1}
    deed = {"due": "if", "seat": "trustee_1", "action": "return-half", "step": 0}
    offer = {"kind": "propose", "clauses": [{**clause, "when": deed}], "say": ""}
    if part == "plan":
        when = {"due": "if", "keeps": "trustee_1"}
        line = ["return-half", "wait"]
        offer["clauses"] = [{**clause, "when": when}]
        offer["plan"] = [{"seat": "trustee_1", "actions": line}]

    def answer(_seat, purpose, _messages, _schema):
        return json.dumps({"move": offer} if purpose == "task/negotiate" else {})

    config = configured("trust", agent="llm", protocol="talk", model={"wire": "json"})
    _, tape = played(config, answer=answer)
    reasons = [e["reason"] for e in tape.of("forfeit") if e["moment"] == "negotiate"]
    told = "trustee_1 cannot take 'return-half' at step 0; offered then: wait"
    assert reasons
    assert all(told in reason for reason in reasons)
