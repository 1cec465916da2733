"""All histories of a small game as a tree, for whoever reasons backwards from its ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from shapley_coop.interfaces.game import Game
from shapley_coop.records import Seat, Step

Joint = tuple[str, ...]
"""One action of every seat that acts, in their order."""
Value = Callable[[Game, Sequence[Step]], Mapping[Seat, float]]
"""(the game at its end, the play) to what each seat has then."""
Choices = Callable[[Game, Seat], Sequence[str]]
"""(the game now, a seat that acts) to the actions that it may take, all of them legal."""


def legal_actions(stage: Game, seat: Seat) -> Sequence[str]:
    """Return every action that is open to a seat now."""
    return stage.legal(seat)


@dataclass(frozen=True)
class History:
    """A moment of a game, with every joint action that can follow on it."""

    acting: tuple[Seat, ...] = ()
    """Seats that act now. Empty at the end of the game."""
    branches: Mapping[Joint, History] = field(default_factory=dict)
    payoffs: Mapping[Seat, float] = field(default_factory=dict)
    """What each seat has at the end of the game, and empty before."""


def histories(
    game: Game,
    seed: int,
    value: Value,
    most: int,
    choices: Choices = legal_actions,
) -> History | None:
    """Return the opening of a game with all that can follow.

    Args:
        game: any instance of the game. It is left alone.
        seed: the seed of its dice, which are the same in every history.
        value: what each seat has at the end of a play.
        most: the number of histories beyond which the answer is None. It is None too where actions
            take a text, since nobody can go through all texts.
        choices: the actions that each seat may take.
    """
    if game.writes:
        return None
    stage = game.fresh()
    stage.start(seed)
    growth = _Growth(stage, value, most, choices)
    opening = growth.grow([])
    return None if growth.too_large else opening


class _Growth:
    """Goes through histories, depth first, until they are too many."""

    def __init__(self, stage: Game, value: Value, most: int, choices: Choices) -> None:
        self._stage = stage
        self._value = value
        self._choices = choices
        self._left = most

    @property
    def too_large(self) -> bool:
        """Whether there are more histories than may be gone through."""
        return self._left < 0

    def grow(self, steps: Sequence[Step]) -> History:
        """Return the history that the game stands at."""
        stage = self._stage
        self._left -= 1
        if not stage.agents:
            return History(payoffs=self._value(stage, steps))
        now = stage.snapshot()
        acting = tuple(stage.agents)
        options = [self._choices(stage, seat) for seat in acting]
        branches: dict[Joint, History] = {}
        for joint in product(*options):
            # A tree that is too large is of no use, so its rest need not be seen.
            if self.too_large:
                break
            stage.restore(now)
            step = stage.apply(dict(zip(acting, joint, strict=True)))
            branches[joint] = self.grow([*steps, step])
        return History(acting=acting, branches=branches)
