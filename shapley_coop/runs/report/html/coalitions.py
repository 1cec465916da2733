"""What coalition values look like: the lattice, the core triangle, contributions by size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from shapley_coop.credit.labels import label as label_of
from shapley_coop.records import Coalition, Credit, Seat
from shapley_coop.records.words import clean, number
from shapley_coop.shapley.coalitions import named_coalitions

MOST_LATTICE = 5
"""Seats up to which every coalition has room in one picture."""

Row = dict[str, Any]


def values_by_coalition(
    credit: Credit, seats: Sequence[Seat]
) -> dict[Coalition, float] | None:
    """Return v(S) of every coalition, or None if they were not all listed."""
    listed = credit.coalitions
    if listed is None or len(listed) != 1 << len(seats):
        return None
    by_label = {
        label_of(coalition, seats): coalition for coalition in named_coalitions(seats)
    }
    # Files come from anywhere, and one may list other coalitions.
    if set(by_label) != set(listed):
        return None
    return {by_label[name]: value for name, value in listed.items()}


def lattice(
    seats: Sequence[Seat], values: Mapping[Coalition, float]
) -> tuple[list[Row], list[Row]]:
    """Return the coalitions as points by their size, and a line for each seat that joins one."""
    by_size: dict[int, list[Coalition]] = {}
    for coalition in sorted(values, key=lambda c: [seat not in c for seat in seats]):
        by_size.setdefault(len(coalition), []).append(coalition)
    place: dict[Coalition, tuple[float, float]] = {}
    for size, row in by_size.items():
        for number_in_row, coalition in enumerate(row):
            place[coalition] = (float(size), number_in_row - (len(row) - 1) / 2)
    nodes = []
    for coalition, (x, y) in place.items():
        label = f"{short_name(coalition, seats)}\n{number(values[coalition])}"
        nodes.append({"x": x, "y": y, "label": label, "kind": "coalition"})
    links = []
    for coalition, (x, y) in place.items():
        for seat in seats:
            if seat not in coalition:
                x2, y2 = place[coalition | {seat}]
                links.append({"x": x, "y": y, "x2": x2, "y2": y2})
    return nodes, links


def short_name(coalition: Coalition, seats: Sequence[Seat]) -> str:
    """Return a coalition as the numbers of its seats, such as `{0, 2}`."""
    places = [str(i) for i, seat in enumerate(seats) if seat in coalition]
    return "{" + ", ".join(places) + "}"


def contributions_by_size(
    seats: Sequence[Seat], values: Mapping[Coalition, float]
) -> list[Row]:
    """Return the mean that each seat adds to coalitions of each size that it is not in."""
    rows = []
    for seat in seats:
        added: dict[int, list[float]] = {}
        for coalition, value in values.items():
            if seat not in coalition:
                gain = values[coalition | {seat}] - value
                added.setdefault(len(coalition), []).append(gain)
        for size, gains in sorted(added.items()):
            mean = sum(gains) / len(gains)
            rows.append({"seat": clean(seat, 40), "others": size, "value": mean})
    return rows


def core_triangle(
    seats: Sequence[Seat],
    values: Mapping[Coalition, float],
    divisions: Mapping[str, Mapping[Seat, float]],
) -> tuple[list[Row], list[Row], bool]:
    """Return divisions of v(N) among three seats as points of a triangle, with the core's edges.

    A corner gives one seat all that is left above what each makes alone.

    Args:
        seats: three seats.
        values: v(S) of every coalition.
        divisions: by name, what each seat holds.

    Returns:
        Points, lines, and whether the core is empty.
    """
    alone = np.array([values[frozenset({seat})] for seat in seats])
    grand = values[frozenset(seats)]
    surplus = grand - alone.sum()
    # An equilateral triangle of side 1.
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, math.sqrt(3) / 2]])
    nodes: list[Row] = []
    for corner, seat in zip(corners, seats, strict=True):
        label = f"all to {clean(seat, 30)}"
        nodes.append({"x": corner[0], "y": corner[1], "label": label, "kind": "corner"})
    links = _edges(corners)
    if surplus <= 0:
        return nodes, links, True
    for name, held in divisions.items():
        shares = (np.array([held[seat] for seat in seats]) - alone) / surplus
        x, y = shares @ corners
        nodes.append({"x": x, "y": y, "label": name, "kind": "division"})
    core = _core_polygon(seats, values, alone, surplus)
    links += _edges(core @ corners) if len(core) else []
    for x, y in core @ corners if len(core) else ():
        nodes.append({"x": x, "y": y, "label": "", "kind": "edge of the core"})
    return nodes, links, not len(core)


def _core_polygon(
    seats: Sequence[Seat],
    values: Mapping[Coalition, float],
    alone: np.ndarray[Any, Any],
    surplus: float,
) -> np.ndarray[Any, Any]:
    """Return the corners of the core as shares of the surplus (k, 3), in order around it."""
    polygon = [np.eye(3)[i] for i in range(3)]
    for left_out, seat in enumerate(seats):
        pair = frozenset(seats) - {seat}
        # The pair has to hold v(pair), so the third seat's share has an upper end.
        pair_alone = alone.sum() - alone[left_out]
        most = 1 - (values[pair] - pair_alone) / surplus
        polygon = _below(polygon, left_out, most)
    return np.array(polygon).reshape(-1, 3)


def _below(
    polygon: Sequence[np.ndarray[Any, Any]], coordinate: int, most: float
) -> list[np.ndarray[Any, Any]]:
    """Return the part of a polygon where a coordinate is at most a bound (Sutherland & Hodgman)."""
    kept = []
    for i, point in enumerate(polygon):
        following = polygon[(i + 1) % len(polygon)]
        inside, next_inside = point[coordinate] <= most, following[coordinate] <= most
        if inside:
            kept.append(point)
        if inside != next_inside:
            part = (most - point[coordinate]) / (
                following[coordinate] - point[coordinate]
            )
            kept.append(point + part * (following - point))
    return kept


def _edges(points: np.ndarray[Any, Any]) -> list[Row]:
    rows = []
    for i, (x, y) in enumerate(points):
        x2, y2 = points[(i + 1) % len(points)]
        rows.append({"x": x, "y": y, "x2": x2, "y2": y2})
    return rows
