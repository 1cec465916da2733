"""Names of coalitions in files and prompts."""

from __future__ import annotations

from collections.abc import Sequence

from shapley_coop.records import Seat


def label(coalition: Sequence[Seat] | frozenset[Seat], seats: Sequence[Seat]) -> str:
    """Return the one name of a coalition: `nobody`, `everyone`, `everyone but a`, or `a+b`."""
    inside = frozenset(coalition)
    members = [seat for seat in seats if seat in inside]
    if not members:
        return "nobody"
    if len(members) == len(seats):
        return "everyone"
    if len(members) == len(seats) - 1 and len(seats) > 2:
        (absent,) = set(seats) - set(members)
        return f"everyone but {absent}"
    return "+".join(members)
