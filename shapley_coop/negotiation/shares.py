"""How large a share of its reward a payer can come to owe at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from shapley_coop.records import Always, AtLeast, Clause, Condition, Does, Seat


def most_owed(clauses: Iterable[Clause]) -> dict[Seat, float]:
    """Return the share of its reward that each payer owes at most, of clauses of one contract.

    Conditions that exclude each other are not added up: a seat takes one action at a step, and
    what is due if something happens is not due unless it happens. Conditions about different
    matters are taken to hold together, so the share may be overstated and never understated.
    """
    matters: dict[Seat, dict[Hashable, list[Clause]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for clause in clauses:
        if clause.unit == "share":
            matters[clause.payer][_matter(clause.condition)].append(clause)
    owed = {}
    for payer, by_matter in matters.items():
        owed[payer] = sum(_most_of_matter(group) for group in by_matter.values())
    return owed


def _matter(condition: Condition) -> Hashable:
    """Return what a condition is about. Conditions about one matter may exclude each other."""
    if isinstance(condition, Does):
        return (condition.when, condition.seat, condition.step)
    if isinstance(condition, AtLeast):
        return (condition.when, condition.seat, condition.action)
    if isinstance(condition, Always):
        return condition.when
    return condition.model_copy(update={"unless": False})


def _most_of_matter(clauses: Sequence[Clause]) -> float:
    """Return the largest sum of shares that can be due of clauses about one matter."""
    # What may come to pass, as far as the clauses tell it apart. None is everything else.
    cases: set[Hashable] = {None}
    for clause in clauses:
        cases.add(_case(clause.condition))
    totals = []
    for case in cases:
        due = [clause.price for clause in clauses if _holds_in(clause.condition, case)]
        totals.append(sum(due))
    return max(totals)


def _case(condition: Condition) -> Hashable:
    """Return what a condition waits for: an action, a number of times, or that it happens."""
    if isinstance(condition, Does):
        return condition.action
    if isinstance(condition, AtLeast):
        return condition.times
    return True


def _holds_in(condition: Condition, case: Hashable) -> bool:
    """Return whether a condition holds in a case of its matter."""
    if isinstance(condition, Always):
        return True
    if isinstance(condition, AtLeast):
        times = case if isinstance(case, int) else 0
        return (times >= condition.times) is not condition.unless
    return (case == _case(condition)) is not condition.unless
