"""What a seat sees of a table as plain values, whoever drives the table."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import NamedTuple

from shapley_coop.interfaces.agent import View
from shapley_coop.negotiation.scope import Scope, scope_of_view
from shapley_coop.negotiation.table import Table
from shapley_coop.records import Halt, MoveKind, Offer, Seat


class TableSight(NamedTuple):
    """A table at one moment, as one of its seats sees it."""

    seat: Seat
    legal: tuple[MoveKind, ...]
    has_turn: bool
    round: int
    rounds: int
    scope: Scope
    """What a contract can be about."""
    standing: Offer | None
    signed: AbstractSet[Seat]
    halted: AbstractSet[Seat]
    """The seats that have left the table."""


def sight_of_table(table: Table, seat: Seat) -> TableSight:
    """Return what a seat sees of a table that an environment drives."""
    return TableSight(
        seat=seat,
        legal=table.legal(seat),
        has_turn=seat in table.turn(),
        round=table.rounds_used,
        rounds=table.settings.rounds,
        scope=table.scope,
        standing=table.standing,
        signed=table.signed,
        halted=table.halted,
    )


def sight_of_view(view: View) -> TableSight | None:
    """Return what an agent sees of the table that it is asked at, or None in play."""
    table = view.table
    if table is None:
        return None
    halted = {said.seat for said in table.history if isinstance(said.move, Halt)}
    return TableSight(
        seat=view.seat,
        legal=table.legal,
        # Only seats whose turn it is are asked.
        has_turn=True,
        round=table.round,
        rounds=table.rounds,
        scope=scope_of_view(view, table),
        standing=table.standing,
        signed=frozenset(table.signed),
        halted=halted,
    )
