"""What terms may say at a table: who and what can be named there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.agent import TableView, View
from shapley_coop.interfaces.deals.schedule import (
    Schedule,
    actions_at,
    steps_with,
)
from shapley_coop.interfaces.game import Game
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
    schedule: Schedule = ()
    """Which actions seats may be offered at which step."""
    signed: Sequence[Terms] = ()
    """What was signed at earlier tables."""

    @property
    def ahead(self) -> range:
        """The steps that may still be played."""
        return range(self.step, self.horizon)


def scope_of_game(
    game: Game, seats: Sequence[Seat], phase: Phase = "task", step: int = 0
) -> Scope:
    """Return what terms can be about in a game.

    Args:
        game: the game.
        seats: who sits at the table.
        phase: whether the task is priced or the pot divided.
        step: the step that is played next.
    """
    return Scope(
        phase=phase,
        seats=tuple(seats),
        actions=game.actions,
        outcomes=tuple(sorted(game.possible_outcomes())),
        step=step,
        horizon=game.horizon,
        schedule=game.schedule,
    )


def scope_of_view(view: View, table: TableView) -> Scope:
    """Return what terms can be about that a seat says at a table.

    Args:
        view: of the seat.
        table: at which it speaks.
    """
    return Scope(
        phase=table.phase,
        seats=view.seats,
        actions=table.actions,
        outcomes=table.outcomes,
        step=view.step,
        horizon=table.horizon,
        schedule=table.schedule,
        signed=view.promises,
    )


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
        for step, action in enumerate(line, scope.step):
            check_deed(seat, action, step, scope)
    for clause in terms.clauses:
        _check_condition(clause.condition, scope)


def check_deed(seat: Seat, action: str, step: int, scope: Scope) -> None:
    """Refuse an action that a seat cannot take at a step.

    Raises:
        IllegalMove: says what the seat is offered then.
    """
    _check_action(action, scope)
    offered = actions_at(scope.schedule, scope.actions, seat, step)
    if action not in offered:
        raise IllegalMove(
            f"{seat} cannot take {action!r} at step {step}; offered then: "
            f"{', '.join(offered)}{_offered_later(seat, action, scope)}"
        )


def _offered_later(seat: Seat, action: str, scope: Scope) -> str:
    """Return in words the next step at which a seat may be offered an action, if there is one."""
    for step in scope.ahead[: len(scope.schedule)]:
        if action in actions_at(scope.schedule, scope.actions, seat, step):
            return f"; {action!r} is offered at step {step}"
    return ""


def _check_condition(condition: Condition, scope: Scope) -> None:
    if isinstance(condition, Does):
        if condition.step not in scope.ahead:
            raise IllegalMove(
                f"a clause is about step {condition.step}; {_steps_left(scope)}"
            )
        check_deed(condition.seat, condition.action, condition.step, scope)
    if isinstance(condition, AtLeast):
        _check_times(condition, scope)
    if isinstance(condition, Outcome) and condition.outcome not in scope.outcomes:
        known = ", ".join(sorted(scope.outcomes)) or "none in this game"
        raise IllegalMove(f"unknown outcome {condition.outcome!r}; known: {known}")


def _check_times(promise: AtLeast, scope: Scope) -> None:
    seat, action, times = promise.seat, promise.action, promise.times
    _check_action(action, scope)
    if times > len(scope.ahead):
        raise IllegalMove(
            f"a clause asks for an action {times} times; {_steps_left(scope)}"
        )
    count = steps_with(scope.schedule, seat, action, scope.ahead)
    if count < times:
        raise IllegalMove(
            f"{seat} cannot take {action!r} {count_text(times, 'time')}; it is offered that "
            f"{count_text(count, 'time')} in the steps that are left"
        )


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
