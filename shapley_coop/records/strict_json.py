"""JSON objects in which no name stands twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from shapley_coop.records.words import shorten

MOST_SHOWN = 100
"""Characters of a name that an error repeats."""


def object_of_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object from its names and values, for `json.loads(object_pairs_hook=…)`.

    Raises:
        ValueError: a name is given twice. The decoder would take the last one, which is a guess.
    """
    fields = dict(pairs)
    if len(fields) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = min(name for name, count in counts.items() if count > 1)
        raise ValueError(f"field {shorten(twice, MOST_SHOWN)!r} is given twice")
    return fields
