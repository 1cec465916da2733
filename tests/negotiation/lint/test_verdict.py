"""What `lint` says of a deal, held against enumeration in plain numbers."""

import json

import numpy as np
import pytest

import shapley_coop as sc
from benchmarks.statements.deals import draw_deal, judged, least_total, mistakes
from shapley_coop.errors import ConfigError, InputError
from shapley_coop.records import Clause, Contract, Does, Offer, Terms
from shapley_coop.simulation.checks.deals import lint_stated

DILEMMA = {
    "players": ["ann", "bob"],
    "actions": ["help", "leave"],
    "payoffs": [[[3, 3], [0, 5]], [[5, 0], [1, 1]]],
    "goal": ["help", "help"],
}
PAY = {"payer": "ann", "payee": "bob", "price": 1}
DOES = {"when": "does", "seat": "ann", "action": "help"}
ENDS = {"when": "outcome", "outcome": "won"}


def test_a_dilemma_breaks_and_its_repair_holds(tmp_path):
    result = judged(DILEMMA, tmp_path)
    verdict = result.verdict
    assert (verdict.equilibrium, verdict.dominant) == (False, False)
    assert (verdict.rational, verdict.core) == (True, True)
    gains = {d.seat: (d.actions, d.gain) for d in verdict.deviations}
    assert gains == {"ann": (("leave",), 2.0), "bob": (("leave",), 2.0)}
    assert verdict.risks["ann"].breaker == "bob"
    assert verdict.risks["ann"].loss == 3.0
    assert result.repair.total == 4.0
    mended = sc.lint(tmp_path / "deal.json", clauses=result.repair.clauses)
    assert mended.verdict.equilibrium
    assert mended.repair.clauses == ()


def test_dominance_asks_for_more_than_equilibrium(tmp_path):
    # Leaving gains 1 where the other helps, and 3 where it leaves.
    payoffs = [[[3, 3], [-2, 4]], [[4, -2], [1, 1]]]
    judged({**DILEMMA, "payoffs": payoffs}, tmp_path)
    path = tmp_path / "deal.json"
    assert sc.lint(path).repair.total == 2.0
    dominant = sc.lint(path, aim="dominant").repair
    assert dominant.total == 6.0
    assert sc.lint(path, clauses=dominant.clauses).verdict.dominant


def test_who_ends_below_its_outside_option_is_paid_for_its_part(tmp_path):
    deal = {**DILEMMA, "payoffs": [[[9, -1], [0, 0]], [[0, 0], [0, 0]]]}
    repair = judged(deal, tmp_path).repair
    work = Does(seat="bob", action="help", step=0)
    assert repair.clauses == (
        Clause(payer="ann", payee="bob", price=1.0, condition=work),
    )


def test_nothing_mends_a_goal_that_is_worth_less_than_going_alone(tmp_path):
    deal = {**DILEMMA, "payoffs": [[[0, 0], [5, 5]], [[5, 5], [5, 5]]]}
    result = judged(deal, tmp_path)
    assert result.repair is None
    assert result.as_json()["cheapest"] is None


@pytest.mark.parametrize("seed", range(60))
def test_random_deals_are_judged_and_mended_as_enumeration_says(seed, tmp_path):
    deal = draw_deal(np.random.default_rng(seed), small=False)
    assert mistakes(deal, judged(deal, tmp_path)) == []


@pytest.mark.parametrize("seed", range(8))
def test_no_set_of_whole_prices_is_cheaper(seed, tmp_path):
    deal = draw_deal(np.random.default_rng((1, seed)), small=True)
    repair = judged(deal, tmp_path).repair
    assert least_total(deal, repair.total if repair else 4.0) is None


def test_a_game_is_judged_at_its_plan():
    result = sc.lint("prisoners-dilemma")
    assert not result.verdict.equilibrium
    assert sc.lint(
        "prisoners-dilemma", clauses=result.repair.clauses
    ).verdict.equilibrium


def test_a_game_of_several_steps_is_mended_by_clauses_on_its_plan():
    repair = sc.lint("prisoners-dilemma", parameters={"rounds": 2}).repair
    terms = {"clauses": [c.model_dump() for c in repair.clauses], "plan": repair.plan}

    mended = sc.lint(
        "prisoners-dilemma",
        parameters={"rounds": 2},
        clauses=Terms.model_validate(terms),
    )
    assert mended.verdict.equilibrium
    assert mended.repair.clauses == ()


@pytest.mark.parametrize("rounds", [14, 10_000, 10**9])
def test_a_game_of_too_many_steps_is_refused_however_many_there_are(rounds):
    with pytest.raises(ConfigError, match="more than 100,000 profiles of plans") as no:
        sc.lint("chicken", parameters={"rounds": rounds})
    assert "its seats have more than 20,000 plans" in str(no.value)


def test_a_contract_of_a_run_folder_is_judged_as_it_stands():
    pay = {"payer": "player_0", "payee": "player_1", "price": 2.0}
    terms = Terms.model_validate({"clauses": [pay]})
    offer = Offer(id=1, author="player_0", round=1, terms=terms)
    signed = Contract(offer=offer, signatures=("player_0", "player_1"))
    result = sc.lint("chicken", clauses=signed.model_dump(mode="json"))
    assert result.deal.terms == terms
    assert result.verdict.payoffs == {"player_0": -2.0, "player_1": 2.0}
    with pytest.raises(InputError, match="clauses are a list, or an object"):
        sc.lint("chicken", clauses={"offer": {"id": 1}})


def test_a_part_of_a_deal_that_is_misspelt_is_told(tmp_path):
    deal = {"players": ["a", "b"], "actions": ["c", "d"], "goal": ["c", "c"]}
    deal["payoffs"] = [[[3, 3], [0, 5]], [[5, 0], [1, 1]]]
    path = tmp_path / "deal.json"
    path.write_text(json.dumps(deal | {"clause": []}))
    with pytest.raises(InputError, match="did you mean 'clauses'"):
        sc.lint(path)


def test_clauses_under_another_name_are_not_taken_for_none(tmp_path):
    path = tmp_path / "clauses.json"
    path.write_text(json.dumps({"clause": [PAY]}))
    with pytest.raises(InputError, match="clauses are missing"):
        sc.lint("chicken", clauses=path)


OFFERED = {
    "players": ["ann", "bob"],
    "actions": {"ann": ["send"], "bob": ["keep", "return"]},
    "payoffs": [[[0, 2], [1, 1]]],
    "goal": ["send", "return"],
}


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (
            {"clauses": [PAY | {"condition": DOES | {"action": "keep"}}]},
            "ann cannot take 'keep' at step 0; offered then: send",
        ),
        (
            {"clauses": [], "plan": {"bob": ["send"]}},
            "bob cannot take 'send' at step 0; offered then: keep, return",
        ),
    ],
)
def test_an_action_of_another_player_can_be_no_part_of_a_deal(terms, told):
    with pytest.raises(InputError, match=told):
        lint_stated({**OFFERED, **terms})


def test_an_action_out_of_turn_can_be_no_part_of_a_deal():
    early = {"when": "does", "seat": "trustee_1", "action": "return-half", "step": 0}
    pay = {"payer": "trustee_1", "payee": "investor_0", "price": 1, "condition": early}
    told = "offered then: wait; 'return-half' is offered at step 1"
    with pytest.raises(InputError, match=told):
        sc.lint("trust", clauses=[pay])
    late = pay | {"condition": early | {"step": 1}}
    assert sc.lint("trust", clauses=[late]).deal.terms.clauses


def test_a_game_that_chance_decides_is_refused():
    with pytest.raises(ConfigError, match=r"profiles of plans|chance decides"):
        sc.lint("raid")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"players": "ann"}, "players is a list of names"),
        ({"players": ["ann", "ann"]}, "names one thing twice"),
        ({"players": ["ann"]}, "two players or more"),
        ({"actions": [["help"]]}, "give one each"),
        ({"actions": [1, 2]}, "which is no name"),
        ({"players": [" ", "bob"]}, "which is no name"),
        ({"players": ["\ud800", "bob"]}, "which is no name"),
        ({"actions": ["help", "\u200b\x1b[0m"]}, "which is no name"),
        ({"clauses": [PAY | {"payee": "ann"}]}, "clauses.0: payer and payee are both"),
        ({"plan": {"eve": ["help"]}}, "unknown seat in"),
        ({"payoffs": [[[3, 3]], [[5, 0], [1, 1]]]}, "one for each action"),
        ({"payoffs": [[[3, 3], [0, "5"]], [[5, 0], [1, 1]]]}, "2 numbers"),
        (
            {"payoffs": [[[3, 3], [0, 1e400]], [[5, 0], [1, 1]]]},
            "Infinity; payoffs are 0 or",
        ),
        ({"payoffs": 3}, "one for each action"),
        ({"goal": ["help"]}, "goal has 1 for 2 players; give one each"),
        ({"goal": None}, "goal is a list in the order of players.*got null"),
        (
            {"goal": ["help", None]},
            "goal has null for bob, which can do help and leave",
        ),
        ({"goal": {"ann": "help"}}, "goal has nothing for bob"),
        (
            {"goal": {"ann": "help", "bob": "help", "eve": "help"}},
            "unknown player in goal",
        ),
        ({"actions": {"ann": ["help", "leave"]}}, "actions has nothing for bob"),
        ({"actions": {"ann": ["help"], "bib": ["help"]}}, "did you mean 'bob'"),
        ({"payoffs": [[[3, 3], [0, None]], [[5, 0], [1, 1]]]}, "it has null"),
        ({"payoffs": [[[3, 3], [0, 1e-40]], [[5, 0], [1, 1]]]}, "between 1e-30 and"),
        (
            {"payoffs": [[[3, 3], [0, 10**400]], [[5, 0], [1, 1]]]},
            "more than 60 digits",
        ),
        ({"goal": ["help", "run"]}, "can do help and leave; name one of these"),
        ({"clauses": [{"payer": "ann"}]}, "payee"),
        ({"clauses": [{"payer": "ann", "payee": "eve", "price": 1}]}, "eve"),
        ({"clauses": 3}, "clauses are a list"),
        ({"clauses": ""}, "clauses are a list"),
        ({"clauses": [PAY | {"condition": DOES | {"action": "halp"}}]}, "'halp'"),
        ({"clauses": [PAY | {"condition": DOES | {"step": 1}}]}, "only step 0"),
        ({"clauses": [PAY | {"condition": ENDS}]}, "unknown outcome 'won'"),
        ({"clauses": [PAY], "plan": ["help"]}, "plan is a list of actions by player"),
        ({"players": [str(n) for n in range(40)], "actions": ["a"]}, "at most 31"),
    ],
)
def test_what_cannot_be_read_says_what_was_given(change, words, tmp_path):
    with pytest.raises(InputError, match=words):
        judged({**DILEMMA, **change}, tmp_path)


@pytest.mark.parametrize(
    "text",
    ['{"goal": 1, "goal": 2}', "", "[", "[]", "3", "[" * 100_000, "\x00", '"\\ud800"'],
)
def test_files_that_hold_no_deal_are_refused(text, tmp_path):
    path = tmp_path / "deal.json"
    path.write_text(text)
    with pytest.raises(InputError):
        sc.lint(path)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        sc.lint(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"aim": "stable"}, "unknown aim 'stable'"),
        ({"clauses": 3}, "clauses are a list, or an object"),
        ({"clauses": [3]}, "clauses.0"),
        ({"clauses": {"clause": []}}, "did you mean|clauses are missing"),
        ({"clauses": "none.json"}, "there is no file"),
        ({"clauses": {"clauses": [], "plam": {}}}, "did you mean 'plan'"),
        ({"clauses": {"clauses": [], "shares": {"a": 1}}}, "shares of a pot"),
        ({"parameters": {"rounds": "x"}}, "give a whole number"),
    ],
)
def test_what_python_gives_wrongly_is_told(given, words):
    with pytest.raises(InputError, match=words):
        sc.lint("chicken", **given)


def test_clauses_may_come_with_their_plan_as_one_mapping():
    repair = sc.lint("prisoners-dilemma", parameters={"rounds": 2}).repair
    terms = repair.terms.model_dump(mode="json")
    mended = sc.lint("prisoners-dilemma", parameters={"rounds": 2}, clauses=terms)
    assert mended.verdict.equilibrium
