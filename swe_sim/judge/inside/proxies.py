"""Objects of the code under test as its tests see them. Nothing of the code runs here.

A test compares with data, and a comparison is decided here from data. An object that comes as a
result is never asked whether it equals what a test expects, since it could agree with anything.
An object that the test itself made from a class is asked, since then its answers are what is
tested.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from swe_sim.judge.inside.operators import COMPARISONS, OPERATORS

if TYPE_CHECKING:
    from swe_sim.judge.inside.client import Client

# A failure of a test is shown where the test stands, not in here.
__tracebackhide__ = True

ASKED_FOR = ("__name__", "__qualname__", "__doc__", "__all__", "__version__")
"""Special attributes of the code's objects that are handed on. Others stay Python's own."""
_PLAIN: dict[str, type] = {
    kind.__name__: kind
    for kind in (str, int, float, tuple, list, dict, set, frozenset, bytes)
}
_NOTHING = object()


class NoData(BaseException):
    """A test compares data with a result that is no data.

    It derives from no `Exception`, so that no test that expects an error is content with it.
    """


@dataclass(slots=True)
class State:
    """What is known here of an object of the code."""

    client: Client
    generation: int
    """The child that has it, unless it has a name."""
    kind: str
    name: tuple[str, str] | None = None
    """The module and the path by which it is found in any child."""
    number: int | None = None
    """Its number in its child."""
    base: object = _NOTHING
    """The plain value that it holds, if its class derives from a plain type."""
    base_kind: type | None = None
    is_made: bool = False
    """Whether the test made it by calling a class."""

    def same(self, other: State) -> bool:
        """Return whether both are one object."""
        return (self.name, self.number) == (other.name, other.number)


class Remote:
    """An object of the code: it is asked by name or number, wherever it is."""

    remote_state: State

    def __init__(self, state: State) -> None:
        """Keep the state under a name that no code is likely to use."""
        super().__setattr__("remote_state", state)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """The plain type that the code's class derives from, for `isinstance`."""
        return self.remote_state.base_kind or Remote

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        """Call the object where it is."""
        result = _act(self, "call", *arguments, **keywords)
        if self.remote_state.kind == "class" and type(result) is Remote:
            result.remote_state.is_made = True
        return result

    def __getattr__(self, name: str) -> Any:
        special = name.startswith("__") and name not in ASKED_FOR
        if special or name.startswith(("_pytest", "pytest")):
            raise AttributeError(name)
        return _act(self, "getattr", name)

    def __setattr__(self, name: str, value: object) -> None:
        _act(self, "setattr", name, value)

    def __delattr__(self, name: str) -> None:
        _act(self, "delattr", name)

    def __hash__(self) -> int:
        return hash((self.remote_state.name, self.remote_state.number))


def plain_type(name: str) -> type | None:
    """Return a plain type from which a class of the code derives."""
    return _PLAIN.get(name)


def _act(target: Remote, act: str, /, *arguments: Any, **keywords: Any) -> Any:
    return target.remote_state.client.do(act, target, arguments, keywords)


def _compare(name: str, target: Remote, other: Any) -> Any:
    state = target.remote_state
    if type(other) is not Remote:
        return _compare_with_data(name, target, other)
    is_equality = name in ("__eq__", "__ne__")
    if is_equality and state.same(other.remote_state):
        return name == "__eq__"
    if state.base is not _NOTHING and other.remote_state.base is not _NOTHING:
        return COMPARISONS[name](state.base, other.remote_state.base)
    if is_equality and other.remote_state.is_made:
        # What the test made knows what the test expects.
        target, other = other, target
    result = _act(target, name, other)
    return result if type(result) is bool else NotImplemented


def _compare_with_data(name: str, target: Remote, other: object) -> Any:
    state = target.remote_state
    if state.base is not _NOTHING:
        return COMPARISONS[name](state.base, other)
    if state.is_made:
        result = _act(target, name, other)
        return result if type(result) is bool else NotImplemented
    if name in ("__eq__", "__ne__"):
        return name == "__ne__"
    raise NoData(
        f"a result that is no plain data is not asked for {name}, since it could agree"
        " with anything; compare data that it holds"
    )


def _forward(name: str) -> Callable[..., Any]:
    def method(self: Remote, *arguments: Any) -> Any:
        return _act(self, name, *arguments)

    return method


def _comparison(name: str) -> Callable[[Remote, Any], Any]:
    def method(self: Remote, other: Any) -> Any:
        return _compare(name, self, other)

    return method


for _special in OPERATORS:
    setattr(Remote, _special, _forward(_special))
for _special in COMPARISONS:
    setattr(Remote, _special, _comparison(_special))
