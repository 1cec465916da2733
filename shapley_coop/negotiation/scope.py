"""What terms may say at a table: who and what can be named there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from shapley_coop.errors import IllegalMove
from shapley_coop.negotiation.shares import most_owed
from shapley_coop.records import (
    AtLeast,
    Condition,
    Does,
    Outcome,
    Phase,
    Seat,
    Terms,
)
from shapley_coop.records.terms import SHARE_ROUNDING
from shapley_coop.records.words import count_text, percent

MAX_CLAUSES = 1_000_000
"""Clauses that an offer can hold, far above what any seat can mean."""


class Scope(NamedTuple):
    """What terms at a table can be about."""

    phase: Phase
    """A task table takes clauses, a split table takes shares of the pot."""
    seats: Sequence[Seat]
    actions: tuple[str, ...]
    outcomes: tuple[str, ...]
    step: int
    """The step that is played next, which is the first that terms can say something of."""
    horizon: int
    """The most steps that the game has."""
    signed: Sequence[Terms] = ()
    """What was signed at earlier tables."""

    @property
    def ahead(self) -> range:
        """The steps that may still be played."""
        return range(self.step, self.horizon)


def check_terms(terms: Terms, scope: Scope) -> None:
    """Refuse terms that a table cannot take.

    Raises:
        IllegalMove: says what the terms name and what there is to be named.
    """
    if scope.phase == "split":
        _check_division(terms, scope)
        return
    if terms.shares is not None or not 0 < len(terms.clauses) <= MAX_CLAUSES:
        raise IllegalMove(
            f"a task table takes 1 to {MAX_CLAUSES} clauses and no shares"
        )
    check_names(terms, scope)
    _check_shares(terms, scope)


def check_names(terms: Terms, scope: Scope) -> None:
    """Refuse clauses and plans that name what the game does not have.

    Raises:
        IllegalMove: says what the terms name and what there is to be named.
    """
    for seats in (terms.plan, *(clause.seats for clause in terms.clauses)):
        _check_seats(seats, scope)
    for seat, line in terms.plan.items():
        if len(line) > len(scope.ahead):
            raise IllegalMove(
                f"the plan of {seat} has {count_text(len(line), 'step')}; "
                f"{_steps_left(scope)}"
            )
        for action in line:
            _check_action(action, scope)
    for clause in terms.clauses:
        _check_condition(clause.condition, scope)


def _check_condition(condition: Condition, scope: Scope) -> None:
    if isinstance(condition, Does | AtLeast):
        _check_action(condition.action, scope)
    if isinstance(condition, Does) and condition.step not in scope.ahead:
        raise IllegalMove(
            f"a clause is about step {condition.step}; {_steps_left(scope)}"
        )
    if isinstance(condition, AtLeast) and condition.times > len(scope.ahead):
        raise IllegalMove(
            f"a clause asks for an action {condition.times} times; {_steps_left(scope)}"
        )
    if isinstance(condition, Outcome) and condition.outcome not in scope.outcomes:
        known = ", ".join(sorted(scope.outcomes)) or "none in this game"
        raise IllegalMove(f"unknown outcome {condition.outcome!r}; known: {known}")


def _steps_left(scope: Scope) -> str:
    """Return in words which steps there still are."""
    if len(scope.ahead) == 1:
        return f"only step {scope.step} is left"
    return f"there are steps {scope.step} to {scope.horizon - 1}"


def _check_shares(terms: Terms, scope: Scope) -> None:
    """Refuse shares that leave a payer owing more than it earns."""
    totals: Counter[Seat] = Counter()
    for each in (*scope.signed, terms):
        totals.update(most_owed(each.clauses))
    for clause in terms.clauses:
        total = totals[clause.payer]
        if clause.unit == "share" and total > 1 + SHARE_ROUNDING:
            raise IllegalMove(
                f"{clause.payer} would owe {percent(total)} of its reward at once; "
                "all shares that can be due together, those signed before included, are at most "
                "100 %"
            )


def _check_division(terms: Terms, scope: Scope) -> None:
    if terms.clauses or terms.shares is None:
        raise IllegalMove("a split table takes shares of the pot, one for each seat")
    if set(terms.shares) != set(scope.seats):
        raise IllegalMove(
            f"shares name {sorted(terms.shares)}, the table seats {list(scope.seats)}"
        )


def _check_seats(seats: Collection[Seat], scope: Scope) -> None:
    if not set(seats) <= set(scope.seats):
        raise IllegalMove(
            f"unknown seat in {sorted(seats)}; at this table: {', '.join(scope.seats)}"
        )


def _check_action(action: str, scope: Scope) -> None:
    if action not in scope.actions:
        raise IllegalMove(
            f"unknown action {action!r}; known: {', '.join(sorted(scope.actions))}"
        )
