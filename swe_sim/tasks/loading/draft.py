"""What a file says of a task, before its hidden tests have been run on its reference."""

from __future__ import annotations

from dataclasses import dataclass, field

from shapley_coop.errors import ConfigError
from swe_sim.tree import Tree

FIELD = "game.task"


@dataclass(frozen=True)
class LoadedDraft:
    """A task as it stands in a file."""

    name: str
    spec: str
    reference: Tree
    tests: Tree
    files: Tree = field(default_factory=dict)
    examples: Tree = field(default_factory=dict)
    expected: tuple[str, ...] = ()
    """Node ids of the hidden tests. Where there are none, all that run on the reference."""


def text_of(row: object, key: str, place: str) -> str:
    """Return a text of a row, or raise ConfigError if it has none."""
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, str):
        raise ConfigError(f"{place} has no text {key!r}", field=FIELD)
    return value
