"""LIO's Escape Room ER(N, M): M of N seats must be at the lever for the others to leave.

Rules from Yang et al. 2020 (Learning to Incentivize Others) and its public code:
- Places are lever, start and door; an action names the place to go to, one's own place stays put.
  Everybody begins at start (the code can draw places at random; its configuration does not).
- The door is open in a step if at least M seats choose the lever in that very step; holding it
  counts as much as going to it, and whoever left it no longer counts.
- A seat that chooses an open door gets 10, also if it stood there already; one that stays put
  gets 0; any other move costs 1, whether the door is open or not.
- The episode ends when a seat chose an open door, or after 5 steps.
- The code's switch for testing rewards, and the incentives that LIO's agents learn to give one
  another, are not part of the game; here incentives are what seats negotiate.

The greatest total is 10(N-M) - M, reached in one step. With M large against N-M it is negative,
and then staying put, worth 0, is best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from games.escape_room.picture import room_frame, room_text
from games.escape_room.statements import PLACES, room_kinds, room_statements
from shapley_coop.errors import ConfigError, IllegalMove
from shapley_coop.interfaces.game import (
    CountWorth,
    Game,
    History,
    Security,
    kinds_by_line,
    seat_count,
    whole,
)
from shapley_coop.records import Facts, Seat
from shapley_coop.records.statements import Statement, StatementKind

LEVER, START, DOOR = range(3)
EXIT_REWARD, MOVE_REWARD = 10.0, -1.0


@dataclass
class Room:
    """The world of an escape room."""

    places: NDArray[np.int64]
    """The index of each seat's place."""
    is_open: bool = False
    """Whether the door was open in the latest step."""


class EscapeRoomN(Game):
    """ER(N, M) with N `seats`, M `levers` needed at once and at most `horizon` steps."""

    name = "escape-room-n"
    actions = PLACES
    goal = "escaped"
    idle = "start"
    absences = ("removed", "idle", "baseline", "swap")
    oracle_absence = "removed"
    variants = (
        {"seats": 2, "levers": 1},
        {"seats": 12, "levers": 11},
        {"horizon": 1},
    )

    def __init__(
        self,
        seats: int = 5,
        levers: int = 2,
        horizon: int = 5,
        *,
        render_mode: str | None = None,
    ) -> None:
        self.levers = whole(self.name, "levers", levers, 1)
        self.horizon = whole(self.name, "horizon", horizon, 1)
        if seat_count(self.name, "seats", seats, 2) <= levers:
            raise ConfigError(
                f"{self.name} cannot be won with seats={seats} and levers={levers}: the lever "
                f"takes {levers} and one more must go to the door; give more seats than levers"
            )
        players = [f"player_{i}" for i in range(seats)]
        super().__init__(players, render_mode=render_mode)

    def begin(self) -> Room:
        """Return a room with everybody at start."""
        # Looked up, since a search among the seats of a large room would be slow.
        self.number = {seat: number for number, seat in enumerate(self.possible_agents)}
        return Room(np.full(len(self.possible_agents), START))

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Move everybody and pay for doors and moves."""
        places = np.array([actions[seat] for seat in self.possible_agents], np.int64)
        pullers = int((places == LEVER).sum())
        is_open = pullers >= self.levers
        stays = places == self.world.places
        rewards = np.where(stays, 0.0, MOVE_REWARD)
        if is_open:
            # An open door pays whoever chooses it, also a seat that stood there already.
            rewards[places == DOOR] = EXIT_REWARD
        self.world = Room(places, is_open)
        return dict(zip(self.possible_agents, rewards.tolist(), strict=True))

    def over(self) -> bool:
        """Return whether somebody has left."""
        at_door = self.world.places == DOOR
        return self.world.is_open and bool(at_door.any())

    def outcomes(self) -> frozenset[str]:
        """Return `door-open` for the latest step, and `escaped` once somebody has left."""
        names = set()
        if self.world.is_open:
            names.add("door-open")
        if self.over():
            names.add("escaped")
        return frozenset(names)

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name."""
        return ("escaped", "door-open")

    def facts(self, seat: Seat) -> Facts:
        """Return the rules as numbers, the seat's own place, and who is where."""
        return {
            "step": self.clock,
            "horizon": self.horizon,
            "seats": len(self.possible_agents),
            "levers": self.levers,
            "rewards": {"open_door": EXIT_REWARD, "stay": 0.0, "move": MOVE_REWARD},
            "place": self._place(seat),
            "places": self._places(),
            "door_open": self.world.is_open,
        }

    def statement_kinds(self) -> tuple[StatementKind, ...]:
        """Return where each seat stands and whether the door is open."""
        return room_kinds(self.possible_agents)

    def statements(self, seat: Seat) -> tuple[Statement, ...]:
        """Return the room as the latest step left it."""
        return room_statements(self._places(), is_open=self.world.is_open)

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return own place one-hot, head counts by place, levers, steps left, and the door."""
        # Head counts and not seats, so that rooms of any size look alike to a learner.
        own = np.zeros(3)
        own[self._at(seat)] = 1
        counts = np.bincount(self.world.places, minlength=3)
        rest = (
            self.levers,
            self.horizon - self.clock,
            self.world.is_open,
        )
        return np.concatenate((own, counts, rest)).astype(np.float32)

    def picture(self) -> str:
        """Return the room as text."""
        text = room_text(self._places(), self.levers, is_open=self.world.is_open)
        return f"{self.name}, {self.clock} of {self.horizon} steps taken\n{text}"

    def frame(self) -> NDArray[np.uint8]:
        """Return the room as pixels."""
        caption = f"{self.clock} of {self.horizon} steps taken"
        if self.over():
            at_door = int((self.world.places == DOOR).sum())
            seats = len(self.possible_agents)
            caption += f", {at_door} of {seats} left through the door"
        return room_frame(
            self._places(),
            self.seats,
            self.levers,
            is_open=self.world.is_open,
            caption=caption,
        )

    def restrict(self, seats: Sequence[Seat]) -> EscapeRoomN:
        """Return the room with only `seats` in it and as many at the lever needed as before."""
        return self.only(seats)

    def oracle(self) -> CountWorth:
        """Return v(s) = max(0, 10(s-M) - M) for s > M seats, else 0.

        The others can neither help nor hinder a coalition that acts in one step, so v is the same
        whether they are removed, idle or hostile.
        """

        def values(counts_k1: NDArray[np.int64]) -> NDArray[np.float64]:
            free_k = counts_k1[:, 0] - self.levers
            best_k = EXIT_REWARD * free_k + MOVE_REWARD * self.levers
            return np.where(free_k > 0, np.maximum(best_k, 0.0), 0.0)

        return CountWorth((self.seats,), values)

    def replay_oracle(self, history: History) -> CountWorth:
        """Return replay values by role: seats that took the same actions are one kind.

        Where a kind stands at a step does not depend on who else is there, so a coalition's game
        is head counts times kinds: O(horizon · coalitions · kinds). A seat whose recorded
        actions are used up stays put.

        Raises:
            IllegalMove: the history holds a seat or an action that this game does not have.
        """
        _check_seats(history, self)
        kinds = kinds_by_line(self.possible_agents, history)
        lines = [_padded(actions, self) for actions in kinds]
        place_KT = np.array(lines, np.int64).reshape(len(kinds), self.horizon)
        start_K = np.full(len(kinds), START)
        before_KT = np.column_stack((start_K, place_KT[:, :-1]))
        # What one seat of a kind gets in a step if the door is closed, and if it is open.
        closed_KT = np.where(place_KT == before_KT, 0.0, MOVE_REWARD)
        lever_KT = place_KT == LEVER
        door_KT = place_KT == DOOR
        open_KT = np.where(door_KT, EXIT_REWARD, closed_KT)

        def values(counts_kK: NDArray[np.int64]) -> NDArray[np.float64]:
            total_k = np.zeros(len(counts_kK))
            playing_k = np.ones(len(counts_kK), bool)
            for t in range(self.horizon):
                open_k = counts_kK @ lever_KT[:, t] >= self.levers
                if_open_k = counts_kK @ open_KT[:, t]
                if_closed_k = counts_kK @ closed_KT[:, t]
                reward_k = np.where(open_k, if_open_k, if_closed_k)
                total_k += np.where(playing_k, reward_k, 0.0)
                # The game of a coalition ends when one of its seats leaves.
                leaves_k = open_k & (counts_kK @ door_KT[:, t] > 0)
                playing_k &= ~leaves_k
            return total_k

        return CountWorth(tuple(kinds.values()), values)

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return one step in which the last M seats work the lever, or all stay if that pays."""
        # One step is enough: the door is open for whoever goes while the levers are held.
        free = len(self.possible_agents) - self.levers
        total = EXIT_REWARD * free + MOVE_REWARD * self.levers
        if free <= 0 or total <= 0:
            return dict.fromkeys(self.possible_agents, ("start",))
        plan: dict[Seat, tuple[str, ...]] = {}
        for number, seat in enumerate(self.possible_agents):
            plan[seat] = ("door",) if number < free else ("lever",)
        return plan

    def security(self, seat: Seat) -> Security:
        """Return staying put: it costs nothing, and nobody can force others to the lever."""
        return Security(0.0, self._place(seat))

    def _at(self, seat: Seat) -> int:
        return int(self.world.places[self.number[seat]])

    def _place(self, seat: Seat) -> str:
        return self.actions[self._at(seat)]

    def _places(self) -> dict[str, list[Seat]]:
        places: dict[str, list[Seat]] = {name: [] for name in self.actions}
        for seat in self.possible_agents:
            places[self._place(seat)].append(seat)
        return places


def _check_seats(history: History, game: EscapeRoomN) -> None:
    """Raise IllegalMove if a history names seats that the game does not have."""
    unknown = set(history) - set(game.possible_agents)
    if unknown:
        raise IllegalMove(
            f"the history names {sorted(unknown)}; seats: {', '.join(game.seats)}"
        )


def _padded(actions: tuple[str, ...], game: EscapeRoomN) -> list[int]:
    """Return one kind's action a step, staying put after the last recorded one."""
    places = [START]
    for action in actions[: game.horizon]:
        if action not in game.index:
            raise IllegalMove(
                f"the history says {action!r}; actions: {', '.join(game.actions)}"
            )
        places.append(game.index[action])
    rest = game.horizon + 1 - len(places)
    # The first entry is where everybody begins and no action.
    return [*places[1:], *places[-1:] * rest]
