"""What terms may say at a table: who and what can be named there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from shapley_coop.errors import IllegalMove
from shapley_coop.records import AtLeast, Does, Outcome, Phase, Seat, Terms

MAX_CLAUSES = 1_000_000
"""Clauses that an offer can hold, far above what any seat can mean."""


class Scope(NamedTuple):
    """What terms at a table can be about."""

    phase: Phase
    """A task table takes clauses, a split table takes shares of the pot."""
    seats: Sequence[Seat]
    actions: Collection[str]
    outcomes: Collection[str]


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
    for seats in (terms.plan, *(clause.seats for clause in terms.clauses)):
        _check_seats(seats, scope)
    for line in terms.plan.values():
        for action in line:
            _check_action(action, scope)
    for clause in terms.clauses:
        condition = clause.condition
        if isinstance(condition, Does | AtLeast):
            _check_action(condition.action, scope)
        if isinstance(condition, Outcome) and condition.outcome not in scope.outcomes:
            raise IllegalMove(
                f"unknown outcome {condition.outcome!r}; "
                f"known: {', '.join(sorted(scope.outcomes))}"
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
