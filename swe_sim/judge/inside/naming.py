"""What tests are told of an object of the code: its name, its kind, its plain value."""

from __future__ import annotations

import enum
import importlib
import sys
from collections.abc import Callable
from typing import Any

from swe_sim.judge.inside.codec import Json


def find(module: str, path: str) -> Any:
    """Return the object of a module at a dotted path. It may raise anything."""
    value: Any = importlib.import_module(module)
    for part in filter(None, path.split(".")):
        value = getattr(value, part)
    return value


def name_of(value: object) -> list[str] | None:
    """Return the module and the path by which other processes find a value too."""
    if isinstance(value, type(sys)):
        return [value.__name__, ""]
    module: object = getattr(value, "__module__", None)
    path: object = getattr(value, "__qualname__", None)
    if path is None and isinstance(value, enum.Enum):
        kind = type(value)
        module, path = kind.__module__, f"{kind.__qualname__}.{value.name}"
    if not isinstance(module, str) or not isinstance(path, str):
        return None
    try:
        return [module, path] if find(module, path) is value else None
    except Exception:  # noqa: BLE001 - a name that leads nowhere is no name
        return None


def kind_of(value: object) -> str:
    """Return the kind of an object: "module", "class", "error class" or "object"."""
    if isinstance(value, type):
        is_error = issubclass(value, BaseException)
        return "error class" if is_error else "class"
    return "module" if isinstance(value, type(sys)) else "object"


def class_tree(kind: type) -> Json:
    """Return a class by name, and its bases up to those of Python."""
    bases = [class_tree(base) for base in kind.__bases__ if base is not object]
    is_python = kind.__module__ in ("builtins", *sys.stdlib_module_names)
    return [kind.__module__, kind.__qualname__, [] if is_python else bases]


# The plain types' own methods, whatever a class derived from them made of these.
_BASES: dict[type, Callable[[Any], object]] = {
    str: str.__str__,
    int: int.__pos__,
    float: float.__pos__,
    tuple: lambda value: tuple(tuple.__iter__(value)),
    list: lambda value: list(list.__iter__(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    dict: lambda value: dict(dict.items(value)),
    bytes: lambda value: bytes(memoryview(value)),
}


def base_value(value: Any) -> object:
    """Return the plain value that an object of a class derived from a plain type holds."""
    for base, read in _BASES.items():
        if isinstance(value, base):
            return read(value)
    return None
