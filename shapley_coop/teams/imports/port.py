"""What a format of recorded runs is, and what an import of one comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from shapley_coop.teams.imports.source import Source

Fact = Literal["rules", "scores", "beliefs"]
"""What a log may state from which coalitions can be valued: the payoffs of a game, what runs of
coalitions scored, or what seats believe of coalitions."""


class FigureTable(NamedTuple):
    """Figures in rows, as a reader sees them."""

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


class Part(Protocol):
    """What a log says of one subject, such as its contracts, checked."""

    @property
    def facts(self) -> frozenset[Fact]:
        """What it states from which coalitions can be valued."""
        ...

    def as_json(self) -> Mapping[str, Any]:
        """Return it as JSON values, under names that no other part has."""
        ...

    def tables(self) -> Sequence[FigureTable]:
        """Return its figures for a reader. Names stand there as the log has them."""
        ...

    def sentences(self) -> Sequence[str]:
        """Return what is to be said beside the tables. Names stand there as the log has them."""
        ...


class LogFormat(Protocol):
    """How the runs of one system are recorded."""

    name: str
    """How the command line calls it."""
    reads: str
    """What files it reads, for help and errors."""

    def sniff(self, source: Source) -> bool:
        """Return whether a file or folder looks like one of this format, at a small cost."""
        ...

    def read(self, source: Source) -> Sequence[Part]:
        """Return what a log says.

        Raises:
            InputError: it is no log of this format, or cannot be read within bounds.
        """
        ...


@dataclass(frozen=True)
class ImportedLog:
    """What the recorded runs of another system state, and what cannot be known from them."""

    path: str
    format: str
    parts: tuple[Part, ...]
    left_out: tuple[str, ...]
    """What was not read, with the reason."""

    @property
    def impossible(self) -> dict[str, str]:
        """The worth kinds that cannot value coalitions from this log, each with the reason."""
        known = frozenset[Fact]().union(*(part.facts for part in self.parts))
        reasons = {}
        for kind, (fact, reason) in _NEEDS.items():
            if fact not in known:
                reasons[kind] = reason
        return reasons

    def as_json(self) -> dict[str, Any]:
        """Return it as the command prints it."""
        fields: dict[str, Any] = {"path": self.path, "format": self.format}
        for part in self.parts:
            fields.update(part.as_json())
        fields["impossible"] = self.impossible
        fields["left_out"] = list(self.left_out)
        return fields


_NEEDS: dict[str, tuple[Fact | None, str]] = {
    "oracle": (
        "rules",
        "the log states no rules by which a game could value coalitions",
    ),
    "realised": ("rules", "the log states no rules under which actions could be paid"),
    "replay": ("rules", "the log states no rules under which actions could be paid"),
    "rollout": ("scores", "nobody of a log can be asked to play without a member"),
    "belief": ("beliefs", "nobody stated what coalitions are worth"),
    "forecast": (None, "no forecaster knows the game of a log"),
}
"""By worth kind, what a log has to state for it, and why it cannot be had otherwise."""
