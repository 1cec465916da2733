"""Deals as JSON states them: payoffs, a goal and clauses, checked without reading any file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from shapley_coop.errors import IllegalMove, InputError, unknown
from shapley_coop.negotiation.lint.normal_form import (
    GOAL,
    MOST_PLAYS,
    NormalForm,
    of_table,
)
from shapley_coop.negotiation.scope import Scope, check_names
from shapley_coop.records import Seat, Terms
from shapley_coop.records.words import clean, count_text, faults_text, names, word_list

KEYS = ("players", "actions", "payoffs", "goal", "clauses", "plan")
"""What a deal may state."""
TERMS = ("clauses", "plan", "shares")
"""What terms may hold. A run folder writes all of it."""
MOST_PAYOFF = 1e14
"""The largest payoff, beyond which cents are lost."""
LEAST_PAYOFF = 1e-30
"""The smallest payoff that is not 0."""
MOST_SHOWN = 60
"""Characters of a value that errors repeat."""
MOST_PLAYERS = 31
"""Players of a deal, since older versions of numpy have no arrays of more than 32 axes."""


class StatedDeal(NamedTuple):
    """What is to be judged."""

    form: NormalForm
    """The game and what its players are to do."""
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
    terms = Terms()
    if "clauses" in data or "plan" in data:
        terms = terms_of({"clauses": [], **data}, table_scope(form))
    return StatedDeal(form, terms)


def terms_of(data: Any, scope: Scope) -> Terms:
    """Return the terms in a list of clauses, in an object that holds them, or in a contract.

    Args:
        data: what JSON holds.
        scope: what the game has to be named.

    Raises:
        InputError: a clause is none, or speaks of what the game does not have.
    """
    said: Any = data
    if isinstance(data, list):
        said = {"clauses": data}
    # A contract of a run folder holds its terms in the offer that was signed.
    elif isinstance(data, Mapping) and isinstance(data.get("offer"), Mapping):
        said = data["offer"].get("terms")
    if not isinstance(said, Mapping):
        raise InputError("clauses are a list, or an object with clauses and plan")
    # A slip in this name would leave a deal in which nothing is signed.
    if "clauses" not in said:
        raise InputError(f"clauses are missing in {json_text(said)}")
    for name in said:
        if name not in TERMS and name not in KEYS:
            raise InputError(unknown("part of clauses", clean(str(name), 80), TERMS))
    if said.get("shares") is not None:
        raise InputError(
            "shares of a pot are divided after play, and lint judges clauses alone; leave them out"
        )
    # Null is how some programs leave something out.
    clauses, plan = said["clauses"], said.get("plan")
    if not isinstance(clauses, list | None):
        raise InputError(f"clauses are a list, got {json_text(clauses)}")
    if not isinstance(plan, Mapping | None):
        raise InputError(f"plan is a list of actions by player, got {json_text(plan)}")
    kept = {"clauses": clauses or [], "plan": plan or {}}
    try:
        terms = Terms.model_validate(kept)
    except ValidationError as error:
        raise InputError(f"clauses cannot be read: {faults_text(error)}") from error
    # What the game does not have would never be due or never be paid.
    try:
        check_names(terms, scope)
    except IllegalMove as error:
        raise InputError(f"clauses: {error}") from error
    return terms


def table_scope(form: NormalForm) -> Scope:
    """Return what terms may name in a game of one step that is given by its payoffs."""
    actions: dict[str, None] = {}
    offered = {}
    for seat, plans in zip(form.seats, form.plans, strict=True):
        offered[seat] = tuple(action for (action,) in plans)
        actions.update(dict.fromkeys(offered[seat]))
    return Scope(
        phase="task",
        seats=form.seats,
        actions=tuple(actions),
        outcomes=(GOAL,),
        step=0,
        horizon=1,
        schedule=(offered,),
    )


def _names(value: Any, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise InputError(f"{what} is a list of names, got {json_text(value)}")
    for name in value:
        # One half of a character can stand in no file, and blanks on no line.
        if not isinstance(name, str) or not clean(name, 80) or _has_halves(name):
            raise InputError(f"{what} holds {json_text(name)}, which is no name")
    if len(set(value)) < len(value):
        raise InputError(f"{what} names one thing twice: {json_text(value)}")
    return tuple(value)


def _has_halves(name: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in name)


def _by_player(value: Any, what: str, players: Sequence[Seat]) -> list[Any]:
    """Return what a list or an object holds for each player, in their order."""
    if isinstance(value, Mapping):
        # A name too many is most often a slip in a name that is then missing.
        for name in value:
            if name not in players:
                said = unknown(f"player in {what}", clean(str(name), 80), players)
                raise InputError(said)
        missing = [seat for seat in players if seat not in value]
        if missing:
            raise InputError(
                f"{what} has nothing for {word_list(missing)}; name every player once"
            )
        return [value[seat] for seat in players]
    if not isinstance(value, list):
        raise InputError(
            f"{what} is a list in the order of players, or an object by player; got "
            f"{json_text(value)}"
        )
    if len(value) != len(players):
        raise InputError(
            f"{what} has {len(value)} for {len(players)} players; give one each"
        )
    return value


def _actions(value: Any, players: Sequence[Seat]) -> list[tuple[str, ...]]:
    rows = isinstance(value, list) and value and isinstance(value[0], list)
    if not rows and not isinstance(value, Mapping):
        return [_names(value, "actions")] * len(players)
    own = _by_player(value, "actions", players)
    pairs = zip(own, players, strict=True)
    return [_names(names, f"actions of {seat}") for names, seat in pairs]


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
                f"of player {depth}; got {json_text(node)}"
            )
        node = node[number]
    if not isinstance(node, list) or len(node) != len(counts):
        raise InputError(
            f"payoffs{list(cell)} is to hold {len(counts)} numbers, one a player; got "
            f"{json_text(node)}"
        )
    return [_reward(reward, cell, len(counts)) for reward in node]


def _reward(value: Any, cell: Sequence[int], players: int) -> float:
    # Python counts True as the number 1.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # A whole number of JSON may be too large to be a float at all.
    if not is_number or (isinstance(value, float) and math.isnan(value)):
        raise InputError(
            f"payoffs{list(cell)} is to hold {players} numbers, one a player; it has "
            f"{json_text(value)}"
        )
    if abs(value) > MOST_PAYOFF or 0 < abs(value) < LEAST_PAYOFF:
        raise InputError(
            f"payoffs{list(cell)} has {json_text(value)}; payoffs are 0 or between "
            f"{LEAST_PAYOFF:g} and {MOST_PAYOFF:g} in size, so count in another unit"
        )
    return float(value)


def _goal(
    value: Any, players: Sequence[Seat], actions: Sequence[Sequence[str]]
) -> dict[Seat, str]:
    chosen = _by_player(value, "goal", players)
    goal = {}
    for seat, action, own in zip(players, chosen, actions, strict=True):
        if action not in own:
            raise InputError(
                f"goal has {json_text(action)} for {clean(seat, 80)}, which can do "
                f"{names(own, noun='action')}; name one of these"
            )
        goal[seat] = action
    return goal


def json_text(value: Any) -> str:
    """Return a value as JSON writes it where that is short, or what kind of value it is."""
    # Long numbers and texts are never written out first.
    if isinstance(value, int) and abs(value) >= 10**MOST_SHOWN:
        return f"a number of more than {MOST_SHOWN} digits"
    if isinstance(value, list):
        kind = f"a list of {len(value):,}"
    elif isinstance(value, Mapping):
        kind = f"an object of {count_text(len(value), 'name')}"
    else:
        return json.dumps(clean(value, MOST_SHOWN) if isinstance(value, str) else value)
    is_flat = all(isinstance(part, str | int | float | None) for part in value)
    if isinstance(value, list) and len(value) <= MOST_SHOWN and is_flat:
        parts = ", ".join(json_text(part) for part in value)
        if len(parts) <= MOST_SHOWN:
            return f"[{parts}]"
    return kind
