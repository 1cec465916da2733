"""Payments at the end of a game: by choice, out of escrow, and within what a payer has."""

import io
import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapley_coop.agents.llm import json_form
from shapley_coop.agents.roles import agent_factory
from shapley_coop.config.seeds import generator
from shapley_coop.interfaces.agent import Payer, Place
from shapley_coop.interfaces.plugins import load
from shapley_coop.interfaces.waiting import run_without_waiting
from shapley_coop.negotiation.book import Book, Due
from shapley_coop.negotiation.ledger import Payers, pay_contracts
from shapley_coop.negotiation.settlement import BINDING, ESCROW
from shapley_coop.records import Always, Clause, Contract, Does, Offer, Step, Terms
from shapley_coop.runs.report.transcript.lines import dialogue
from tests.agents.rules.test_rational import table_view
from tests.agents.test_conditions import COURSES, answers
from tests.fixtures.plays import configured, played

OFFER = {
    "kind": "propose",
    "clauses": [
        {
            "transfer": "player_0 pays player_1",
            "price": 2,
            "unit": "reward",
            "when": {"due": "always"},
        }
    ],
    "say": "",
}


def dilemma(answer, seats=None, **protocol):
    """Play three rounds of the prisoner's dilemma in which player_0 owes 2 in the end."""
    config = configured(
        "prisoners-dilemma",
        agent="llm",
        seats=seats or {},
        parameters={"rounds": 3},
        protocol={"name": "talk", **protocol},
    )
    return played(config, answer=answer)


def deciding(pay, *, tags=False):
    """Return scripted models that sign the offer, play on, and answer whether they pay."""
    play_on = answers(json.dumps({"move": OFFER}), tags=tags)

    def answer(seat, purpose, messages, schema):
        if purpose.endswith("/honour"):
            question = messages[1].content
            assert "you owe: player_1 2. Nobody enforces it." in question
            return pay
        return play_on(seat, purpose, messages, schema)

    return answer


@pytest.mark.parametrize(("pay", "paid"), [("yes", 2.0), ("no", 0.0)])
def test_a_model_chooses_whether_it_pays_what_nobody_enforces(pay, paid):
    said = json.dumps({"reason": "", "pay": pay})
    episode, tape = dilemma(deciding(said), settlement="honour")
    assert episode.payoffs == {"player_0": 6.0 - paid, "player_1": 11.0 + paid}
    assert [breach.seat for breach in episode.breaches] == ["player_0"] * (not paid)
    (asked,) = tape.of("honour")
    assert asked["seat"] == "player_0"
    assert asked["pays"] is bool(paid)
    lines = [line for line in dialogue(shown(tape), episode.steps) if line.does]
    told = [line.does for line in lines if line.part == "After play"]
    assert told == [f"{'pays' if paid else 'does not pay'} what it owes"]


def shown(tape):
    """Return events as a run folder holds them."""
    events = []
    for event in tape.events:
        outer = {name: event.get(name) for name in ("kind", "phase", "round", "seat")}
        data = {name: value for name, value in event.items() if name not in outer}
        events.append({**outer, "data": json.loads(json.dumps(data, default=list))})
    return events


def test_who_gives_no_usable_answer_has_not_paid():
    episode, tape = dilemma(deciding("perhaps"), settlement="honour")
    assert episode.payoffs["player_0"] == 6.0
    assert episode.forfeits["player_0"] == 1
    assert [event["moment"] for event in tape.of("forfeit")] == ["honour"]


def test_under_cheap_talk_nobody_is_asked():
    episode, tape = dilemma(deciding("never asked"), settlement="cheap-talk")
    assert tape.of("honour") == []
    assert [breach.broken for breach in episode.breaches] == ["payment"]


@pytest.mark.parametrize(("typed", "payoff"), [("yes", 4.0), ("no", 6.0)])
def test_a_person_is_asked_whether_it_pays(monkeypatch, typed, payoff):
    offer = "player_0 pays player_1 2"
    lines = ("propose", offer, "", *COURSES["player_0"], typed)
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines) + "\n"))
    episode, _ = dilemma(deciding(""), seats={"player_0": "human"}, settlement="honour")
    assert episode.payoffs["player_0"] == payoff


@pytest.mark.parametrize(
    ("rule", "pays"), [("rational", True), ("breaker", False), ("selfish", False)]
)
def test_honest_rules_pay_and_breakers_do_not(rule, pays):
    place = Place(
        seat="player_0", game=load("games", "escape-room")(), rng=generator(0)
    )
    agent = agent_factory(rule)(place)
    assert isinstance(agent, Payer)
    view = table_view("player_0")
    assert run_without_waiting(agent.honours(view)) is pays


def test_a_seat_that_decides_nothing_pays_nothing():
    episode, tape = dilemma(
        deciding(""),
        seats={"player_0": f"{__name__}:Offering"},
        settlement="honour",
    )
    assert [event["pays"] for event in tape.of("honour")] == [False]
    assert episode.payoffs == episode.raw


class Offering:
    """Offers to pay and then cooperates. Whether it pays is not for it to say."""

    needs_model = False

    def __init__(self, place):
        self.seat = place.seat

    async def believe(self, view):
        return None

    async def negotiate(self, view):
        return json_form.read_move({"move": OFFER}, view)

    async def act(self, view):
        return "cooperate"


PROMISE = {
    **OFFER["clauses"][0],
    "when": {"due": "if", "seat": "player_1", "action": "cooperate"},
}


@pytest.mark.parametrize(("step", "kept"), [(0, True), (2, False)])
def test_escrow_holds_deposits_until_promises_are_kept(step, kept):
    clause = {**PROMISE, "when": {**PROMISE["when"], "step": step}}
    offer = json.dumps({"move": {**OFFER, "clauses": [clause]}})
    told = []
    play_on = answers(offer, tags=False)

    def answer(seat, purpose, messages, schema):
        told.append((purpose, messages[1].content))
        return play_on(seat, purpose, messages, schema)

    episode, tape = dilemma(answer, settlement="escrow", deposit=1.5)
    held, *returned = tape.of("deposit")
    assert held["held"] == {"player_1": 1.5}
    assert [event["returned"] for event in returned] == [{"player_1": 1.5}] * kept
    # 2 is the price, which is due where the promise is kept.
    assert episode.payoffs["player_1"] == 11 + (2 if kept else -1.5)
    assert episode.ledger_residual == 0
    while_played = [text for purpose, text in told if purpose == "play/act"]
    for text in while_played:
        assert "In escrow, given back to who keeps its promises: player_1 1.5." in text
    does = [line.does for line in dialogue(shown(tape), episode.steps)]
    assert "deposits held: player_1 1.50" in does
    assert ("deposits returned: player_1 1.50" in does) is kept


A, B, C = "a", "b", "c"


def contract(*clauses):
    terms = Terms(clauses=clauses)
    return Contract(
        offer=Offer(id=1, author=A, round=1, terms=terms),
        signatures=tuple(sorted(terms.seats)),
    )


def owes(payer, payee, price, condition=None):
    return Clause(
        payer=payer, payee=payee, price=price, condition=condition or Always()
    )


STEPS = (Step(actions={A: "in", B: "in", C: "in"}, rewards={}),)


def test_no_payer_is_brought_below_its_outside_option():
    deal = contract(owes(A, B, 5.0), owes(A, C, 5.0))
    raw = {A: 8.0, B: 0.0, C: 0.0}
    free = pay_contracts(raw, [deal], STEPS, {}, mode=BINDING)
    assert free.payoffs == {A: -2.0, B: 5.0, C: 5.0}
    limited = Payers(floors={A: 1.0, B: 0.0, C: 0.0})
    settled = pay_contracts(raw, [deal], STEPS, {}, mode=BINDING, payers=limited)
    # In the order of signing, each cut to what is left above the outside option.
    assert settled.payoffs == {A: 1.0, B: 5.0, C: 2.0}
    assert settled.breaches == ()
    assert settled.residual == 0


def test_what_a_payer_is_paid_first_pays_what_was_cut():
    deal = contract(owes(A, B, 5.0), owes(B, A, 4.0))
    raw = {A: 1.0, B: 9.0}
    limited = Payers(floors={A: 1.0, B: 0.0})
    settled = pay_contracts(raw, [deal], STEPS, {}, mode=BINDING, payers=limited)
    assert settled.payoffs == {A: 1.0, B: 9.0}


def test_lost_deposits_come_before_clauses_and_a_poor_payer_stays_where_it_is():
    promise = owes(B, A, 1.0, Does(seat=A, action="out"))
    deal = contract(promise, owes(A, B, 9.0))
    floors = {A: 3.0, B: 0.0}
    raw = {A: 5.0, B: 0.0}
    settled = pay_contracts(
        raw,
        [deal],
        STEPS,
        {},
        mode=ESCROW,
        deposit=1.5,
        payers=Payers(floors=floors),
    )
    paid = [(transfer.reason, transfer.micro) for transfer in settled.transfers]
    assert paid == [("deposit", 1_500_000), ("clause", 500_000)]
    # What a seat lost by itself is not made good, and costs it nothing more.
    poor = {A: 2.0, B: 3.0}
    settled = pay_contracts(
        poor, [deal], STEPS, {}, mode=BINDING, payers=Payers(floors=floors)
    )
    assert settled.payoffs == poor


def test_a_whole_game_under_limited_liability():
    clause = {**OFFER["clauses"][0], "price": 50}
    offer = json.dumps({"move": {**OFFER, "clauses": [clause]}})
    episode, _ = dilemma(answers(offer, tags=False), liability="limited")
    # Who defects three times is sure of 3.
    assert episode.payoffs == {"player_0": 3.0, "player_1": 14.0}
    unlimited, _ = dilemma(answers(offer, tags=False))
    assert unlimited.payoffs == {"player_0": -44.0, "player_1": 61.0}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_contracts_push_nobody_below_its_outside_option(data):
    seats = (A, B, C)
    amount = st.integers(-50, 50).map(float)
    raw = {seat: data.draw(amount) for seat in seats}
    floors = {seat: data.draw(amount) for seat in seats}
    pairs = st.sampled_from([(p, q) for p in seats for q in seats if p != q])
    sides = data.draw(st.lists(pairs, min_size=1, max_size=8))
    dues = [Due(*pair, data.draw(st.integers(1, 10**8)), "clause") for pair in sides]
    book = Book(raw)
    before = dict(book.balance)
    book.pay_all(dues, {seat: round(value * 1e6) for seat, value in floors.items()})
    for seat in seats:
        assert book.balance[seat] >= min(before[seat], round(floors[seat] * 1e6))
    assert sum(book.balance.values()) == sum(before.values())
