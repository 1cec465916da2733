"""Models with many seats: what they may write follows from the seats, and suffices for the deal."""

import asyncio
import json
import re
from collections import Counter

import pytest

from shapley_coop.agents.llm.sizes import most_clauses
from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import ModelSettings
from shapley_coop.interfaces.deals.money import reward
from shapley_coop.llm.backends.scripted import CHARACTERS_PER_TOKEN, ScriptedBackend
from shapley_coop.llm.seat import answer_tokens
from shapley_coop.simulation.run import run

SCRIPT = {}
"""What the scripted model plays in the test that runs: the clauses, and who acts how."""


def configured(seats, levers, *settings):
    game = {"id": "escape-room-n", "seats": seats, "levers": levers}
    return resolve({"game": game, "protocol": "short-term"}, list(settings))


def played(config, tmp_path):
    folder = asyncio.run(run(config, tmp_path))
    (episode,) = folder.episodes()
    return episode


def as_few_payments(transfers):
    """Return (payer, payee, amount) that leave each seat the same with n - 1 payments at most."""
    balance = Counter()
    for transfer in transfers:
        balance[transfer.payer] -= transfer.micro
        balance[transfer.payee] += transfer.micro
    owing = [[seat, -units] for seat, units in sorted(balance.items()) if units < 0]
    due = [[seat, units] for seat, units in sorted(balance.items()) if units > 0]
    payments = []
    while owing and due:
        amount = min(owing[0][1], due[0][1])
        payments.append((owing[0][0], due[0][0], amount))
        for side in (owing, due):
            side[0][1] -= amount
            if not side[0][1]:
                side.pop(0)
    return payments


def within_limit(text, request):
    """Return an answer that a model could have written, which has to end before its limit."""
    assert len(text) <= CHARACTERS_PER_TOKEN * request.sampling.max_tokens
    return text


def make_scripted(target):
    """Return a model whose seats offer, accept and keep the deal of `SCRIPT`."""

    def answer(request):
        (seat,) = re.findall(r"You are (\w+) and want", request.messages[0].content)
        fields = request.schema_["properties"]
        if "action" in fields:
            action = SCRIPT["actions"][seat]
            return json.dumps({"reason": "as agreed", "action": action})
        if "shares" in fields:
            shares = dict.fromkeys(fields["shares"]["properties"], 1234.567891)
            beliefs = {"pot": 9.5, "externality": "positive", "own": -1.25}
            text = json.dumps({**beliefs, "shares": shares, "reason": "x" * 80})
            return within_limit(text, request)
        forms = fields["move"]["anyOf"]
        kinds = {kind for form in forms for kind in form["properties"]["kind"]["enum"]}
        move = {"kind": "propose", "clauses": SCRIPT["clauses"], "say": "fair"}
        if "accept" in kinds:
            move = {"kind": "accept", "say": "agreed"}
        return within_limit(json.dumps({"move": move}), request)

    return ScriptedBackend(target, answer)


@pytest.mark.parametrize(("seats", "levers"), [(20, 6), (50, 15)])
def test_models_reach_the_deal_that_rules_reach(seats, levers, tmp_path):
    rules = played(configured(seats, levers, "agent=rational"), tmp_path / "rules")
    (step,) = rules.steps
    payments = as_few_payments(rules.transfers)
    assert len(payments) <= seats - 1
    clauses = []
    for payer, payee, amount in payments:
        clauses.append(
            {
                "payer": payer,
                "payee": payee,
                "price": reward(amount),
                "unit": "reward",
                "seat": payee,
                "action": step.actions[payee],
            }
        )
    SCRIPT.update(clauses=clauses, actions=step.actions)
    spec = f"model.name={__name__}:make_scripted"
    models = played(configured(seats, levers, spec), tmp_path / "models")
    assert set(models.forfeits.values()) == {0}
    (contract,) = models.contracts
    assert len(contract.offer.terms.clauses) == len(clauses) > 8
    assert set(models.beliefs) == set(rules.seats)
    assert models.payoffs == pytest.approx(rules.payoffs)


@pytest.mark.parametrize("seats", [2, 8, 9, 20, 50, 100])
def test_sizes_grow_with_the_seats_and_no_faster(seats):
    assert seats - 1 <= most_clauses(seats) <= 2 * seats
    tokens = answer_tokens(ModelSettings(), seats)
    assert tokens == 320 + 100 * max(0, seats - 8)
    assert answer_tokens(ModelSettings(max_tokens=60), seats) == 60
