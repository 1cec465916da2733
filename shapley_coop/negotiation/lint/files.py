"""Deals to judge, read from JSON files: payoffs, a goal, and clauses as run folders keep them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from shapley_coop.errors import InputError, value_text
from shapley_coop.negotiation.lint.normal_form import (
    MOST_PLAYS,
    NormalForm,
    Profile,
    of_table,
)
from shapley_coop.records import Seat, Terms
from shapley_coop.records.words import clean

MOST_BYTES = 50_000_000
"""Size up to which a file is read."""


class StatedDeal(NamedTuple):
    """What is to be judged."""

    form: NormalForm
    goal: Profile
    terms: Terms


def read_deal(path: Path) -> StatedDeal:
    """Return the deal in a file with `players`, `actions`, `payoffs`, `goal` and `clauses`.

    `players` is a list of names. `actions` is one list of names for all, or a list of such lists,
    or one by player. `payoffs` is nested by player, the first outermost, and ends in one number a
    player. `goal` is one action a player, as a list or by player. `clauses` may be left out.

    Raises:
        InputError: the file cannot be read, with what is missing or wrong.
    """
    data = read_json(path)
    if not isinstance(data, Mapping):
        raise InputError(f"{_name(path)} holds no object with players and payoffs")
    missing = [
        key for key in ("players", "actions", "payoffs", "goal") if key not in data
    ]
    if missing:
        raise InputError(
            f"{_name(path)} has no {', '.join(missing)}; it needs players, actions, payoffs "
            "and goal"
        )
    players = _names(data["players"], "players")
    if len(players) < 2:
        raise InputError(f"a deal needs two players or more, got {len(players)}")
    actions = _actions(data["actions"], players)
    payoffs = _payoffs(data["payoffs"], [len(own) for own in actions])
    goal = _goal(data["goal"], players, actions)
    form = of_table(players, actions, payoffs, goal)
    terms = read_terms(data, form)
    return StatedDeal(form, form.profile_of({p: (goal[p],) for p in players}), terms)


def read_terms(data: Any, form: NormalForm) -> Terms:
    """Return the terms in a file's data: a list of clauses, or an object that holds them.

    Raises:
        InputError: a clause is none, or speaks of seats that the game does not have.
    """
    said = {"clauses": data} if isinstance(data, list) else data
    if not isinstance(said, Mapping):
        raise InputError("clauses are a list, or an object with clauses and plan")
    kept = {key: said[key] for key in ("clauses", "plan") if said.get(key)}
    try:
        terms = Terms.model_validate(kept)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{place or 'clauses'}: {first['msg']}") from error
    # A clause about somebody else would never be due, or never be paid.
    strangers = sorted(terms.seats - set(form.seats))
    if strangers:
        raise InputError(
            f"a clause speaks of {value_text(strangers)}; the players are {', '.join(form.seats)}"
        )
    return terms


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        InputError: it is missing, too large or no JSON.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{_name(path)} is larger than {MOST_BYTES:,} bytes")
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"there is no file {_name(path)}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{_name(path)} is no JSON: {error}") from error


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


def _name(path: Path) -> str:
    return repr(clean(str(path), 200))
