"""Condensed work logs: one JSON object from role to what it did, in which roles come again.

A reader that makes a dictionary of such an object keeps the last entry of each role alone. Here
pairs stay pairs, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from shapley_coop.teams.imports.work.entries import WorkEntry

Pairs = list[tuple[str, Any]]
"""A JSON object with all of its keys in order."""
NO_ROLES = ("system", "summary", "task description", "task", "project", "metrics")
"""Keys that name no role."""


def is_condensed(value: object) -> bool:
    """Return whether a JSON value is an object from role to text."""
    return is_object(value) and any(True for _ in entries_of(value))


def is_object(value: object) -> bool:
    """Return whether a JSON value is an object, as pairs."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, tuple) for one in value)
    )


def entries_of(pairs: object) -> Iterator[WorkEntry]:
    """Yield what each role did, in the order of the log."""
    assert isinstance(pairs, list)
    for role, words in pairs:
        if role.strip().lower() in NO_ROLES:
            continue
        for text in _texts(words):
            yield WorkEntry(role.strip(), " ".join(text.split()))


def _texts(words: object) -> Sequence[str]:
    """Return the texts of a role's entry: one, or a list of them."""
    if isinstance(words, str):
        return [words]
    if isinstance(words, list):
        return [text for text in words if isinstance(text, str)]
    return []
