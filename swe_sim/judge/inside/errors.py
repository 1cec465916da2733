"""Exceptions of the code under test as real classes, so that tests can expect and catch them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from swe_sim.judge.inside.codec import Json

_SERIOUS = (KeyboardInterrupt, GeneratorExit)
"""What the code may not raise here, since it would end more than a test."""
_classes: dict[tuple[str, str], type[BaseException]] = {}


class CodeError(Exception):
    """The code raised what tests cannot see as it is."""


def error_class(tree: Json) -> type[BaseException]:
    """Return the class of this process that stands for one of the code."""
    module, path, bases = tree
    key = (str(module), str(path))
    if key not in _classes:
        _classes[key] = _python_class(*key) or _own_class(*key, bases)
    return _classes[key]


def _python_class(module: str, path: str) -> type[BaseException] | None:
    """Return an exception of Python by its name, if it harms nobody here."""
    top = module.partition(".")[0]
    if top not in sys.stdlib_module_names or top == "unittest" or "." in path:
        return None
    # Nothing is imported because the code says so.
    holder = sys.modules.get(module)
    value = vars(holder).get(path) if holder is not None else None
    if not isinstance(value, type) or not issubclass(value, BaseException):
        return None
    return CodeError if issubclass(value, _SERIOUS) else value


def _own_class(module: str, path: str, bases: list[Json]) -> type[BaseException]:
    kinds = tuple(error_class(base) for base in bases if _is_error(base))
    contents = {
        "__module__": module,
        "__qualname__": path,
        "__getattr__": _attribute,
        "_tree": [module, path],
    }
    try:
        return type(path.rpartition(".")[2], kinds or (CodeError,), contents)
    except TypeError:
        # The bases do not fit together here.
        return type(path.rpartition(".")[2], (CodeError,), contents)


def _attribute(error: BaseException, name: str) -> Any:
    """Return what the code's own error knows. The error was raised there."""
    remote = vars(error).get("_remote")
    if remote is None or name.startswith("__"):
        raise AttributeError(name)
    return getattr(remote, name)


def _is_error(tree: Json) -> bool:
    module, path, bases = tree
    if bases:
        return any(_is_error(base) for base in bases)
    return _python_class(str(module), str(path)) is not None


def rebuild(tree: Json, values: list[Any], words: str) -> BaseException:
    """Return an exception of the code as it is raised in a test."""
    kind = error_class(tree)
    error = _without_init(kind, values)
    error.args = tuple(values)
    if str(error) != words:
        # Its own way to say what it says is the code's.
        error = _speaking(kind, error, words)
    return error


def _speaking(
    kind: type[BaseException], error: BaseException, words: str
) -> BaseException:
    contents = {
        "__str__": lambda _self: words,
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
    }
    speaking = type(kind.__name__, (kind,), contents)
    spoken = _without_init(speaking, error.args)
    spoken.args = error.args
    return spoken


def _without_init(kind: Any, values: Iterable[Any]) -> BaseException:
    """Return a new exception. What the class does on its way is the code's."""
    try:
        error: BaseException = kind.__new__(kind, *values)
    except TypeError:
        error = kind.__new__(kind)
    return error
