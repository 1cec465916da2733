"""Plain values as JSON, so that two processes exchange them without trusting each other.

Only exact built-in types and a few value types of the standard library are plain: an object of a
class of its own is never taken for data, whatever it pretends. Everything else is left to the
side that sends it, which answers with a reference.
"""

from __future__ import annotations

import datetime as dt
import math
import pathlib
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

Json = Any
Reference = Callable[[object, "Encoder"], Json]
"""Turns a value that is no data into what the other side can name it by."""
DEEPEST = 60
LARGEST_INT = 2**53

_SEQUENCES: dict[type, str] = {
    list: "list",
    tuple: "tuple",
    set: "set",
    frozenset: "frozenset",
    deque: "deque",
}
_MAPPINGS: dict[type, str] = {
    dict: "dict",
    OrderedDict: "ordered",
    Counter: "counter",
    defaultdict: "dict",
}
_TEXTS: dict[type, tuple[str, Callable[[Any], str]]] = {
    bytes: ("bytes", bytes.hex),
    bytearray: ("bytearray", bytearray.hex),
    Decimal: ("decimal", str),
    Fraction: ("fraction", str),
    complex: ("complex", repr),
    dt.date: ("date", dt.date.isoformat),
    dt.time: ("time", dt.time.isoformat),
    dt.datetime: ("datetime", dt.datetime.isoformat),
    pathlib.PosixPath: ("path", str),
    pathlib.PurePosixPath: ("pure-path", str),
}
_FROM_TEXT: dict[str, Callable[[str], object]] = {
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "decimal": Decimal,
    "fraction": Fraction,
    "complex": complex,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "path": pathlib.PosixPath,
    "pure-path": pathlib.PurePosixPath,
    "float": float,
    "int": lambda text: int(text, 16),
}
_FROM_ITEMS: dict[str, Callable[[Iterable[Any]], object]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": deque,
    "dict": dict,
    "ordered": OrderedDict,
    "counter": lambda pairs: Counter(dict(pairs)),
}
MUTABLE = (list, dict, set, bytearray, deque, OrderedDict, Counter, defaultdict)
MUTABLE_NAMES = ("list", "dict", "set", "bytearray", "deque", "ordered", "counter")


class Encoder:
    """Writes values. A container that was written before is named by its place in a list."""

    def __init__(self, refer: Reference, containers: Iterable[Any] = ()) -> None:
        """Name what turns other values into references, and containers that both sides have."""
        self._refer = refer
        self.containers: list[Any] = list(containers)
        """Containers that the other side may change, in the order in which they were written."""
        self._places = {id(value): place for place, value in enumerate(self.containers)}
        self._depth = 0

    def encode(self, value: object) -> Json:
        """Return a value as JSON."""
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return _int(value)
        if kind is float:
            return _float(value)
        if id(value) in self._places:
            return {"t": "place", "v": self._places[id(value)]}
        if kind in MUTABLE:
            self._places[id(value)] = len(self.containers)
            self.containers.append(value)
        return self.contents(value)

    def contents(self, value: Any) -> Json:
        """Return a value as JSON even if the other side has it."""
        kind = type(value)
        if kind in _TEXTS:
            name, write = _TEXTS[kind]
            return {"t": name, "v": write(value)}
        if kind is range:
            return {"t": "range", "v": [value.start, value.stop, value.step]}
        if kind is dt.timedelta:
            parts = [value.days, value.seconds, value.microseconds]
            return {"t": "timedelta", "v": parts}
        if kind in _SEQUENCES:
            return {"t": _SEQUENCES[kind], "v": self._items(value)}
        if kind in _MAPPINGS:
            return {"t": _MAPPINGS[kind], "v": self._pairs(value)}
        return self._refer(value, self)

    def _items(self, values: Iterable[Any]) -> list[Json]:
        self._go_down()
        items = [self.encode(value) for value in values]
        self._depth -= 1
        return items

    def _pairs(self, values: Any) -> list[Json]:
        self._go_down()
        pairs = [[self.encode(key), self.encode(item)] for key, item in values.items()]
        self._depth -= 1
        return pairs

    def _go_down(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ValueError(f"a value is nested more than {DEEPEST} levels deep")


def _int(value: Any) -> Json:
    small = -LARGEST_INT < value < LARGEST_INT
    return value if small else {"t": "int", "v": hex(value)}


def _float(value: Any) -> Json:
    return value if math.isfinite(value) else {"t": "float", "v": repr(value)}


class Decoder:
    """Reads what an `Encoder` wrote. It may raise anything for data that is odd."""

    def __init__(
        self, resolve: Callable[[Json], object], containers: Iterable[Any] = ()
    ) -> None:
        """Name what finds the object of a reference, and containers that both sides have."""
        self._resolve = resolve
        self.containers: list[Any] = list(containers)

    def decode(self, data: Json) -> Any:
        """Return the value that JSON stands for."""
        if not isinstance(data, dict):
            if isinstance(data, list):
                raise TypeError("a bare list is no value")
            return data
        if data["t"] == "place":
            return self.containers[data["v"]]
        if data["t"] not in MUTABLE_NAMES:
            return self.contents(data)
        # The place is taken before those of what is inside, as when it was written.
        place = len(self.containers)
        self.containers.append(None)
        value = self.contents(data)
        self.containers[place] = value
        return value

    def contents(self, data: Json) -> Any:
        """Return the value that JSON stands for, without a place for the outermost container."""
        name, content = data["t"], data.get("v")
        if name in _FROM_TEXT:
            return _FROM_TEXT[name](content)
        if name == "range":
            return range(*content)
        if name == "timedelta":
            return dt.timedelta(*content)
        if name in ("dict", "ordered", "counter"):
            pairs = [(self.decode(key), self.decode(item)) for key, item in content]
            return _FROM_ITEMS[name](pairs)
        if name in _FROM_ITEMS:
            return _FROM_ITEMS[name]([self.decode(item) for item in content])
        return self._resolve(data)


def refill(container: Any, value: Any) -> None:
    """Give a container the contents of another one of its type."""
    if isinstance(container, list | bytearray):
        container[:] = value
        return
    container.clear()
    if isinstance(container, deque):
        container.extend(value)
    else:
        container.update(value)
