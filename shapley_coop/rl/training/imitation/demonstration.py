"""A rule agent that answers as a language model would have: in the same words, to the same prompts.

A demonstrator has its teacher decide and a language-model seat read the decision as if a model had
written it. So every row holds exactly what such a seat sends and a text that it can read, and the
play goes on with what was read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from shapley_coop.agents.llm import json_answers
from shapley_coop.agents.llm.agent import LanguageModel
from shapley_coop.agents.llm.json_answers import Answer
from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.agent import (
    Act,
    Agent,
    AgentFactory,
    Payer,
    Place,
    View,
)
from shapley_coop.interfaces.model import Message, Reply, Schema
from shapley_coop.records import Beliefs, Move
from shapley_coop.records.deeds import deed_of

T = TypeVar("T")
SLIP = 0.15
"""How often a demonstrator is taken to have stated wrong beliefs, so that later questions show what
to do then (after Laskey et al., 2017, noise injected into the teacher, arXiv 1703.09327)."""
GREATEST_SLIP = 3
"""By how much each figure is then off at most, in whole numbers."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """One decision: what a language-model seat is sent, and what it should answer."""

    game: str
    """The name of the game."""
    purpose: str
    """Phase and moment, such as `task/negotiate`."""
    messages: tuple[Message, ...]
    """The prompt."""
    answer: str
    """The teacher's decision as compact JSON."""
    schema: Schema
    """What every answer is bound to."""


@dataclass
class Demonstrations:
    """The rows of many plays, and what became of decisions that gave none."""

    rows: list[Demonstration] = field(default_factory=list)
    """In the order in which they were decided."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """How many decisions could not be said in JSON, by the reason."""


@dataclass
class DemonstratorFactory:
    """A factory of demonstrators."""

    teacher: AgentFactory
    """Makes whoever decides."""
    rows: Demonstrations
    """Takes the rows."""
    needs_model: bool = False

    def __call__(self, place: Place) -> Demonstrator:
        """Return the demonstrator of a place."""
        return Demonstrator(place, self.teacher(place), self.rows)


class Demonstrator:
    """Decides as its teacher does, through the answer of a language-model seat."""

    def __init__(self, place: Place, teacher: Agent, rows: Demonstrations) -> None:
        self._teacher = teacher
        self._rows = rows
        self._pen = _Pen(place.game.name)
        self._rng = place.rng
        # What cannot be read is no answer to be mended.
        settings = place.model.model_copy(update={"repairs": 0})
        self._seat = LanguageModel(replace(place, ask=self._pen, model=settings))

    async def believe(self, view: View) -> Beliefs | None:
        """State the teacher's beliefs."""
        beliefs = await self._teacher.believe(view)
        if beliefs is None:
            return None
        answer = json_answers.beliefs_answer(beliefs, view)
        read = await self._written(answer, self._seat.believe, view, beliefs)
        if read is not None and self._rng.random() < SLIP:
            return self._slipped(read)
        return read

    async def negotiate(self, view: View) -> Move | None:
        """Make the teacher's move."""
        move = await self._teacher.negotiate(view)
        if move is None:
            return None
        try:
            short = json_answers.shorten(move, view)
        except ValueError as error:
            self._rows.unreadable[str(error)] += 1
            return move
        answer = json_answers.move_answer(short, view)
        read = await self._written(answer, self._seat.negotiate, view, short)
        # Without its damages the others might not sign, and then none would learn to.
        return read if short is move else move

    async def act(self, view: View) -> Act | None:
        """Take the teacher's action."""
        action = await self._teacher.act(view)
        if action is None:
            return None
        name = str(deed_of(action))
        answer = json_answers.action_answer(name, view)
        return await self._written(answer, self._seat.act, view, name)

    async def honours(self, view: View) -> bool | None:
        """Pay if the teacher does."""
        if not isinstance(self._teacher, Payer):
            return False
        pays = await self._teacher.honours(view)
        if pays is None:
            return None
        answer = json_answers.honour_answer(pays)
        return await self._written(answer, self._seat.honours, view, pays)

    def _slipped(self, beliefs: Beliefs) -> Beliefs:
        """Return beliefs whose figures are off."""

        def off(figure: float) -> float:
            return figure + int(self._rng.integers(-GREATEST_SLIP, GREATEST_SLIP + 1))

        changes: dict[str, object] = {"pot": off(beliefs.pot)}
        if beliefs.own is not None:
            changes["own"] = off(beliefs.own)
        if beliefs.shares is not None:
            shares = beliefs.shares
            changes["shares"] = {seat: off(share) for seat, share in shares.items()}
        else:
            values = beliefs.values
            changes["values"] = {name: off(value) for name, value in values.items()}
        return beliefs.model_copy(update=changes)

    async def _written(
        self,
        answer: Answer,
        ask: Callable[[View], Awaitable[T | None]],
        view: View,
        meant: T,
    ) -> T | None:
        """Return an answer as it is read, and keep its row. What cannot be read is meant as is."""
        text = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
        self._pen.begin(text)
        try:
            read = await ask(view)
        except IllegalMove as error:
            self._rows.unreadable[str(error)] += 1
            return meant
        # A seat with nothing to choose is asked nothing, so there is no row.
        if self._pen.row is not None:
            self._rows.rows.append(self._pen.row)
        return read


class _Pen:
    """Answers a language-model seat with a text that is known beforehand, and keeps the row."""

    def __init__(self, game: str) -> None:
        self._game = game
        self._text = ""
        self.row: Demonstration | None = None

    def begin(self, text: str) -> None:
        """Take the text of the next answer."""
        self._text, self.row = text, None

    async def complete(
        self,
        messages: Sequence[Message],
        schema: Schema | None,
        *,
        purpose: str,
        tokens: int | None = None,
    ) -> Reply:
        """Return the text."""
        assert schema is not None, "demonstrators speak JSON"
        self.row = Demonstration(
            self._game, purpose, tuple(messages), self._text, schema
        )
        return Reply(text=self._text)
