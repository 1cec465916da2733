"""Where in a line of play somebody else's environment stands, and how it is brought elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any, NamedTuple

from games.third_party.live import Live
from games.third_party.lookup import Maker
from shapley_coop.errors import GameError, cause_text
from shapley_coop.records import Seat


class TakenStep(NamedTuple):
    """One step of an environment, with what a repetition of it must show again."""

    actions: tuple[int | None, ...]
    """The environment's own number of each seat's action. None means that the seat waits."""
    rewards: tuple[float, ...]
    turn: tuple[Seat, ...]
    """The seats to move next."""


class LineOfPlay(NamedTuple):
    """A seed and every step since. The environment follows from it."""

    seed: int
    steps: tuple[TakenStep, ...] = ()

    def leads_to(self, later: LineOfPlay) -> bool:
        """Return whether `later` is this line or goes on from it."""
        return self.seed == later.seed and self.steps == later.steps[: len(self.steps)]

    def __deepcopy__(self, memo: dict[int, Any]) -> LineOfPlay:
        # Nothing in a line ever changes, and a long one would take long to copy.
        return self


class Track:
    """A running environment and the line of play that it has come along.

    A copy has an environment of its own, which is launched when it is first needed.

    Args:
        maker: launches environments.
        options: handed to the environment.
    """

    def __init__(self, maker: Maker, options: Mapping[str, Any]) -> None:
        self.maker = maker
        self.options = dict(options)
        self.spare: dict[Seat, int] = {}
        """The number of the action of a seat to move that waits."""
        self._live: Live | None = None
        self._line: LineOfPlay | None = None
        self._clock = 0
        """The step that the environment takes or took last, for errors."""

    def __getstate__(self) -> dict[str, Any]:
        # Many environments are copied to how they were made, so none is ever copied.
        return {**self.__dict__, "_live": None, "_line": None}

    @property
    def live(self) -> Live:
        """The environment, wherever it stands."""
        if self._live is None:
            self._live = self.maker.launch(self.options)
        return self._live

    def twin(self) -> Track:
        """Return another track of the same environment, which has not begun."""
        another = Track(self.maker, self.options)
        another.spare = self.spare
        return another

    def at(self, line: LineOfPlay) -> Live:
        """Return the environment, brought to where a line of play ends.

        Raises:
            GameError: it failed on the way, or what it did before did not come again.
        """
        if self._line == line:
            return self.live
        with self._watched():
            before = self._line
            # An environment that fails half way is at no known place.
            self._line = None
            if before is None or not before.leads_to(line):
                self._clock = 0
                self.live.reset(line.seed)
                before = LineOfPlay(line.seed)
            for number in range(len(before.steps), len(line.steps)):
                self._clock = number
                recorded = line.steps[number]
                if self._take(recorded.actions) != recorded:
                    raise GameError(
                        f"it does not repeat itself: the same actions under seed {line.seed} lead "
                        f"elsewhere from step {number} on, so it cannot be copied, looked ahead in "
                        f"or replayed"
                    )
        self._line = line
        return self.live

    def go_on(self, line: LineOfPlay, actions: Sequence[int | None]) -> LineOfPlay:
        """Take one step from the end of a line of play, and return the longer line.

        Args:
            line: where to start from.
            actions: the number of each seat's action, or None of one that waits.

        Raises:
            GameError: the environment failed.
        """
        self.at(line)
        with self._watched():
            self._line = None
            self._clock = len(line.steps)
            taken = self._take(actions)
        self._line = LineOfPlay(line.seed, (*line.steps, taken))
        return self._line

    def close(self) -> None:
        """Close the environment."""
        if self._live is not None:
            self._live.close()

    def _take(self, actions: Sequence[int | None]) -> TakenStep:
        live = self.live
        moves = {}
        turn = set(live.turn())
        for seat, number in zip(live.seats, actions, strict=True):
            if seat in turn:
                chosen = self.spare[seat] if number is None else number
                # Some environments count on the kind of number that their space draws.
                moves[seat] = live.action_space(seat).dtype.type(chosen)
            elif number is not None:
                raise GameError(
                    f"it does not repeat itself: it was {seat}'s turn, and is not again"
                )
        rewards = live.step(moves)
        by_seat = tuple(rewards[seat] for seat in live.seats)
        return TakenStep(tuple(actions), by_seat, tuple(live.turn()))

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Turn whatever a third party raises into a GameError that names it and the step."""
        # Some even try to end the program. What they print is no part of a command's output.
        try:
            with redirect_stdout(sys.stderr):
                yield
        except GameError as error:
            raise GameError(f"{self._where()}: {error}") from error
        except (Exception, SystemExit) as error:
            raise GameError(f"{self._where()} with {cause_text(error)}") from error

    def _where(self) -> str:
        return f"pettingzoo:{self.maker.env_id} failed at step {self._clock}"
