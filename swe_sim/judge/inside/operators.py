"""What a test can do with an object of the code under test, beside calling it, by name."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda own, other: function(other, own)


def _method(name: str) -> Callable[..., Any]:
    return lambda own, *arguments: getattr(type(own), name)(own, *arguments)


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "and": operator.and_,
    "divmod": divmod,
    "floordiv": operator.floordiv,
    "lshift": operator.lshift,
    "matmul": operator.matmul,
    "mod": operator.mod,
    "mul": operator.mul,
    "or": operator.or_,
    "pow": operator.pow,
    "rshift": operator.rshift,
    "sub": operator.sub,
    "truediv": operator.truediv,
    "xor": operator.xor,
}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "__eq__": operator.eq,
    "__ne__": operator.ne,
    "__lt__": operator.lt,
    "__le__": operator.le,
    "__gt__": operator.gt,
    "__ge__": operator.ge,
    "__contains__": operator.contains,
}
"""Questions by which tests compare with what they expect."""
OPERATORS: dict[str, Callable[..., Any]] = {
    "__abs__": abs,
    "__bool__": bool,
    "__delitem__": operator.delitem,
    "__enter__": _method("__enter__"),
    "__exit__": _method("__exit__"),
    "__float__": float,
    "__format__": format,
    "__getitem__": operator.getitem,
    "__index__": operator.index,
    "__instancecheck__": lambda own, other: isinstance(other, own),
    "__int__": int,
    "__invert__": operator.invert,
    "__iter__": iter,
    "__len__": len,
    "__neg__": operator.neg,
    "__next__": next,
    "__pos__": operator.pos,
    "__repr__": repr,
    "__reversed__": reversed,
    "__round__": round,
    "__setitem__": operator.setitem,
    "__str__": str,
    "__subclasscheck__": lambda own, other: issubclass(other, own),
}
for _name, _function in _BINARY.items():
    OPERATORS[f"__{_name}__"] = _function
    OPERATORS[f"__r{_name}__"] = _reflected(_function)
    if _name != "divmod":
        OPERATORS[f"__i{_name}__"] = getattr(operator, f"i{_name}", _function)
