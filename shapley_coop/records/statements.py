"""What can be said of a game's state in typed facts, and what a seat said of it in a turn."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import Field

from shapley_coop.records import Record

Reasoning = Literal["free", "none", "state", "transition", "world-model"]
"""How a seat reasons: freely, not at all, naming the state, the transition, or both."""
STATES: frozenset[Reasoning] = frozenset(("state", "world-model"))
"""Modes that state what holds now."""
PREDICTS: frozenset[Reasoning] = frozenset(("transition", "world-model"))
"""Modes that predict what will hold after the turn."""
MOST_TEXT = 600
"""Characters of one thought that are kept."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A typed statement: what kind of thing, and its fields (position, owner, amount ...)."""

    kind: str
    fields: Mapping[str, Hashable]


Domain: TypeAlias = tuple[str, ...] | range | type[bool]
"""What a field may hold: one of some words, a whole number of a range, or true and false."""


@dataclass(frozen=True, slots=True)
class StatementKind:
    """A kind of fact that a game tells."""

    name: str
    about: str
    """What it says, in a few words for a model."""
    fields: Mapping[str, Domain]
    most: int = 1
    """How many facts of this kind can hold at once."""


Claim: TypeAlias = tuple[Statement, ...] | str | None
"""Typed facts, free text, or nothing said."""


class Thought(Record):
    """What a seat said beside its action; all text in it is a stranger's, cleaned and cut."""

    reasoning: Reasoning
    state: Claim = None
    reason: str = Field(default="", max_length=MOST_TEXT)
    prediction: Claim = None
    attempts: int = Field(default=1, ge=1)
    """Answers that were asked for until one could be used; 1: the first was well formed."""


def typed_facts(given: Any, kinds: Sequence[StatementKind]) -> tuple[Statement, ...]:
    """Return a list of `{kind, fields}` as facts.

    Raises:
        ValueError: it is no such list, longer than can hold at once, or one of the facts names a
            kind, a field or a value that the game does not have.
    """
    if not isinstance(given, list):
        raise ValueError(f"facts must be a list, got {str(given)[:60]!r}")
    most = sum(kind.most for kind in kinds)
    if len(given) > most:
        raise ValueError(f"at most {most} facts can hold at once, got {len(given)}")
    known = {kind.name: kind for kind in kinds}
    return tuple(_fact(one, known) for one in given)


def _fact(given: Any, known: Mapping[str, StatementKind]) -> Statement:
    if not isinstance(given, Mapping) or set(given) != {"kind", "fields"}:
        raise ValueError(
            f"a fact has the fields kind and fields, got {str(given)[:60]!r}"
        )
    kind, fields = given["kind"], given["fields"]
    if not isinstance(kind, str) or kind not in known:
        raise ValueError(
            f"kind is {str(kind)[:60]!r}; it must be one of: {', '.join(known)}"
        )
    wanted = known[kind].fields
    if not isinstance(fields, Mapping) or set(fields) != set(wanted):
        raise ValueError(f"a fact of kind {kind!r} has the fields: {', '.join(wanted)}")
    for name, domain in wanted.items():
        if not _inside(fields[name], domain):
            value = str(fields[name])[:60]
            raise ValueError(
                f"{kind}.{name} is {value!r}; it must be {domain_text(domain)}"
            )
    return Statement(kind, {name: fields[name] for name in wanted})


def _inside(value: Any, domain: Domain) -> bool:
    if isinstance(domain, tuple):
        return isinstance(value, str) and value in domain
    if isinstance(domain, range):
        return (
            isinstance(value, int) and not isinstance(value, bool) and value in domain
        )
    return isinstance(value, bool)


def domain_text(domain: Domain) -> str:
    """Return what a field may hold in words."""
    if isinstance(domain, tuple):
        return " or ".join(domain)
    if isinstance(domain, range):
        return f"{domain[0]} to {domain[-1]}"
    return "true or false"
