"""The table: who may speak, when a deal is signed or dead, and what never happens."""

import pytest
from pydantic import ValidationError

from shapley_coop.errors import IllegalMove
from shapley_coop.records import (
    Accept,
    Clause,
    Contract,
    Counter,
    Halt,
    Offer,
    Outcome,
    Propose,
    Reject,
    Terms,
    Wait,
)
from tests.negotiation.tables import SEATS, pays, table


def run(made, *moves):
    for move in moves:
        (seat,) = made.turn()
        made.step({seat: move})
    return made


def test_an_offer_that_all_accept_is_a_contract_with_all_signatures():
    made = run(
        table(step=4, horizon=5),
        Propose(terms=pays(step=4), say="fair"),
        Accept(offer=1),
        Accept(offer=1),
    )
    assert made.state == "signed"
    assert made.over
    assert made.turn() == ()
    assert made.contract.signatures == SEATS
    assert made.contract.step == 4
    assert made.contract.offer.author == "a"
    assert made.contract.offer.rationale == "fair"
    assert made.rounds_used == 1


def test_signatures_stand_in_the_order_of_the_seats():
    seats = tuple(f"player_{index}" for index in range(12))
    made = table(seats)
    run(made, Propose(terms=pays("player_0", "player_10")))
    run(made, *[Accept(offer=1)] * 10)
    assert made.view("player_11").signed == seats[:11]
    run(made, Accept(offer=1))
    assert made.contract.signatures == seats


def test_a_counter_replaces_the_offer_and_its_signatures():
    made = run(table(), Propose(terms=pays()), Counter(terms=pays(price=2)))
    assert made.state == "countered"
    assert made.standing.id == 2
    assert made.signed == {"b"}
    with pytest.raises(IllegalMove, match="accepts offer 1, but offer 2 stands"):
        made.step({"c": Accept(offer=1)})
    run(made, Accept(offer=2), Accept(offer=2))
    assert made.contract.offer.terms == pays(price=2)
    assert made.rounds_used == 2


def test_a_bound_seats_reject_clears_the_table():
    made = run(table(), Propose(terms=pays()), Reject())
    assert made.state == "open"
    assert made.standing is None
    assert made.legal("c") == ("propose", "wait", "halt")


def test_under_a_quorum_an_unbound_seat_cannot_block():
    made = run(
        table(quorum=0.6), Propose(terms=pays("a", "c")), Reject(), Accept(offer=1)
    )
    assert made.state == "signed"
    assert made.contract.signatures == ("a", "c")


def test_under_a_quorum_those_bound_must_still_sign():
    made = run(table(quorum=0.4), Propose(terms=pays("a", "c")), Accept(offer=1))
    assert made.state == "offered"
    made = run(table(quorum=0.1), Propose(terms=pays("b", "c", seat="b")), Reject())
    assert made.state == "open"
    for state in (made.signed, made.contract):
        assert not state


def test_a_seat_whose_action_is_named_is_bound_too():
    made = run(
        table(quorum=0.1), Propose(terms=pays("a", "b", seat="c")), Accept(offer=1)
    )
    assert made.state == "offered"
    assert run(made, Accept(offer=1)).contract.signatures == SEATS


def test_waiting_to_the_last_round_kills_the_table():
    made = run(table(rounds=2), *[Wait()] * 6)
    assert made.state == "dead"
    assert made.contract is None
    assert made.rounds_used == 2


def test_an_offer_that_nobody_answered_is_no_contract():
    made = run(table(rounds=1), Wait(), Wait(), Propose(terms=pays("c", "a")))
    assert made.state == "dead"
    assert made.contract is None


def test_one_seat_leaving_kills_a_unanimous_table_and_not_one_with_quorum():
    assert run(table(), Halt()).state == "dead"
    made = run(table(quorum=0.6), Halt())
    assert made.state == "open"
    assert made.turn() == ("b",)
    with pytest.raises(IllegalMove, match="left the table"):
        made.step({"b": Propose(terms=pays("a", "b"))})
    run(made, Propose(terms=pays("b", "c")), Accept(offer=1))
    assert made.contract.signatures == ("b", "c")
    assert run(table(quorum=0.6), Halt(), Halt()).state == "dead"


def test_leaving_takes_the_signature_back():
    made = run(table(quorum=0.6), Propose(terms=pays("a", "c")), Reject())
    made.step({"c": Counter(terms=pays("c", "b"))})
    run(made, Halt(), Accept(offer=2))
    assert made.contract.signatures == ("b", "c")


def test_fixed_order_repeats_and_random_order_is_drawn_each_round():
    made = table(rounds=2)
    order = []
    while not made.over:
        order.append(made.turn()[0])
        run(made, Wait())
    assert order == [*SEATS, *SEATS]
    seen = set()
    for seed in range(20):
        made, order = table(order="random", rounds=1, seed=seed), []
        while not made.over:
            order.append(made.turn()[0])
            run(made, Wait())
        assert sorted(order) == list(SEATS)
        seen.add(tuple(order))
    assert len(seen) == 6


def test_simultaneous_offers_one_stands_drawn_by_the_tables_generator():
    winners = set()
    for seed in range(20):
        made = table(order="simultaneous", seed=seed)
        assert made.turn() == SEATS
        made.step({s: Propose(terms=pays(s, "b" if s != "b" else "a")) for s in SEATS})
        assert made.standing.id == 1
        assert made.signed == {made.standing.author}
        winners.add(made.standing.author)
        assert len(made.history) == 3
    assert winners == set(SEATS)


def test_simultaneous_accepts_count_before_a_counter_does():
    made = table(("a", "b"), order="simultaneous")
    made.step({"a": Propose(terms=pays()), "b": Wait()})
    made.step({"a": Counter(terms=pays(price=9)), "b": Accept(offer=1)})
    assert made.state == "signed"
    assert made.contract.offer.id == 1


@pytest.mark.parametrize(
    ("phase", "terms", "told"),
    [
        ("task", Terms(), "1 to"),
        ("task", Terms(shares={"a": 1.0}), "no shares"),
        ("task", pays("a", "stranger"), "unknown seat"),
        ("task", pays(action="fly"), "unknown action 'fly'; known: go, stay"),
        (
            "task",
            Terms(
                clauses=(
                    Clause(
                        payer="a", payee="b", price=1, condition=Outcome(outcome="lost")
                    ),
                )
            ),
            "unknown outcome 'lost'; known: won",
        ),
        ("split", pays(), "shares of the pot"),
        ("split", Terms(), "shares of the pot"),
        ("split", Terms(shares={"a": 0.5, "b": 0.5}), "the table seats"),
        (
            "split",
            Terms(shares={"a": 0.5, "b": 0.3, "c": 0.1, "x": 0.1}),
            "the table seats",
        ),
    ],
)
def test_terms_that_do_not_fit_the_table(phase, terms, told):
    with pytest.raises(IllegalMove, match=told):
        table(phase=phase).step({"a": Propose(terms=terms)})


def test_moves_that_are_not_legal_change_nothing():
    made = table()
    for moves in (
        {"b": Wait()},
        {},
        {"a": Accept(offer=1)},
        {"a": Wait(), "b": Wait()},
    ):
        with pytest.raises(IllegalMove):
            made.step(moves)
    assert made.history == []
    assert made.turn() == ("a",)
    assert made.legal("b") == ("wait",)


def test_a_forfeit_is_a_reject_where_an_offer_stands_and_else_waiting():
    made = table()
    made.step({"a": None})
    assert made.state == "open"
    run(made, Propose(terms=pays("b", "c")))
    made.step({"c": None})
    assert made.standing is None
    assert [said.move for said in made.history] == [
        None,
        Propose(terms=pays("b", "c")),
        None,
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"payer": "a", "payee": "a", "price": 1},
        {"payer": "a", "payee": "b", "price": -1},
        {"payer": "a", "payee": "b", "price": float("nan")},
        {"payer": "a", "payee": "b", "price": float("inf")},
        {"payer": "a", "payee": "b", "price": 2e15},
        {"payer": "a", "payee": "b", "price": 55, "unit": "share"},
        {"payer": "a", "payee": "b", "price": 1, "bonus": 3},
    ],
)
def test_a_senseless_clause_cannot_be_made(fields):
    with pytest.raises(ValidationError):
        Clause.model_validate(fields)


def test_senseless_shares_and_unsigned_contracts_cannot_be_made():
    for shares in ({"a": 0.5}, {"a": 1.5, "b": -0.5}, {"a": float("nan"), "b": 1.0}):
        with pytest.raises(ValidationError):
            Terms(shares=shares)
    offer = Offer(id=1, author="a", round=1, terms=pays())
    with pytest.raises(ValidationError, match="signature of"):
        Contract(offer=offer, signatures=("a",))
