"""How a game is played: begun, advanced by action names, looked ahead in, and come back to.

Everything here follows from `Mechanics`. The PettingZoo side is in `game`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from shapley_coop.errors import GameError, IllegalMove, cause_text
from shapley_coop.interfaces.copying import WholeCopies
from shapley_coop.interfaces.guarding.attributes import check_declared
from shapley_coop.interfaces.mechanics import Mechanics
from shapley_coop.interfaces.moments import Preview, Snapshot
from shapley_coop.records import Deed, Seat, Step, split_text, text_fault
from shapley_coop.records.words import clean


class Playable(WholeCopies, Mechanics):
    """A game that can be played step by step, without spaces, masks or pictures."""

    def __init__(self, seats: Sequence[Seat]) -> None:
        self.possible_agents = list(seats)
        check_declared(self)
        self.index = {name: number for number, name in enumerate(self.actions)}
        self.start(0)

    def start(self, seed: int | None) -> None:
        """Begin an episode without building observations.

        All chance of the episode follows from `seed`. None takes fresh chance.
        """
        self.rng = np.random.default_rng(seed)
        self._opening = self.rng.bit_generator.state
        self.agents = list(self.possible_agents)
        self.clock = 0
        self.world = self.begin()

    @property
    def drew_chance(self) -> bool:
        """Whether another seed could have led to another play so far."""
        return bool(self.rng.bit_generator.state != self._opening)

    def apply(self, actions: Mapping[Seat, str]) -> Step:
        """Advance one step by action names. Seats leave `agents` when the game ends.

        Args:
            actions: the name of each seat's action. Where the action takes a text, the name and
                the text as `records.join_text` makes them one.

        Raises:
            IllegalMove: a seat's action is missing, unknown or not legal now, or its text cannot
                be taken.
            GameError: the game is over, it raised an error itself, or it paid a seat something
                that is no finite number.
        """
        if not self.agents:
            raise GameError(
                f"{self.name} is over; call reset() or start() before the next step"
            )
        # All actions are judged before any takes effect, so that a refusal changes nothing.
        self._refuse_illegal(actions)
        joint: dict[Seat, str] = {}
        texts: dict[Seat, str] = {}
        for seat in self.agents:
            deed = self.deed(actions[seat])
            joint[seat] = deed.action
            if deed.text is not None:
                texts[seat] = deed.text
        self.texts = texts
        try:
            rewards = self._advance(joint)
        finally:
            self.texts = {}
        self.clock += 1
        if self.clock >= self.horizon or self.over():
            self.agents = []
        return Step(actions=joint, rewards=rewards, texts=texts)

    def deed(self, action: str) -> Deed:
        """Return the name and the text of an action of this game."""
        # Where nothing is written, a line end would be part of the name.
        return split_text(action) if self.writes else Deed(action)

    def writing(self, seat: Seat) -> tuple[str, ...]:
        """Return the legal actions of a seat that take a text."""
        if not self.writes:
            return ()
        return tuple(action for action in self.legal(seat) if action in self.writes)

    def refusal(self, seat: Seat, action: str) -> str | None:
        """Return why a seat cannot take an action now, with its text if it has one, or None."""
        name, text = self.deed(action)
        if name not in self.legal(seat):
            return f"{clean(name, 60)!r} is not legal"
        if text is None:
            return None
        if name not in self.writes:
            return f"{clean(name, 60)!r} takes no text"
        return text_fault(text)

    def _refuse_illegal(self, actions: Mapping[Seat, str]) -> None:
        for seat in self.agents:
            action = actions.get(seat)
            reason = None
            if action is not None:
                reason = self.refusal(seat, action)
            if action is None or reason is not None:
                name = None if action is None else self.deed(action).action
                legal = self.legal(seat)
                why = "" if name not in legal else f": {reason}"
                raise IllegalMove(
                    f"{seat} cannot take {name!r} at step {self.clock} of "
                    f"{self.name}{why}; legal: {', '.join(legal)}"
                )

    def _advance(self, joint: Mapping[Seat, str]) -> dict[Seat, float]:
        numbers = {seat: self.index[name] for seat, name in joint.items()}
        payments = self.advance(numbers)
        rewards = {seat: float(payments[seat]) for seat in self.agents}
        if not all(map(math.isfinite, rewards.values())):
            raise GameError(
                f"game {self.name!r} paid {rewards} at step {self.clock}; rewards are finite"
            )
        return rewards

    def fresh(self) -> Self:
        """Return another instance with the same parameters, free to be played."""
        another = self.twin()
        another.start(0)
        return another

    def twin(self) -> Self:
        """Return another instance with the same parameters, to be started or restored at once.

        It shares everything with this one until then. A game that keeps what changes elsewhere than
        in `world` gives the twin its own here.
        """
        another = object.__new__(type(self))
        another.__dict__.update(self.__dict__)
        return another

    def snapshot(self) -> Snapshot:
        """Return everything needed to come back to this moment."""
        return Snapshot(
            world=self._copy_world(self.world),
            chance=self.rng.bit_generator.state,
            agents=tuple(self.agents),
            clock=self.clock,
        )

    def restore(self, moment: Snapshot) -> None:
        """Come back to a moment of this game. The moment can be restored again."""
        # The moment keeps its own copy, since play changes the world in place.
        self.world = self._copy_world(moment.world)
        self.rng = np.random.default_rng()
        self.rng.bit_generator.state = moment.chance
        self.agents = list(moment.agents)
        self.clock = moment.clock

    def _copy_world(self, world: Any) -> Any:
        # A world may hold what nobody can copy, such as an open file or a lock.
        try:
            return copy.deepcopy(world)
        except Exception as error:
            raise GameError(
                f"game {self.name!r}: the world that begin() made cannot be copied: "
                f"{cause_text(error)}"
            ) from error

    def lookahead(self) -> Self:
        """Return a copy of this moment to look ahead in, whose chance to come is its own."""
        another = self.fresh()
        another.restore(self.snapshot())
        another.forget_chance(0)
        return another

    def forget_chance(self, seed: int) -> None:
        """Let what chance decides from now on follow from `seed` alone.

        A game that keeps chance to come in its world draws it anew here.
        """
        self.rng = np.random.default_rng(seed)

    def preview(self, plan: Mapping[Seat, Sequence[str]]) -> Preview:
        """Return how the game would end under `plan` from here, and come back to this moment.

        Seats follow the plan as `follow` says.
        """
        # Nobody may notice that the game was played ahead, even if it breaks on the way.
        now = self.snapshot()
        steps: list[Step] = []
        try:
            while self.agents:
                turn = len(steps)
                joint = {
                    seat: self.follow(seat, plan.get(seat, ()), turn)
                    for seat in self.agents
                }
                steps.append(self.apply(joint))
            outcomes = self.outcomes()
        finally:
            self.restore(now)
        payoffs = {}
        for seat in self.seats:
            payoffs[seat] = sum(step.rewards.get(seat, 0.0) for step in steps)
        return Preview(payoffs, outcomes, tuple(steps))

    def follow(self, seat: Seat, plan: Sequence[str], turn: int) -> str:
        """Return a seat's planned action of a turn.

        Where the plan is used up or names an illegal action, this is the seat's `fallback`. Planned
        actions may hold texts.
        """
        if turn < len(plan) and self.refusal(seat, plan[turn]) is None:
            return plan[turn]
        return self.fallback(seat)

    def idle_action(self, seat: Seat) -> str:
        """Return what an absent seat does that cannot be removed: it idles where that is legal."""
        if self.idle is not None and self.idle in self.legal(seat):
            return self.idle
        return self.fallback(seat)

    def fallback(self, seat: Seat) -> str:
        """Return what a seat without a usable action does.

        This is the secure action where it is known and legal, else the first legal action.
        """
        legal = self.legal(seat)
        secure = self.security(seat)
        if secure is not None and secure.action in legal:
            return secure.action
        return legal[0]
