"""The paper's Escape Room: one opens the door, the other pulls the lever and pays for it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from games.dilemmas.matrix import MatrixGame
from games.escape_room.picture import room_frame, room_text
from games.escape_room.statements import PLACES, room_kinds, room_statements
from shapley_coop.records import Seat
from shapley_coop.records.statements import Statement, StatementKind


class EscapeRoom(MatrixGame):
    """Two seats choose at once, and only one at the door and one at the lever pays (10 and -1).

    Table 1 of Shapley-Coop (arXiv 2506.07388): every other profile costs both seats 1. So
    v({i}) = -1, v(N) = 9, and the Shapley value is 4.5 for each. A seat of a two-seat matrix
    cannot be removed and there is no idle action, so an absent one is played by a baseline.
    """

    name = "escape-room"
    actions = ("door", "lever")
    payoffs = (
        ((-1, -1), (10, -1)),
        ((-1, 10), (-1, -1)),
    )
    goal = "door-open"
    outcome_profiles: ClassVar = {"door-open": (("door", "lever"), ("lever", "door"))}
    variants = ({"rounds": 3},)

    def statement_kinds(self) -> tuple[StatementKind, ...]:
        """Return where each seat stands and whether the door is open."""
        return room_kinds(self.possible_agents)

    def statements(self, seat: Seat) -> tuple[Statement, ...]:
        """Return the room as the latest round left it."""
        return room_statements(self._places(), is_open=self._open())

    def picture(self) -> str:
        """Return the room above the table."""
        room = room_text(self._places(), 1, is_open=self._open())
        return f"{room}\n{super().picture()}"

    def frame(self) -> NDArray[np.uint8]:
        """Return the room as pixels."""
        return room_frame(
            self._places(),
            self.seats,
            levers=1,
            is_open=self._open(),
            caption=self._caption(),
        )

    def _places(self) -> dict[str, list[str]]:
        places: dict[str, list[str]] = {place: [] for place in PLACES}
        # The actions are places, but nobody can stay at start once it has chosen.
        latest = self._latest()
        if latest is None:
            return places | {"start": list(self.possible_agents)}
        for seat, action in self._by_seat(latest).items():
            places[action].append(seat)
        return places

    def _open(self) -> bool:
        return self.goal in self.outcomes()

    def _caption(self) -> str:
        latest = self._latest()
        if latest is None:
            return "nobody has moved"
        rewards = self._rewards(latest)
        parts = [f"{seat} {reward:+g}" for seat, reward in rewards.items()]
        return "   ".join(parts)
