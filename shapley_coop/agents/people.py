"""What people answer, kept so that a run that is continued or replayed asks nobody again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from pydantic import TypeAdapter

from shapley_coop.interfaces.agent import Act, Agent, Payer, View
from shapley_coop.records import Beliefs, Move, Seat

T = TypeVar("T")


class PersonQuestion(NamedTuple):
    """Which question of a run something answers."""

    episode: int
    seat: Seat
    present: tuple[Seat, ...]
    """The seats of the coalition that plays. Empty where all play."""
    seed: int
    """From which the draws of the play follow, since coalitions may be played several times."""
    method: str
    """What was asked, by the name of the agent's method."""
    turn: int
    """How often that was asked in this play before."""


class Memory(Protocol):
    """Keeps answers over the sessions of a run, as JSON values."""

    def recall(self, question: PersonQuestion) -> list[Any]:
        """Return a list of the one answer that was kept, or an empty one if there is none.

        Raises:
            InputError: there is none, and nobody may be asked.
        """
        ...

    def keep(self, question: PersonQuestion, answer: Any) -> None:
        """Keep an answer."""
        ...


class RememberedPerson:
    """Asks an agent that no seed decides for, such as a person, only what it never answered.

    Args:
        agent: who is asked.
        memory: what it answered before.
        first: the question of its play that comes first. Method and turn are filled in.
    """

    def __init__(self, agent: Agent, memory: Memory, first: PersonQuestion) -> None:
        self.original = agent
        self._memory = memory
        self._first = first
        self._turns: Counter[str] = Counter()

    async def believe(self, view: View) -> Beliefs | None:
        """Return what coalitions are worth."""
        return await self._once(partial(self.original.believe, view), _BELIEFS)

    async def negotiate(self, view: View) -> Move | None:
        """Return a move at a table."""
        return await self._once(partial(self.original.negotiate, view), _MOVE)

    async def act(self, view: View) -> Act | None:
        """Return an action."""
        return await self._once(partial(self.original.act, view), _ACTION)

    async def honours(self, view: View) -> bool | None:
        """Return whether to pay what nobody enforces. Who cannot decide that pays nothing."""
        agent = self.original
        if not isinstance(agent, Payer):
            return False
        return await self._once(partial(agent.honours, view), _CHOICE)

    async def _once(
        self,
        ask: partial[Coroutine[Any, Any, T]],
        kind: TypeAdapter[T],
    ) -> T:
        method = ask.func.__name__
        question = self._first._replace(method=method, turn=self._turns[method])
        self._turns[method] += 1
        for answer in self._memory.recall(question):
            return kind.validate_python(answer)
        given = await ask()
        # What is no answer at all is told by whoever asked.
        answer = kind.dump_python(given, mode="json", warnings="error")
        self._memory.keep(question, answer)
        return given


_BELIEFS: TypeAdapter[Beliefs | None] = TypeAdapter(Beliefs | None)
_MOVE: TypeAdapter[Move | None] = TypeAdapter(Move | None)
_CHOICE: TypeAdapter[bool | None] = TypeAdapter(bool | None)
_ACTION: TypeAdapter[Act | None] = TypeAdapter(Act | None)
