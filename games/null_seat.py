"""Any game with one more seat that can do nothing and gets nothing: its credit has to be 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from inspect import signature
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from games.null_worth import with_null_kind, with_null_member
from shapley_coop.interfaces.copying import CopiesById
from shapley_coop.interfaces.game import (
    CountWorth,
    Game,
    History,
    Security,
    Snapshot,
    Worth,
)
from shapley_coop.interfaces.plugins import load
from shapley_coop.records import Facts, Seat, join_text
from shapley_coop.records.statements import Statement, StatementKind

NOTHING = "nothing"


class NullSeatGame(CopiesById, Game):
    """A game in which `null_k` sits at the table, has one action, and changes nothing.

    A planted null player shows whether credit is sound: axiom and sampling error both say 0. The
    seat may still negotiate. What it is then paid is a gift, and shows as such.
    """

    name: ClassVar[str] = "null"
    factory: ClassVar[Callable[..., Game]]
    """Makes the game itself. Parameters of this game are handed on to it."""

    def __init__(self, *, render_mode: str | None = None, **parameters: Any) -> None:
        inner = type(self).factory(render_mode=render_mode, **parameters)
        # None where a coalition holds the null seat alone, which can play nothing.
        self.inner: Game | None = inner
        # Asked for what no play changes, whoever is there.
        self.whole = inner
        self.null = f"null_{len(inner.seats)}"
        self.idle = inner.idle
        self.goal = inner.goal
        self.horizon = inner.horizon
        self.absences = inner.absences
        self.oracle_absence = inner.oracle_absence
        self.externalities = inner.externalities
        self.communication = inner.communication
        # Where the game has no action that does nothing, the null seat gets one of its own.
        self.nothing = inner.idle or NOTHING
        self.actions = inner.actions
        self.writes = inner.writes
        if inner.idle is None:
            self.actions = (*inner.actions, NOTHING)
        self._outcome_names = inner.possible_outcomes()
        self._kinds = inner.statement_kinds()
        super().__init__([*inner.seats, self.null], render_mode=render_mode)

    def begin(self) -> None:
        """Begin the game itself. `snapshot` keeps the moments of it."""
        if self.inner is not None:
            seed = int(self.rng.integers(2**31))
            self.inner.start(seed)

    def forget_chance(self, seed: int) -> None:
        """Let chance in the game itself follow from another seed too."""
        super().forget_chance(seed)
        if self.inner is not None:
            self.inner.forget_chance(int(self.rng.integers(2**31)))

    @property
    def drew_chance(self) -> bool:
        """Whether the game itself drew. The draw that begins it decides nothing by itself."""
        return self.inner is not None and self.inner.drew_chance

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Play the step without the null seat."""
        if self.inner is None:
            return {self.null: self.whole.worth_of_nobody()}
        joint = {}
        for seat in self.inner.agents:
            name = self.actions[actions[seat]]
            joint[seat] = join_text(name, self.texts.get(seat))
        step = self.inner.apply(joint)
        # A coalition of the game's own seats pays the null seat nothing.
        nothing = {seat: 0.0 for seat in self.agents if seat == self.null}
        return {**step.rewards, **nothing}

    def over(self) -> bool:
        """Return whether the game itself is over. The null seat alone has one step to pass."""
        if self.inner is None:
            return self.clock > 0
        return self.inner.over()

    def legal(self, seat: Seat) -> Sequence[str]:
        """Return the game's legal actions. The null seat can do nothing."""
        if self.inner is None or seat == self.null:
            return (self.nothing,)
        return self.inner.legal(seat)

    def outcomes(self) -> frozenset[str]:
        """Return the game's outcomes."""
        return frozenset() if self.inner is None else self.inner.outcomes()

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name of the game."""
        return self._outcome_names

    def facts(self, seat: Seat) -> Facts:
        """Return the game's facts. The null seat knows that it can do nothing."""
        if self.inner is None or seat == self.null:
            return {
                "step": self.clock,
                "horizon": self.horizon,
                "you_can_change": "nothing",
            }
        return self.inner.facts(seat)

    def statement_kinds(self) -> tuple[StatementKind, ...]:
        """Return the game's kinds of statement, also where the null seat is left alone."""
        return self._kinds

    def statements(self, seat: Seat) -> tuple[Statement, ...]:
        """Return the game's statements. The null seat sees none."""
        if self.inner is None or seat == self.null:
            return ()
        return self.inner.statements(seat)

    def step_reward(self, seat: Seat, action: str) -> float | None:
        """Return the game's judgement. Doing nothing is neither right nor wrong."""
        # The middle of a scale from -1 to 1, so that the seat is neither paid nor punished.
        if self.inner is None or seat == self.null:
            return 0.0
        return self.inner.step_reward(seat, action)

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return the game's features. Those of the null seat are constant and as long."""
        if self.inner is None:
            return np.ones(1, np.float32)
        if seat == self.null:
            # Learners that serve all seats need features of one length.
            example = self.inner.features(self.inner.seats[0])
            return np.ones_like(example)
        return self.inner.features(seat)

    def contributions(self) -> dict[Seat, float] | None:
        """Return the game's figures, and none for the null seat."""
        if self.inner is None:
            return None
        figures = self.inner.contributions()
        return None if figures is None else {**figures, self.null: 0.0}

    def aftermath(self) -> Facts | None:
        """Return what the game itself keeps of the play."""
        return None if self.inner is None else self.inner.aftermath()

    def worth_of_nobody(self) -> float:
        """Return what is there without any work of the game's own seats."""
        return self.whole.worth_of_nobody()

    def restrict(self, seats: Sequence[Seat]) -> NullSeatGame | None:
        """Return the game with only `seats`, or None if the game cannot remove any."""
        if self.inner is None:
            return self.fresh()
        present = set(seats)
        inside = [seat for seat in self.inner.seats if seat in present]
        fewer: Game | None = None
        if self.null not in present and len(inside) == len(self.inner.seats):
            # Any game can do without the null seat, since the game itself is then whole.
            fewer = self.inner.twin()
        elif inside:
            fewer = self.inner.restrict(inside)
            if fewer is None:
                return None
        game = super().twin()
        game.keep_seats(seats)
        game.inner = fewer
        game.start(0)
        return game

    def oracle(self) -> Worth | None:
        """Return the game's worth, which the null seat does not change."""
        if self.inner is None:
            return None
        return self._with_null(self.inner.oracle())

    def replay_oracle(self, history: History) -> Worth | None:
        """Return the game's closed-form replay values, which the null seat does not change."""
        if self.inner is None:
            return None
        return self._with_null(self.inner.replay_oracle(self._of_others(history)))

    def realised_oracle(self, history: History) -> Worth | None:
        """Return the game's closed-form realised values, which the null seat does not change."""
        if self.inner is None:
            return None
        return self._with_null(self.inner.realised_oracle(self._of_others(history)))

    def _of_others(self, history: History) -> History:
        return {seat: line for seat, line in history.items() if seat != self.null}

    def _with_null(self, worth: Worth | None) -> Worth | None:
        """Return a worth of the game itself as one of all seats of this game."""
        # In a coalition without the null seat there is nothing to add.
        if worth is None or self.null not in self.possible_agents:
            return worth
        if isinstance(worth, CountWorth):
            return with_null_kind(worth, self.null)
        return with_null_member(worth, self.null)

    def plan(self) -> dict[Seat, tuple[str, ...]] | None:
        """Return the game's plan."""
        if self.inner is None:
            return None
        plan = self.inner.plan()
        if plan is None:
            return None
        return {**plan, self.null: (self.nothing,) * self.horizon}

    def security(self, seat: Seat) -> Security | None:
        """Return what a seat can secure in the game. The null seat can always secure 0."""
        if self.inner is None or seat == self.null:
            return Security(0.0, self.nothing)
        return self.inner.security(seat)

    def fallback(self, seat: Seat) -> str:
        """Return what the game says a seat without a usable action does."""
        if self.inner is None or seat == self.null:
            return self.nothing
        return self.inner.fallback(seat)

    def picture(self) -> str:
        """Return the game's picture and the null seat below it."""
        lines = []
        if self.inner is not None:
            lines.append(self.inner.picture())
        if self.null in self.possible_agents:
            lines.append(f"{self.null} looks on")
        return "\n".join(lines)

    def frame(self) -> NDArray[np.uint8]:
        """Return the game's picture as pixels."""
        return super().frame() if self.inner is None else self.inner.frame()

    def snapshot(self) -> Snapshot:
        """Return a moment of the game itself."""
        return Snapshot(
            world=None if self.inner is None else self.inner.snapshot(),
            chance=self.rng.bit_generator.state,
            agents=tuple(self.agents),
            clock=self.clock,
        )

    def restore(self, moment: Snapshot) -> None:
        """Come back to a moment of the game itself."""
        # The world of this game is a moment of the inner one, which that game restores.
        super().restore(moment._replace(world=None))
        if self.inner is not None:
            self.inner.restore(moment.world)

    def twin(self) -> Self:
        """Return another instance with a game of its own inside."""
        another = super().twin()
        another.inner = None if self.inner is None else self.inner.twin()
        return another

    def close(self) -> None:
        """Close the game."""
        if self.inner is not None:
            self.inner.close()


def of(game: str) -> type[NullSeatGame]:
    """Return the game class of `null:<game>`: the named game with a null seat.

    Raises:
        PluginError: the game is unknown.
    """
    return _class_of(game, load("games", game))


# A class is made once, so that copies and originals are of one class. It is made anew where a
# module was loaded again.
@cache
def _class_of(game: str, inner: Callable[..., Game]) -> type[NullSeatGame]:
    class NamedNullSeatGame(NullSeatGame):
        name = f"null:{game}"
        made_by = (of, game)
        factory = staticmethod(inner)
        # Listings and checks of parameters ask for the signature, and this game takes the
        # parameters of the game itself.
        __signature__ = signature(inner)

    return NamedNullSeatGame
