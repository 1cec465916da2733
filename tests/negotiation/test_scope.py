"""What a table takes: clauses about steps that come, and shares within the whole."""

import pytest

from shapley_coop.errors import IllegalMove
from shapley_coop.negotiation.scope import Scope, check_terms
from shapley_coop.negotiation.shares import most_owed
from shapley_coop.records import (
    Always,
    AtLeast,
    Clause,
    Does,
    Keeps,
    Outcome,
    Terms,
)

A, B, C = "a", "b", "c"
SCOPE = Scope(
    phase="task",
    seats=(A, B, C),
    actions=("go", "stay"),
    outcomes=("won",),
    step=2,
    horizon=5,
)


def clause(condition, price=1.0, unit="reward", payer=A, payee=B):
    return Clause(payer=payer, payee=payee, price=price, unit=unit, condition=condition)


def terms(*clauses, plan=None):
    return Terms(clauses=clauses, plan=plan or {})


@pytest.mark.parametrize("step", [2, 3, 4])
def test_steps_that_are_still_to_come_can_be_named(step):
    check_terms(terms(clause(Does(seat=B, action="go", step=step))), SCOPE)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            terms(clause(Does(seat=B, action="go", step=1))),
            "a clause is about step 1; there are steps 2 to 4",
        ),
        (
            terms(clause(Does(seat=B, action="go", step=5))),
            "a clause is about step 5; there are steps 2 to 4",
        ),
        (
            terms(clause(AtLeast(seat=B, action="go", times=4))),
            "an action 4 times; there are steps 2 to 4",
        ),
        (
            terms(clause(Keeps(seat=B)), plan={B: ("go",) * 4}),
            "the plan of b has 4 steps; there are steps 2 to 4",
        ),
        (
            terms(clause(Outcome(outcome="lost"))),
            "unknown outcome 'lost'; known: won",
        ),
    ],
)
def test_what_cannot_come_is_refused_with_what_can(given, told):
    with pytest.raises(IllegalMove, match=told):
        check_terms(given, SCOPE)


def test_in_the_last_step_only_that_one_is_left():
    late = SCOPE._replace(step=4)
    with pytest.raises(IllegalMove, match="step 0; only step 4 is left"):
        check_terms(terms(clause(Does(seat=B, action="go", step=0))), late)


TURNS = SCOPE._replace(
    step=0,
    # Two seats take turns, and the third may do anything at any time.
    schedule=({A: ("go",), B: ("stay",)}, {A: ("stay",), B: ("go", "stay")}),
)


@pytest.mark.parametrize(
    "given",
    [
        terms(clause(Does(seat=B, action="go", step=1))),
        terms(clause(Does(seat=B, action="go", step=3, unless=True))),
        terms(clause(Does(seat=C, action="go", step=2))),
        terms(clause(AtLeast(seat=B, action="go", times=2))),
        terms(clause(AtLeast(seat=A, action="stay", times=2))),
        terms(clause(AtLeast(seat=B, action="stay", times=5))),
        terms(clause(Keeps(seat=B)), plan={B: ("stay", "go", "stay", "stay")}),
    ],
)
def test_what_a_seat_is_offered_at_its_step_can_be_agreed_on(given):
    check_terms(given, TURNS)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            terms(clause(Does(seat=B, action="go", step=2))),
            "b cannot take 'go' at step 2; offered then: stay; 'go' is offered at step 1",
        ),
        (
            terms(clause(Does(seat=A, action="stay", step=4, unless=True))),
            "a cannot take 'stay' at step 4; offered then: go",
        ),
        (
            terms(clause(AtLeast(seat=B, action="go", times=3))),
            "b cannot take 'go' 3 times; it is offered that 2 times in the steps",
        ),
        (
            terms(clause(Keeps(seat=B)), plan={B: ("stay", "go", "go")}),
            "b cannot take 'go' at step 2; offered then: stay",
        ),
        (
            terms(clause(Keeps()), plan={C: ("go",), A: ("fly",)}),
            "unknown action 'fly'; known: go, stay",
        ),
    ],
)
def test_what_no_seat_is_offered_at_a_step_is_refused_with_what_is(given, told):
    with pytest.raises(IllegalMove, match=told):
        check_terms(given, TURNS)


def test_at_a_later_table_steps_are_those_of_the_game():
    later = TURNS._replace(step=3)
    check_terms(terms(clause(Keeps(seat=B)), plan={B: ("go", "stay")}), later)
    with pytest.raises(IllegalMove, match="at step 4; offered then: stay"):
        check_terms(terms(clause(Keeps(seat=B)), plan={B: ("go", "go")}), later)


def test_a_schedule_of_a_long_game_is_counted_without_going_through_it():
    long = TURNS._replace(horizon=10**9)
    times = 5 * 10**8
    check_terms(terms(clause(AtLeast(seat=B, action="go", times=times))), long)
    with pytest.raises(IllegalMove, match="it is offered that 500,000,000 times"):
        check_terms(terms(clause(AtLeast(seat=B, action="go", times=times + 1))), long)


def share(condition, price, payee=B):
    return clause(condition, price, "share", payee=payee)


@pytest.mark.parametrize(
    ("clauses", "owed"),
    [
        ([share(Always(), 0.9), share(Always(), 0.9, C)], 1.8),
        # A seat takes one action at a step.
        ([share(Does(seat=B, action=a, step=2), 0.9) for a in ("go", "stay")], 0.9),
        # At different steps it may take both.
        ([share(Does(seat=B, action="go", step=s), 0.6) for s in (2, 3)], 1.2),
        # Unless it goes, something else is due than if it goes.
        (
            [
                share(Does(seat=B, action="go", step=2, unless=unless), 0.7)
                for unless in (True, False)
            ],
            0.7,
        ),
        # Whoever acts three times has acted twice.
        ([share(AtLeast(seat=B, action="go", times=k), 0.4) for k in (2, 3)], 0.8),
        (
            [
                share(AtLeast(seat=B, action="go", times=3), 0.4),
                share(AtLeast(seat=B, action="go", times=2, unless=True), 0.7),
            ],
            0.7,
        ),
        ([share(Outcome(outcome="won", unless=u), 1.0) for u in (True, False)], 1.0),
        ([clause(Always(), 5.0)], None),
    ],
)
def test_the_largest_share_that_can_be_due_at_once(clauses, owed):
    assert most_owed(clauses).get(A) == (pytest.approx(owed) if owed else None)


def test_shares_above_the_whole_are_refused_those_signed_before_included():
    half = terms(share(Always(), 0.6))
    check_terms(half, SCOPE)
    with pytest.raises(IllegalMove, match="a would owe 120 % of its reward at once"):
        check_terms(half, SCOPE._replace(signed=(half,)))
    # An offer without shares of that payer makes nothing worse.
    check_terms(terms(clause(Always())), SCOPE._replace(signed=(half, half)))
