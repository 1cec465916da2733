"""What a copy of something is that changes while it is used."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar, Self


class WholeCopies:
    """Whose copies are whole: a copy that shared parts would change the play of the original."""

    def __copy__(self) -> Self:
        return copy.deepcopy(self)


class CopiesById:
    """Whose class a function made for an id, so that Python cannot find it by its name."""

    made_by: ClassVar[tuple[Callable[[str], type], str]]
    """The function, and the id. A subclass that can be found by its name has none of its own."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        kind = type(self)
        if "made_by" not in vars(kind):
            return super().__reduce_ex__(protocol)
        return _blank, kind.made_by, self.__dict__


def _blank(make_class: Callable[[str], type], made_for: str) -> object:
    """Return an instance without anything in it, for a copy to be filled."""
    return object.__new__(make_class(made_for))
