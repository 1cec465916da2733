"""An escape room in typed statements: where each seat stands, and whether the door is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapley_coop.records.statements import Domain, Statement, StatementKind

PLACES = ("lever", "start", "door")


def room_kinds(seats: Sequence[str]) -> tuple[StatementKind, ...]:
    """Return the kinds of statement about a room."""
    place: dict[str, Domain] = {"player": tuple(seats), "at": PLACES}
    about = "where a player stands, at start before it first moves"
    return (
        StatementKind("place", about, place, most=len(seats)),
        StatementKind("door", "whether the door is open", {"open": bool}),
    )


def room_statements(
    places: Mapping[str, Sequence[str]], *, is_open: bool
) -> tuple[Statement, ...]:
    """Return who stands where, and the door."""
    statements = []
    for place in PLACES:
        fields = [{"player": seat, "at": place} for seat in places[place]]
        statements += [Statement("place", one) for one in fields]
    return (*statements, Statement("door", {"open": is_open}))
