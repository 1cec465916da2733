"""Typed statements about a game's state, and what a seat said of it in a turn."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import Field

from shapley_coop.records.base import Record

Reasoning = Literal["free", "none", "state", "transition", "world-model"]
"""How a seat reasons: freely, not at all, naming the state, the transition, or both."""
STATES: frozenset[Reasoning] = frozenset(("state", "world-model"))
"""Modes in which a seat states what holds now."""
PREDICTS: frozenset[Reasoning] = frozenset(("transition", "world-model"))
"""Modes in which a seat predicts what will hold after its turn."""
MOST_TEXT = 600
"""Characters of one thought that are kept."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A typed statement: what kind of thing it is about, and the values of its fields."""

    kind: str
    """The name of its kind."""
    fields: Mapping[str, Hashable]
    """A value for each field of the kind."""


Domain: TypeAlias = tuple[str, ...] | range | type[bool]
"""What a field may hold: one of some words, a whole number of a range, or true and false."""


@dataclass(frozen=True, slots=True)
class StatementKind:
    """A kind of statement that can be made of a game's state."""

    name: str
    """What statements call it."""
    about: str
    """What such a statement says, in a few words for a model."""
    fields: Mapping[str, Domain]
    """What each field may hold."""
    most: int = 1
    """How many statements of this kind can hold at once."""


Claim: TypeAlias = tuple[Statement, ...] | str | None
"""Typed statements, free text, or None if nothing was said."""


class Thought(Record):
    """What a seat said beside its action. All text in it is a stranger's, cleaned and cut."""

    reasoning: Reasoning
    """The mode in which it was asked for."""
    state: Claim = None
    """What it said holds now."""
    reason: str = Field(default="", max_length=MOST_TEXT)
    """Why it acts so, in its own words."""
    prediction: Claim = None
    """What it said will hold after the turn."""
    attempts: int = Field(default=1, ge=1)
    """Answers that were asked for until one could be used. After 1, the first was well formed."""


def parse_statements(raw: Any, kinds: Sequence[StatementKind]) -> tuple[Statement, ...]:
    """Return a list of `{kind, fields}` as statements. Seats know them as facts.

    Args:
        raw: what a seat wrote, or a file held, as JSON values.
        kinds: what the game can say of its state.

    Raises:
        ValueError: it is no such list, longer than can hold at once, or one of the statements names
            a kind, a field or a value that the game does not have.
    """
    if not isinstance(raw, list):
        raise ValueError(f"facts must be a list, got {_excerpt(raw)}")
    most = sum(kind.most for kind in kinds)
    if len(raw) > most:
        raise ValueError(f"at most {most} facts can hold at once, got {len(raw)}")
    by_name = {kind.name: kind for kind in kinds}
    return tuple(_statement(part, by_name) for part in raw)


def _statement(raw: Any, kinds: Mapping[str, StatementKind]) -> Statement:
    if not isinstance(raw, Mapping) or set(raw) != {"kind", "fields"}:
        raise ValueError(f"a fact has the fields kind and fields, got {_excerpt(raw)}")
    kind = raw["kind"]
    fields = raw["fields"]
    if not isinstance(kind, str) or kind not in kinds:
        names = ", ".join(kinds)
        raise ValueError(f"kind is {_excerpt(kind)}; it must be one of: {names}")
    domains = kinds[kind].fields
    if not isinstance(fields, Mapping) or set(fields) != set(domains):
        names = ", ".join(domains)
        raise ValueError(f"a fact of kind {kind!r} has the fields: {names}")
    values = {}
    for name, domain in domains.items():
        value = fields[name]
        if not _inside(value, domain):
            text = domain_text(domain)
            raise ValueError(f"{kind}.{name} is {_excerpt(value)}; it must be {text}")
        values[name] = value
    # In the order of the game's fields, so that equal statements look alike.
    return Statement(kind, values)


def _excerpt(value: Any) -> str:
    """Return the beginning of a value in quotation marks: a stranger may have written pages."""
    return repr(str(value)[:60])


def _inside(value: Any, domain: Domain) -> bool:
    if isinstance(domain, tuple):
        return isinstance(value, str) and value in domain
    if isinstance(domain, range):
        # True and False are integers for Python, and no amount for a game.
        is_integer = isinstance(value, int) and not isinstance(value, bool)
        return is_integer and value in domain
    return isinstance(value, bool)


def domain_text(domain: Domain) -> str:
    """Return what a field may hold in words."""
    if isinstance(domain, tuple):
        return " or ".join(domain)
    if isinstance(domain, range):
        return f"{domain[0]} to {domain[-1]}"
    return "true or false"
