"""Money: conditions, exact rounding, the three settlements, and a ledger that sums to zero."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapley_coop.interfaces.deals.money import (
    MICRO,
    apportion,
    micro,
    micro_amounts,
    transport,
)
from shapley_coop.negotiation.ledger import (
    amount_due,
    holds,
    pay_contracts,
    promises,
)
from shapley_coop.negotiation.settlement import BINDING, CHEAP_TALK, ESCROW
from shapley_coop.records import (
    Always,
    AtLeast,
    Clause,
    Contract,
    Does,
    Offer,
    Outcome,
    Step,
    Terms,
)

A, B, C = "a", "b", "c"
STEPS = (
    Step(actions={A: "in", B: "out"}, rewards={A: 3.0, B: -1.0}),
    Step(actions={A: "in", B: "in"}, rewards={A: 0.0, B: 0.0}),
)
ROUNDING = settings(max_examples=200, deadline=None, derandomize=True)


def contract(*clauses, step=0):
    terms = Terms(clauses=clauses)
    return Contract(
        offer=Offer(id=1, author=A, round=1, terms=terms),
        signatures=tuple(sorted(terms.seats)),
        step=step,
    )


def pays(payer, payee, price, condition=None, unit="reward"):
    return Clause(
        payer=payer,
        payee=payee,
        price=price,
        unit=unit,
        condition=condition or Always(),
    )


@pytest.mark.parametrize(
    ("condition", "since", "due"),
    [
        (Always(), 0, True),
        (Outcome(outcome="won"), 0, True),
        (Outcome(outcome="lost"), 0, False),
        (Outcome(outcome="lost", unless=True), 0, True),
        (Does(seat=B, action="out"), 0, True),
        (Does(seat=B, action="in"), 0, False),
        (Does(seat=B, action="in", unless=True), 0, True),
        (Does(seat=B, action="in", step=1), 1, True),
        (Does(seat=B, action="out", step=0), 1, False),
        (Does(seat=B, action="in", step=9), 0, False),
        (Does(seat="stranger", action="in"), 0, False),
        (AtLeast(seat=A, action="in", times=2), 0, True),
        (AtLeast(seat=A, action="in", times=2), 1, False),
        (AtLeast(seat=A, action="in", times=3), 0, False),
        (AtLeast(seat=A, action="in", times=3, unless=True), 0, True),
    ],
)
def test_conditions(condition, since, due):
    assert holds(condition, STEPS, {"won"}, since) is due


def test_a_share_is_of_the_payers_own_reward_and_of_a_loss_nothing():
    assert amount_due(pays(A, B, 0.55, unit="share"), {A: 10.0, B: 0.0}) == 5_500_000
    assert amount_due(pays(A, B, 0.55, unit="share"), {A: -10.0, B: 0.0}) == 0
    assert amount_due(pays(A, B, 5.5), {A: -10.0, B: 0.0}) == 5_500_000


@ROUNDING
@given(
    pot=st.integers(-(10**15), 10**15),
    weights=st.lists(st.floats(0, 1e12, allow_subnormal=True), min_size=1, max_size=40),
)
def test_parts_sum_to_the_pot_and_are_within_one_unit_of_their_quota(pot, weights):
    parts = apportion(pot, {f"s{i}": weight for i, weight in enumerate(weights)})
    assert sum(parts.values()) == pot
    total = sum(map(Fraction, weights))
    for weight, part in zip(weights, parts.values(), strict=True):
        quota = pot * (Fraction(weight) / total if total else Fraction(1, len(weights)))
        assert abs(part - quota) < 1


def test_largest_remainder_goes_to_the_largest_remainder_then_to_the_earlier_seat():
    assert apportion(100, {A: 1.0, B: 1.0, C: 1.0}) == {A: 34, B: 33, C: 33}
    assert apportion(-100, {A: 1.0, B: 1.0, C: 1.0}) == {A: -34, B: -33, C: -33}
    assert apportion(10, {A: 0.26, B: 0.29, C: 0.45}) == {A: 3, B: 3, C: 4}
    assert apportion(7, {A: 0.0, B: 0.0}) == {A: 4, B: 3}


@ROUNDING
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40))
def test_amounts_are_rounded_to_their_sum_and_each_by_less_than_a_unit(amounts):
    given = {f"s{i}": amount for i, amount in enumerate(amounts)}
    parts = micro_amounts(given)
    assert sum(parts.values()) == micro(math.fsum(amounts))
    for seat, amount in given.items():
        assert abs(parts[seat] - Fraction(amount) * MICRO) < 1.5


def test_thirds_of_one_are_one():
    assert micro_amounts({A: 1 / 3, B: 1 / 3, C: 1 / 3}) == {
        A: 333334,
        B: 333333,
        C: 333333,
    }
    assert micro_amounts({A: 0.5, B: 0.25}) == {A: 500000, B: 250000}
    assert sum(micro_amounts(dict.fromkeys("abc", 200 / 3)).values()) == 200 * MICRO


@ROUNDING
@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=30))
def test_transport_realises_balances_with_fewer_payments_than_seats(deltas):
    deltas = {f"s{i}": delta for i, delta in enumerate([*deltas, -sum(deltas)])}
    payments = transport(deltas)
    assert len(payments) <= len(deltas) - 1
    for seat, delta in deltas.items():
        received = sum(amount for _, payee, amount in payments if payee == seat)
        paid = sum(amount for payer, _, amount in payments if payer == seat)
        assert received - paid == delta
    assert all(amount > 0 for _, _, amount in payments)


def test_promises_are_actions_that_seats_are_paid_for_or_fined_over():
    paid = pays(A, B, 1, Does(seat=B, action="in"))
    clauses = [
        paid,
        pays(A, B, 2, Does(seat=B, action="in")),
        pays(A, B, 1, Does(seat=A, action="in")),
        pays(B, A, 1, Does(seat=B, action="in", unless=True)),
        pays(A, B, 1, AtLeast(seat=B, action="in", times=2)),
        pays(A, B, 1),
    ]
    fined = pays(A, B, 1, Does(seat=A, action="out", unless=True))
    found = promises([*clauses, fined])
    assert [promise.clause for promise in found] == [paid, clauses[4], fined]
    # What B is fined over is what it is paid for too, so it is one promise.
    assert found[0].deed == Does(seat=B, action="in")
    assert found[2].deed == Does(seat=A, action="out")


def test_a_broken_promise_that_only_a_fine_backs_is_a_breach():
    fined = pays(A, B, 3, Does(seat=A, action="elsewhere", unless=True))
    for mode, held in ((BINDING, {A: 0.0, B: 2.0}), (ESCROW, {A: -5.0, B: 7.0})):
        settled = pay_contracts(
            RAW, [contract(fined)], STEPS, {}, mode=mode, deposit=5.0
        )
        assert [(b.seat, b.broken) for b in settled.breaches] == [(A, "action")]
        assert settled.payoffs == held


RAW = {A: 3.0, B: -1.0}


def test_binding_pays_what_is_due_and_records_who_did_not_act():
    kept, broken = Does(seat=B, action="out"), Does(seat=B, action="in")
    settled = pay_contracts(
        RAW,
        [contract(pays(A, B, 1, kept)), contract(pays(A, B, 2, broken))],
        STEPS,
        {},
        mode=BINDING,
    )
    assert settled.payoffs == {A: 2.0, B: 0.0}
    assert settled.residual == 0
    assert [(b.seat, b.broken) for b in settled.breaches] == [(B, "action")]


def test_escrow_forfeits_the_deposit_to_the_other_bound_seats():
    broken = Does(seat=B, action="in")
    settled = pay_contracts(
        {A: 3.0, B: -1.0, C: 0.0},
        [contract(pays(A, B, 2, broken), pays(C, A, 0.5))],
        STEPS,
        {},
        mode=ESCROW,
        deposit=0.000003,
    )
    deposits = [(t.payee, t.micro) for t in settled.transfers if t.reason == "deposit"]
    assert deposits == [(A, 2), (C, 1)]
    assert settled.payoffs == {A: 3.500002, B: -1.000003, C: -0.499999}
    assert settled.residual == 0


def test_cheap_talk_pays_nothing_and_records_both_kinds_of_breach():
    clauses = (
        pays(A, B, 1, Does(seat=B, action="out")),
        pays(A, B, 2, Does(seat=B, action="in")),
    )
    settled = pay_contracts(
        RAW, [contract(*clauses)], STEPS, {}, mode=CHEAP_TALK, deposit=5
    )
    assert settled.payoffs == RAW
    assert settled.transfers == ()
    assert {(b.seat, b.broken) for b in settled.breaches} == {
        (A, "payment"),
        (B, "action"),
    }


def halves(held):
    return apportion(sum(held.values()), dict.fromkeys(held, 1.0))


def test_a_rule_divides_rewards_and_contracts_come_on_top():
    deal = contract(pays(A, B, 1))
    settled = pay_contracts(RAW, [deal], STEPS, {}, mode=BINDING, rule_division=halves)
    assert settled.payoffs == {A: 0.0, B: 2.0}
    reasons = [transfer.reason for transfer in settled.transfers]
    assert reasons == ["division", "clause"]


def test_a_rule_refunds_no_deposit():
    broken = contract(pays(A, B, 2, Does(seat=B, action="in")))
    settled = pay_contracts(
        RAW, [broken], STEPS, {}, mode=ESCROW, deposit=3, rule_division=halves
    )
    assert settled.payoffs == {A: 4.0, B: -2.0}


def test_a_signed_division_comes_after_contracts_and_can_be_broken():
    deal = contract(pays(A, B, 1))
    enforced = pay_contracts(
        RAW, [deal], STEPS, {}, mode=CHEAP_TALK, rule_division=halves
    )
    assert enforced.payoffs == {A: 1.0, B: 1.0}
    promised = pay_contracts(
        RAW, [], STEPS, {}, mode=CHEAP_TALK, signed_division=halves
    )
    assert promised.payoffs == RAW
    assert [(b.seat, b.broken) for b in promised.breaches] == [(A, "payment")]
    both = pay_contracts(RAW, [deal], STEPS, {}, mode=BINDING, signed_division=halves)
    assert both.payoffs == {A: 1.0, B: 1.0}


def test_a_loss_divides_too():
    settled = pay_contracts(
        {A: -1.0, B: -4.000001}, [], STEPS, {}, mode=BINDING, rule_division=halves
    )
    assert sum(micro(v) for v in settled.payoffs.values()) == -5_000_001
    assert settled.payoffs == {A: -2.500001, B: -2.5}
    assert settled.residual == 0


seats = st.sampled_from([A, B, C])
conditions = st.one_of(
    st.just(Always()),
    st.builds(
        Does, seat=seats, action=st.sampled_from(["in", "out"]), step=st.integers(0, 3)
    ),
    st.builds(AtLeast, seat=seats, action=st.just("in"), times=st.integers(1, 3)),
    st.builds(Outcome, outcome=st.sampled_from(["won", "lost"]), unless=st.booleans()),
)


@st.composite
def clause(draw):
    payer = draw(seats)
    unit = draw(st.sampled_from(["reward", "share"]))
    return Clause(
        payer=payer,
        payee=draw(seats.filter(lambda seat: seat != payer)),
        price=draw(st.floats(0, 1 if unit == "share" else 1e6)),
        unit=unit,
        condition=draw(conditions),
    )


@ROUNDING
@given(
    clauses=st.lists(clause(), max_size=8),
    raw=st.fixed_dictionaries({seat: st.floats(-1e6, 1e6) for seat in (A, B, C)}),
    mode=st.sampled_from([BINDING, ESCROW, CHEAP_TALK]),
    deposit=st.floats(0, 1e3),
    divided=st.sampled_from(["nowhere", "rule", "signed", "both"]),
    outcomes=st.sets(st.sampled_from(["won", "lost"])),
)
def test_whatever_was_signed_the_ledger_sums_to_zero(
    clauses, raw, mode, deposit, divided, outcomes
):
    def thirds(held):
        return apportion(sum(held.values()), dict.fromkeys(held, 1.0))

    settled = pay_contracts(
        raw,
        [contract(*clauses)],
        STEPS,
        outcomes,
        mode=mode,
        deposit=deposit,
        rule_division=thirds if divided in ("rule", "both") else None,
        signed_division=thirds if divided in ("signed", "both") else None,
    )
    assert settled.residual == 0
    pot = micro(math.fsum(raw.values()))
    assert sum(round(v * MICRO) for v in settled.payoffs.values()) == pot
    for seat, start in micro_amounts(raw).items():
        moved = sum(
            (t.micro if t.payee == seat else -t.micro)
            for t in settled.transfers
            if seat in (t.payer, t.payee)
        )
        assert round(settled.payoffs[seat] * MICRO) == start + moved


def test_a_share_is_of_what_was_earned_from_the_signing_step_on():
    deal = contract(pays(A, B, 0.5, unit="share"), step=1)
    later = (*STEPS, Step(actions={A: "in", B: "in"}, rewards={A: 4.0, B: 0.0}))
    raw = {A: 7.0, B: -1.0}
    settled = pay_contracts(raw, [deal], later, {}, mode=BINDING)
    assert settled.payoffs == {A: 5.0, B: 1.0}
    assert settled.residual == 0


@pytest.mark.parametrize("step", [0, 2])
def test_nobody_breaks_a_promise_of_a_step_that_it_does_not_cover(step):
    promise = pays(A, B, 1.0, Does(seat=B, action="never", step=step))
    settled = pay_contracts(
        RAW, [contract(promise, step=1)], STEPS, {}, mode=ESCROW, deposit=1.0
    )
    assert settled.payoffs == RAW
    assert settled.breaches == ()
