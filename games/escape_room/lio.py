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

from games.escape_room.picture import place_facts, place_kinds, room_frame, room_text
from shapley_coop.errors import ConfigError, IllegalMove
from shapley_coop.interfaces.game import CountWorth, Game, History, Security, whole
from shapley_coop.records import Facts, Seat
from shapley_coop.records.statements import Statement, StatementKind

LEVER, START, DOOR = range(3)
EXIT_REWARD, MOVE_REWARD = 10.0, -1.0


@dataclass
class Room:
    """Where each seat is, and whether the door was open in the latest step."""

    places: NDArray[np.int64]
    is_open: bool = False


class EscapeRoomN(Game):
    """ER(N, M) with N `seats`, M `levers` needed at once and at most `horizon` steps."""

    name = "escape-room-n"
    actions = ("lever", "start", "door")
    goal = "escaped"
    idle = "start"
    absences = ("removed", "idle", "baseline", "swap")
    variants = ({"seats": 2, "levers": 1}, {"seats": 12, "levers": 11}, {"horizon": 1})

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
        if whole(self.name, "seats", seats, 2) <= levers:
            raise ConfigError(
                f"{self.name} cannot be won with seats={seats} and levers={levers}: the lever "
                f"takes {levers} and one more must go to the door; give more seats than levers"
            )
        super().__init__([f"player_{i}" for i in range(seats)], render_mode=render_mode)

    def begin(self) -> Room:
        """Return a room with everybody at start."""
        self.number = {seat: number for number, seat in enumerate(self.possible_agents)}
        return Room(np.full(len(self.possible_agents), START))

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Move everybody and pay for doors and moves."""
        chosen = np.fromiter((actions[seat] for seat in self.possible_agents), np.int64)
        is_open = int((chosen == LEVER).sum()) >= self.levers
        rewards = np.where(chosen == self.world.places, 0.0, MOVE_REWARD)
        if is_open:
            rewards[chosen == DOOR] = EXIT_REWARD
        self.world = Room(chosen, is_open)
        return dict(zip(self.possible_agents, rewards.tolist(), strict=True))

    def over(self) -> bool:
        """Return whether somebody has left."""
        return self.world.is_open and bool((self.world.places == DOOR).any())

    def outcomes(self) -> frozenset[str]:
        """Return `door-open` for the latest step, and `escaped` once somebody has left."""
        names = ["door-open"] * self.world.is_open + ["escaped"] * self.over()
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
        return place_kinds(self.possible_agents)

    def statements(self, seat: Seat) -> tuple[Statement, ...]:
        """Return the room as the latest step left it."""
        return place_facts(self._places(), is_open=self.world.is_open)

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return own place one-hot, head counts by place, levers, steps left, and the door."""
        own = np.zeros(3)
        own[self._at(seat)] = 1
        counts = np.bincount(self.world.places, minlength=3)
        rest = (self.levers, self.horizon - self.clock, self.world.is_open)
        return np.concatenate((own, counts, rest)).astype(np.float32)

    def picture(self) -> str:
        """Return the room as text."""
        text = room_text(self._places(), self.levers, is_open=self.world.is_open)
        return f"{self.name}, {self.clock} of {self.horizon} steps taken\n{text}"

    def frame(self) -> NDArray[np.uint8]:
        """Return the room as pixels."""
        caption = f"{self.clock} of {self.horizon} steps taken"
        if self.over():
            left = int((self.world.places == DOOR).sum())
            caption += f", {left} of {len(self.possible_agents)} left through the door"
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
        kinds = _kinds(history, self)
        chosen_KT = np.array([_padded(actions, self) for actions in kinds], np.int64)
        chosen_KT = chosen_KT.reshape(len(kinds), self.horizon)
        before_KT = np.column_stack((np.full(len(kinds), START), chosen_KT[:, :-1]))
        moved_KT = np.where(chosen_KT == before_KT, 0.0, MOVE_REWARD)
        door_KT = chosen_KT == DOOR
        paid_KT = np.where(door_KT, EXIT_REWARD, moved_KT)

        def values(counts_kK: NDArray[np.int64]) -> NDArray[np.float64]:
            total_k = np.zeros(len(counts_kK))
            playing_k = np.ones(len(counts_kK), bool)
            for t in range(self.horizon):
                open_k = counts_kK @ (chosen_KT[:, t] == LEVER) >= self.levers
                gained_k = np.where(
                    open_k, counts_kK @ paid_KT[:, t], counts_kK @ moved_KT[:, t]
                )
                total_k += np.where(playing_k, gained_k, 0.0)
                playing_k &= ~(open_k & (counts_kK @ door_KT[:, t] > 0))
            return total_k

        return CountWorth(tuple(tuple(seats) for seats in kinds.values()), values)

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return one step in which the last M seats work the lever, or all stay if that pays."""
        free = len(self.possible_agents) - self.levers
        if EXIT_REWARD * free + MOVE_REWARD * self.levers <= 0 or free <= 0:
            return dict.fromkeys(self.possible_agents, ("start",))
        return {
            seat: ("door",) if number < free else ("lever",)
            for number, seat in enumerate(self.possible_agents)
        }

    def security(self, seat: Seat) -> Security:
        """Return staying put: it costs nothing, and nobody can force others to the lever."""
        return Security(0.0, self._place(seat))

    def _at(self, seat: Seat) -> int:
        return int(self.world.places[self.number[seat]])

    def _place(self, seat: Seat) -> str:
        return self.actions[self._at(seat)]

    def _places(self) -> dict[str, list[Seat]]:
        places: dict[str, list[Seat]] = {name: [] for name in self.actions}
        for seat, place in zip(
            self.possible_agents, self.world.places.tolist(), strict=True
        ):
            places[self.actions[place]].append(seat)
        return places


def _kinds(history: History, game: EscapeRoomN) -> dict[tuple[str, ...], list[Seat]]:
    """Group a game's seats by what they did, in seat order."""
    kinds: dict[tuple[str, ...], list[Seat]] = {}
    for seat in game.possible_agents:
        kinds.setdefault(tuple(history.get(seat, ())), []).append(seat)
    unknown = set(history) - set(game.possible_agents)
    if unknown:
        raise IllegalMove(
            f"the history names {sorted(unknown)}; seats: {', '.join(game.seats)}"
        )
    return kinds


def _padded(actions: tuple[str, ...], game: EscapeRoomN) -> list[int]:
    """Return one kind's action a step, staying put after the last recorded one."""
    places = [START]
    for action in actions[: game.horizon]:
        if action not in game.index:
            raise IllegalMove(
                f"the history says {action!r}; actions: {', '.join(game.actions)}"
            )
        places.append(game.index[action])
    return (places + places[-1:] * game.horizon)[1 : game.horizon + 1]
