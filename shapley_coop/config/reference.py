"""Every setting with its type, default and meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic.fields import FieldInfo

from shapley_coop.config.protocol import PROTOCOLS, NegotiationProtocol
from shapley_coop.config.section import Section, section_of
from shapley_coop.config.sections import Config

_WORDS = {int: "whole number", float: "number", str: "text", bool: "true or false"}


class ReferenceRow(NamedTuple):
    """One field of the configuration, described."""

    name: str
    """With its sections, such as `model.temperature`."""
    type: str
    """Its type in words, or its choices."""
    default: str
    meaning: str


def settings(
    section: type[Section] = Config, prefix: str = ""
) -> Iterator[ReferenceRow]:
    """Yield every field of a section and of the sections in it, in the order of the code."""
    for name, field in section.model_fields.items():
        full = f"{prefix}{name}"
        inner = section_of(field.annotation)
        # A section has no value of its own, unless it can be left out as a whole.
        if inner is None or _may_be_none(field.annotation):
            yield ReferenceRow(
                full, _type(field), _default(field), _meaning(field, full)
            )
        if inner is not None:
            yield from settings(inner, f"{full}.")


def reference() -> str:
    """Return the settings as Markdown tables, one for each section."""
    groups: dict[str, list[str]] = {}
    for setting in settings():
        section = setting.name.rpartition(".")[0]
        name = f"`{setting.name}`"
        cells = (name, setting.type, setting.default, setting.meaning)
        groups.setdefault(section, []).append(f"| {' | '.join(cells)} |")
    lines = []
    for section, rows in groups.items():
        title = f"`[{section}]`" if section else "Top level"
        lines += [f"## {title}", "", "| setting | type | default | meaning |"]
        lines += ["|---|---|---|---|", *rows, ""]
    return "\n".join([*lines, *_protocol_lines()])


def protocol_values() -> dict[str, list[str]]:
    """Return what each named protocol sets, by field, in the order of `PROTOCOLS`.

    Fields in which all of them have the field's own default are left out.
    """
    values = {}
    for row in settings(NegotiationProtocol):
        keys = row.name.split(".")
        if keys == ["name"]:
            continue
        cells = [_value_at(protocol, keys) for protocol in PROTOCOLS.values()]
        if any(cell != row.default for cell in cells):
            values[f"protocol.{row.name}"] = cells
    return values


def _protocol_lines() -> list[str]:
    """Return the table of what the named protocols set, under its title."""
    names = [f"`{name}`" for name in PROTOCOLS]
    lines = [
        "## What a named protocol sets",
        "",
        "A protocol's name sets the fields below. The defaults above hold for all others, and",
        "for a table that a file adds to a protocol without one.",
        "",
        f"| setting | {' | '.join(names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    for name, cells in protocol_values().items():
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return [*lines, ""]


def _value_at(section: Section, keys: Sequence[str]) -> str:
    """Return the value of a field inside a section, or of the table on its way that is left out."""
    value: Any = section
    for key in keys:
        if value is None:
            return "no table"
        value = dict(value)[key]
    return _value_text(value)


def _may_be_none(annotation: Any) -> bool:
    return NoneType in get_args(annotation)


def _type(field: FieldInfo) -> str:
    """Return the type of a field in words, with its bounds."""
    parts = [_words(field.annotation)]
    for bound in field.metadata:
        match bound:
            case Ge():
                parts.append(f"at least {bound.ge}")
            case Gt():
                parts.append(f"above {bound.gt}")
            case Le():
                parts.append(f"at most {bound.le}")
    return ", ".join(parts)


def _words(annotation: Any) -> str:
    """Return a type in words: its choices, or what is written in a file."""
    origin, parts = get_origin(annotation), get_args(annotation)
    # Choices are read off the type, so that they are said once, where they are checked.
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in parts)
    if origin is Annotated:
        return _words(parts[0])
    if origin is tuple:
        return f"list of {_words(parts[0])}"
    if origin is dict:
        return "table"
    if NoneType in parts:
        others = [_words(part) for part in parts if part is not NoneType]
        return ", ".join([*others, "or none"])
    return _WORDS.get(annotation, "table")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    # Tables and lists are made anew for each configuration, by a factory.
    return _value_text(field.get_default(call_default_factory=True))


def _value_text(value: Any) -> str:
    """Return a value as the reference shows it."""
    if isinstance(value, Section):
        return "see below"
    # Values are written as a TOML file has them.
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value in (None, "", (), {}):
        return "none"
    return f"`{value}`"


def _meaning(field: FieldInfo, name: str) -> str:
    if not field.description:
        raise ValueError(
            f"setting {name} has no meaning: write a string under the field"
        )
    return " ".join(field.description.split())
