"""Worth of coalitions whose members can only cooperate along links (Myerson 1977)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from shapley_coop.credit.draws import draws_of
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.interfaces.worth import CoalitionWorth, CountWorth, Worth
from shapley_coop.records import Coalition, Seat
from shapley_coop.shapley.arrays import Bools, Floats

Link = tuple[Seat, Seat]


def communicating(
    worth: Worth, seats: Sequence[Seat], links: Sequence[Link]
) -> CoalitionWorth:
    """Return the worth of coalitions whose members work together only where links connect them.

    v(S) is the sum of v over the connected parts of S (Myerson, 1977). Its Shapley value is the
    Myerson value.

    Args:
        worth: v(S) where everybody can work together.
        seats: the seats, in the order of the worth.
        links: unordered pairs of seats that can work together.
    """
    # Links are between seats, so seats of one kind can no longer be counted together.
    full = expand_counts(worth, seats) if isinstance(worth, CountWorth) else worth
    near = _neighbours(seats, links)

    def parts_of(row: Bools) -> Bools:
        """Return a row for each connected part of the coalition of a row."""
        coalition = frozenset(
            seat for seat, is_in in zip(seats, row, strict=True) if is_in
        )
        # Nobody has no parts, yet v(∅) need not be 0.
        parts = split_by_links(coalition, near, seats) or [set()]
        matrix = np.zeros((len(parts), len(seats)), dtype=bool)
        for number, part in enumerate(parts):
            matrix[number] = [seat in part for seat in seats]
        return matrix

    def values(matrix: Bools) -> Floats:
        return np.array([full.values(parts_of(row)).sum() for row in matrix])

    def draws(matrix: Bools) -> Floats:
        by_row = [draws_of(full, parts_of(row)).sum(axis=0) for row in matrix]
        count = max((len(row) for row in by_row), default=0)
        table = np.zeros((len(matrix), count))
        for number, (row, drawn) in enumerate(zip(matrix, by_row, strict=True)):
            # Some coalitions may hold no chance, unlike others.
            table[number] = drawn if len(drawn) else full.values(parts_of(row)).sum()
        return table

    # Where replays are affordable without links, they are with links. No formula tells the parts.
    return replace(
        full, values=values, draws=draws, plays=None, formula=False, shapley=None
    )


def _neighbours(seats: Sequence[Seat], links: Sequence[Link]) -> dict[Seat, set[Seat]]:
    near: dict[Seat, set[Seat]] = {seat: set() for seat in seats}
    for one, other in links:
        near[one].add(other)
        near[other].add(one)
    return near


def split_by_links(
    coalition: Coalition, near: Mapping[Seat, set[Seat]], seats: Sequence[Seat]
) -> list[set[Seat]]:
    """Return the parts of a coalition that links inside it connect, in the order of seats.

    Args:
        coalition: the members.
        near: whom each seat is linked to, inside or outside of the coalition.
        seats: all seats, in their order.
    """
    parts: list[set[Seat]] = []
    left = set(coalition)
    while left:
        part: set[Seat] = set()
        # Parts begin at their first seat, so that equal coalitions are cut in the same order.
        first = next(seat for seat in seats if seat in left)
        edge = {first}
        # The edge moves outwards until no member that is left is linked to it.
        while edge:
            part |= edge
            neighbours: set[Seat] = set()
            for seat in edge:
                neighbours |= near[seat]
            # A link counts only if both of its seats are members.
            edge = (neighbours & left) - part
        left -= part
        parts.append(part)
    return parts
