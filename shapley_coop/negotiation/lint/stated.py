"""Deals as JSON states them: payoffs, a goal and clauses, checked without reading any file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from shapley_coop.errors import IllegalMove, InputError, unknown, value_text
from shapley_coop.negotiation.lint.normal_form import (
    MOST_PLAYS,
    NormalForm,
    Profile,
    of_table,
)
from shapley_coop.negotiation.scope import Scope, check_names
from shapley_coop.records import Seat, Terms
from shapley_coop.records.words import clean

KEYS = ("players", "actions", "payoffs", "goal", "clauses", "plan")
"""What a deal may state."""
MOST_PLAYERS = 31
"""Players of a deal, since older versions of numpy have no arrays of more than 32 axes."""


class StatedDeal(NamedTuple):
    """What is to be judged."""

    form: NormalForm
    goal: Profile
    terms: Terms


def deal_of(data: Any, what: str = "the deal") -> StatedDeal:
    """Return the deal in an object with `players`, `actions`, `payoffs`, `goal` and `clauses`.

    `players` is a list of names. `actions` is one list of names for all, or a list of such lists,
    or one by player. `payoffs` is nested by player, the first outermost, and ends in one number a
    player. `goal` is one action a player, as a list or by player. `clauses` may be left out.

    Args:
        data: what JSON holds.
        what: what errors call it.

    Raises:
        InputError: it states no deal, with what is missing or wrong.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"{what} holds no object with players and payoffs")
    # A slip in a name, as in "clause", would judge another deal than was meant.
    for key in data:
        if key not in KEYS:
            raise InputError(unknown(f"part of {what}", clean(str(key), 80), KEYS))
    missing = [
        key for key in ("players", "actions", "payoffs", "goal") if key not in data
    ]
    if missing:
        raise InputError(
            f"{what} has no {', '.join(missing)}; it needs players, actions, payoffs and goal"
        )
    players = _names(data["players"], "players")
    if len(players) < 2:
        raise InputError(f"a deal needs two players or more, got {len(players)}")
    if len(players) > MOST_PLAYERS:
        raise InputError(
            f"a deal takes at most {MOST_PLAYERS} players, got {len(players):,}"
        )
    actions = _actions(data["actions"], players)
    payoffs = _payoffs(data["payoffs"], [len(own) for own in actions])
    goal = _goal(data["goal"], players, actions)
    form = of_table(players, actions, payoffs, goal)
    terms = terms_of(data, form) if "clauses" in data else Terms()
    return StatedDeal(form, form.profile_of({p: (goal[p],) for p in players}), terms)


def terms_of(data: Any, form: NormalForm) -> Terms:
    """Return the terms in a list of clauses, or in an object that holds them.

    Raises:
        InputError: a clause is none, or speaks of what the game does not have.
    """
    said = {"clauses": data} if isinstance(data, list) else data
    if not isinstance(said, Mapping):
        raise InputError("clauses are a list, or an object with clauses and plan")
    # A slip in this name would leave a deal in which nothing is signed.
    if "clauses" not in said:
        raise InputError(f"clauses are missing in {value_text(dict(said))}")
    # Null is how some programs leave something out.
    clauses, plan = said["clauses"], said.get("plan")
    if not isinstance(clauses, list | None):
        raise InputError(f"clauses are a list, got {value_text(clauses)}")
    if not isinstance(plan, Mapping | None):
        raise InputError(f"plan is a list of actions by player, got {value_text(plan)}")
    kept = {"clauses": clauses or [], "plan": plan or {}}
    try:
        terms = Terms.model_validate(kept)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{place or 'clauses'}: {first['msg']}") from error
    _check_scope(terms, form)
    return terms


def _check_scope(terms: Terms, form: NormalForm) -> None:
    """Refuse what would never be due or never be paid, since the game does not have it."""
    actions: set[str] = set()
    outcomes: set[str] = set()
    for lines in form.plans:
        actions.update(action for line in lines for action in line)
    for play in form.plays:
        outcomes.update(play.outcomes)
    scope = Scope(
        phase="task",
        seats=form.seats,
        actions=tuple(actions),
        outcomes=tuple(outcomes),
        step=0,
        horizon=len(form.plans[0][0]),
    )
    try:
        check_names(terms, scope)
    except IllegalMove as error:
        raise InputError(f"clauses: {error}") from error


def _names(value: Any, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise InputError(f"{what} is a list of names, got {value_text(value)}")
    for name in value:
        if not isinstance(name, str) or not name:
            raise InputError(f"{what} holds {value_text(name)}, which is no name")
    if len(set(value)) < len(value):
        raise InputError(f"{what} names one thing twice: {value_text(value)}")
    return tuple(value)


def _actions(value: Any, players: Sequence[Seat]) -> list[tuple[str, ...]]:
    if isinstance(value, Mapping):
        return [_names(value.get(seat), f"actions of {seat}") for seat in players]
    if isinstance(value, list) and value and isinstance(value[0], list):
        if len(value) != len(players):
            raise InputError(
                f"actions has {len(value)} lists for {len(players)} players; give one each"
            )
        rows = zip(value, players, strict=True)
        return [_names(own, f"actions of {seat}") for own, seat in rows]
    return [_names(value, "actions")] * len(players)


def _payoffs(value: Any, counts: Sequence[int]) -> NDArray[np.float64]:
    if prod(counts) > MOST_PLAYS:
        raise InputError(
            f"payoffs has {prod(counts):,} cells, and at most {MOST_PLAYS:,} are compared"
        )
    table = np.zeros((*counts, len(counts)))
    for cell in product(*map(range, counts)):
        table[cell] = _rewards(value, cell, counts)
    return table


def _rewards(value: Any, cell: Sequence[int], counts: Sequence[int]) -> list[float]:
    """Return the rewards of one cell of nested lists."""
    node = value
    for depth, number in enumerate(cell):
        if not isinstance(node, list) or len(node) != counts[depth]:
            place = list(cell[:depth])
            raise InputError(
                f"payoffs{place or ''} is to be a list of {counts[depth]}, one for each action "
                f"of player {depth}; got {value_text(node)}"
            )
        node = node[number]
    numbers = isinstance(node, list) and len(node) == len(counts)
    if not numbers or not all(_is_finite(reward) for reward in node):
        raise InputError(
            f"payoffs{list(cell)} is to hold {len(counts)} numbers, one a player; got "
            f"{value_text(node)}"
        )
    return [float(reward) for reward in node]


def _is_finite(value: Any) -> bool:
    # Python counts True as the number 1, and a payoff that large leaves no room for cents.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= 1e9


def _goal(
    value: Any, players: Sequence[Seat], actions: Sequence[Sequence[str]]
) -> dict[Seat, str]:
    chosen = value
    if isinstance(value, Mapping):
        chosen = [value.get(seat) for seat in players]
    if not isinstance(chosen, list) or len(chosen) != len(players):
        raise InputError(f"goal is one action a player, got {value_text(value)}")
    goal = {}
    for seat, action, own in zip(players, chosen, actions, strict=True):
        if action not in own:
            raise InputError(
                f"goal has {seat} do {value_text(action)}; it can do {', '.join(own)}"
            )
        goal[seat] = action
    return goal
