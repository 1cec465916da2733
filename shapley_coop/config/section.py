"""The base class of every section of a configuration."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the configuration.

    An unknown key is an error. The string under a field is its meaning in the reference.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        use_attribute_docstrings=True,
    )


def section_of(annotation: Any) -> type[Section] | None:
    """Return the section that a field holds, or None for a plain value."""
    # A table of sections by name, such as that of prices, is a value as a whole.
    if get_origin(annotation) is dict:
        return None
    # A section that may be left out stands in a union with None.
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, Section):
            return part
    return None
