"""Contracts of CoopEval: clauses, settlements, stability, promises and cooperation."""

import json

import pytest

from shapley_coop.errors import InputError
from shapley_coop.teams.imports.contract_audit import SettlementMiss
from shapley_coop.teams.imports.registry import import_log
from tests.teams.imports.examples import (
    PRISONERS,
    TRUST,
    contract_play,
    coopeval,
    write_contracts,
)


def audit(folder):
    (part,) = import_log(folder, "coopeval").parts
    return part


def test_signed_contracts_are_paid_and_judged(tmp_path):
    said = import_log(coopeval(tmp_path / "log"), "coopeval").as_json()
    assert said["contracts"] == 3
    assert said["settlements"] == said["settlements_equal"] == 4
    assert said["nash_stable"] == {"ann": 1.0, "bob": 0.0}
    assert said["promises"] == {"kept": 3, "broken": 1}
    signed, unsigned = said["cooperation"]["signed"], said["cooperation"]["unsigned"]
    assert (signed["stable"]["share"], signed["stable"]["n"]) == (0.75, 4)
    assert (signed["unstable"]["share"], signed["unstable"]["n"]) == (0.5, 2)
    assert (unsigned["stable"]["share"], unsigned["stable"]["n"]) == (0.0, 2)
    assert unsigned["unstable"] == {"share": None, "n": 0, "interval": None}
    assert [deal["plays"] for deal in said["deals"]] == [2, 1]
    clause = said["deals"][0]["clauses"][0]
    assert (clause["payer"], clause["payee"], clause["price"]) == ("P2", "P1", 2.0)
    assert clause["condition"]["action"] == "COOPERATE"
    assert said["deals"][1]["clauses"] == []
    assert said["deals"][1]["deviations"][0]["gain"] == 1.0


def test_a_settlement_that_its_rules_do_not_give_is_named(tmp_path):
    folder = coopeval(tmp_path / "log")
    path = folder / "pd" / "records.jsonl"
    first, *rest = path.read_text().splitlines()
    play = json.loads(first)
    play[0]["moves"][1]["points"] = 2.5
    path.write_text("\n".join([json.dumps(play), *rest]))
    said = audit(folder).as_json()
    assert (said["settlements"], said["settlements_equal"]) == (4, 3)
    (miss,) = said["misses"]
    assert (miss["seat"], miss["stated"], miss["computed"]) == ("P2", 2.5, 2.0)
    assert miss["place"].startswith("line 1 of")


GAMES = {
    "PrisonersDilemma": ({"payoff_matrix": PRISONERS}, ["COOPERATE", "DEFECT"], [0, 3]),
    "TrustGame": ({"payoff_matrix": TRUST}, ["KEEP", "GIVE"], [6, 2]),
    "PublicGoods": (
        {"num_players": 3, "multiplier": 1.5},
        ["CONTRIBUTE", "FREE_RIDE", "FREE_RIDE"],
        [0.5, 1.5, 1.5],
    ),
    "TravellersDilemma": (
        {"min_claim": 2, "num_actions": 4, "claim_spacing": 1, "bonus": 2.0},
        ["CLAIM_3", "CLAIM_1"],
        [1.0, 5.0],
    ),
}


@pytest.mark.parametrize("kind", GAMES)
def test_each_dilemma_pays_by_its_rules_and_by_what_was_signed(tmp_path, kind):
    settings, actions, rewards = GAMES[kind]
    players = [f"ann#P{number}" for number in range(1, len(actions) + 1)]
    done = dict(zip(players, [f"Y.{action}" for action in actions], strict=True))
    # The first player is paid 4 by the others, who pay 1 each for what they do.
    design = {f"Y.{actions[0]}": 4, f"Y.{actions[1]}": -1}
    others = len(players) - 1
    fines = (others - 1) / others
    paid = [rewards[0] + 4 + 1]
    paid += [reward - 4 / others - 1 + fines for reward in rewards[1:]]
    write_contracts(
        tmp_path / "log",
        {"type": kind, "kwargs": settings},
        {players[0]: design},
        [
            contract_play(players[0], True, done, paid),
            contract_play(players[0], False, done, rewards),
        ],
    )
    assert audit(tmp_path / "log").misses == []


def test_an_unknown_game_is_left_out_and_said(tmp_path):
    folder = coopeval(tmp_path / "log")
    write_contracts(
        folder / "pennies", {"type": "MatchingPennies", "kwargs": {}}, {}, []
    )
    log = import_log(folder, "coopeval")
    assert log.parts[0].as_json()["contracts"] == 3
    assert "MatchingPennies is none of" in log.left_out[0]


@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        ("records.jsonl", "ann#P1", "eve#P9", "who wrote none"),
        ("records.jsonl", "X.DEFECT", "X.SULK", "SULK"),
        ("records.jsonl", '"points": 2', '"points": "2"', "is to be a number"),
        ("contract_design.json", '"X.DEFECT": 0', '"X.DEFECT": 1e12', "at most"),
        ("config.json", '"CD"', '"DC2"', "no two payoffs for CD"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, file, before, after, words):
    folder = coopeval(tmp_path / "log")
    path = folder / "pd" / file
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(InputError, match=words) as refusal:
        audit(folder)
    assert file in str(refusal.value)


def test_a_payoff_that_misses_by_little_is_told_with_its_digits():
    miss = SettlementMiss("p", "P1", 3.0001, 3.0)
    assert miss.text == "p: P1 has 3.0001, and the rules give 3.00"
