"""What a copy of something is that changes while it is used."""

from __future__ import annotations

import copy
from typing import Self


class WholeCopies:
    """Whose copies are whole: a copy that shared parts would change the play of the original."""

    def __copy__(self) -> Self:
        return copy.deepcopy(self)
