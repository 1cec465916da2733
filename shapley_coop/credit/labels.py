"""Names of coalitions in files and prompts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shapley_coop.records import Seat

NOBODY = "nobody"
EVERYONE = "everyone"


def label(coalition: Collection[Seat], seats: Sequence[Seat]) -> str:
    """Return the one name of a coalition.

    It is `nobody`, `everyone`, `everyone but a`, or the members like `a+b`.
    """
    inside = frozenset(coalition)
    members = [seat for seat in seats if seat in inside]
    if not members:
        return NOBODY
    absent = [seat for seat in seats if seat not in inside]
    if not absent:
        return EVERYONE
    # Of two seats, all but one is one seat, whose own name says more.
    if len(absent) == 1 and len(seats) > 2:
        return f"{EVERYONE} but {absent[0]}"
    return "+".join(members)


def count_label(counts: Sequence[int], kinds: Sequence[Sequence[Seat]]) -> str:
    """Return the name of a number of seats of each kind, such as `2 like a + 1 like d`.

    A kind goes by its first seat, since a game does not name its kinds.
    """
    parts = []
    for number, group in zip(counts, kinds, strict=True):
        if number:
            parts.append(f"{number} like {group[0]}")
    return " + ".join(parts) or NOBODY
