"""JSON objects in which no name stands twice."""

from __future__ import annotations

from collections import Counter
from typing import Any


def object_of_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object from its names and values, for `json.loads(object_pairs_hook=…)`.

    Raises:
        ValueError: a name is given twice. The decoder would take the last one, which is a guess.
    """
    counts = Counter(name for name, _ in pairs)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ValueError(f"field {min(twice)!r} is given twice")
    return dict(pairs)
