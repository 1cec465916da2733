"""Points of curves as they stand in cards, whatever was learned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def thin_curve(points: Sequence[T], most: int) -> list[T]:
    """Return at most so many points of a curve, equally far apart, the last one among them."""
    stretch = max(1, -(-len(points) // most))
    return list(points[::-1][::stretch][::-1])


def figures_of(point: Mapping[str, Any]) -> dict[str, float]:
    """Return the finite numbers of a point of a curve, those of tables in it by `table/name`.

    The first of them says where the point stands: its episode, round or step.
    """
    figures: dict[str, float] = {}
    for name, value in point.items():
        if isinstance(value, Mapping):
            inner = figures_of(value)
            figures |= {f"{name}/{key}": amount for key, amount in inner.items()}
        elif isinstance(value, int | float) and math.isfinite(value):
            figures[name] = float(value)
    return figures
