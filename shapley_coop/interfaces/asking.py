"""How an agent is asked: its answer, why it has none, or the name of the agent that broke."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import (
    Any,
    Generic,
    NamedTuple,
    Protocol,
    TypeVar,
    get_args,
    runtime_checkable,
)

from pydantic import ValidationError

from shapley_coop.errors import (
    AgentError,
    Blame,
    IllegalMove,
    ModelError,
    cause_text,
    raise_if_cancelled,
    value_text,
)
from shapley_coop.interfaces.agent import (
    Agent,
    AgentFactory,
    Payer,
    Place,
    Reasoned,
    View,
    Written,
)
from shapley_coop.interfaces.plugins import place_of
from shapley_coop.records import Beliefs, Move
from shapley_coop.records.base import Record
from shapley_coop.records.moves import AnyMove
from shapley_coop.records.statements import Thought
from shapley_coop.records.words import clean, faults_text

T = TypeVar("T")


class Answer(NamedTuple, Generic[T]):
    """What an agent answered, or None and why not."""

    value: T | None
    reason: str


# Checkable at run time, since few agents are one.
@runtime_checkable
class StandIn(Protocol):
    """An agent that hands questions on to another, which errors then name."""

    original: Agent


def sit_down(factory: AgentFactory, place: Place) -> Agent:
    """Return the agent that a factory makes for a place.

    Raises:
        AgentError: the factory broke.
    """

    def failure(error: BaseException) -> AgentError:
        agent = f"agent {place_of(factory)} at {place.seat}"
        return AgentError(f"{agent}: it could not be made: {cause_text(error)}")

    with Blame(failure):
        return factory(place)


async def ask_beliefs(agent: Agent, view: View) -> Answer[Beliefs]:
    """Ask what coalitions are worth. The errors, here and below, are those of `ask_action`."""
    answers = _Kind("believe", (Beliefs,), "Beliefs or None")
    return await _ask(agent, answers, view, lambda: agent.believe(view))


async def ask_move(agent: Agent, view: View) -> Answer[Move]:
    """Ask for a move at a table."""
    moves = get_args(AnyMove)
    names = ", ".join(move.__name__ for move in moves)
    answers = _Kind("negotiate", moves, f"one of {names}, or None")
    return await _ask(agent, answers, view, lambda: agent.negotiate(view))


async def ask_action(agent: Agent, view: View) -> Answer[str | Written | Reasoned]:
    """Ask for an action.

    Raises:
        AgentError: the agent raised something that is no error of this project, or answered with
            a value of another type.
        ModelError: the agent's model can be asked nothing more.
    """
    answers = _Kind("act", (str, Written, Reasoned), "one of view.actions, or None")
    return await _ask(agent, answers, view, lambda: agent.act(view))


async def ask_payment(agent: Payer, view: View) -> Answer[bool]:
    """Ask whether an agent pays what it owes and nobody enforces."""
    answers = _Kind("honours", (bool,), "True, False or None")
    return await _ask(agent, answers, view, lambda: agent.honours(view))


class _Kind(NamedTuple):
    """What one of an agent's methods is called, and what it returns."""

    method: str
    types: tuple[type, ...]
    words: str


async def _ask(
    agent: object,
    kind: _Kind,
    view: View,
    question: Callable[[], Awaitable[T | None]],
) -> Answer[T]:
    def say(fault: str) -> str:
        return f"agent {place_of(agent)} at {view.seat}: {kind.method} {fault} at step {view.step}"

    def failure(error: BaseException) -> AgentError:
        return AgentError(f"{say('failed')}: {cause_text(error)}")

    try:
        # An agent that fails ends its episode, and the run goes on.
        with Blame(failure):
            coming = question()
            # Checked below: an error that is raised in here would be told of the agent.
            is_coroutine = isawaitable(coming)
            value = await coming if is_coroutine else None
    except IllegalMove as error:
        # An agent may say why it has no answer. The forfeit that follows tells that reason.
        return Answer(None, clean(str(error), 300))
    except ModelError as error:
        if error.fatal:
            raise
        return Answer(None, clean(str(error), 300))
    # An agent may have made an answer of its own cancellation.
    raise_if_cancelled()
    if not is_coroutine:
        fault = say("is no coroutine")
        raise AgentError(f"{fault}; write: async def {kind.method}(self, view)")
    if value is None:
        return Answer(None, "no usable answer")
    if not isinstance(value, kind.types):
        returned = say(f"returned {value_text(value)}")
        raise AgentError(f"{returned}; it returns {kind.words}")
    with Blame(lambda error: AgentError(say(f"returned {_what(value, error)}"))):
        _check_parts(value)
    if isinstance(value, str):
        # A text of a class of the agent's own may compare as no other text does.
        text: Any = str.__str__(value)
        return Answer(text, "")
    return Answer(value, "")


def _what(value: object, error: BaseException) -> str:
    """Return what is wrong with an answer of the right type."""
    fault = faults_text(error) if isinstance(error, ValidationError) else ""
    return f"a {type(value).__name__} that is not whole: {fault or cause_text(error)}"


def _check_parts(value: object) -> None:
    """Raise what a record is made of that is not of its type: it can be made without a check."""
    if isinstance(value, Reasoned | Written) and not isinstance(value.action, str):
        raise TypeError(f"{value_text(value.action)} as its action")
    if isinstance(value, Written) and not isinstance(value.text, str):
        raise TypeError(f"{value_text(value.text)} as its text")
    if isinstance(value, Reasoned):
        if not isinstance(value.thought, Thought):
            raise TypeError(f"{value_text(value.thought)} as its thought")
        _check_parts(value.thought)
    elif isinstance(value, tuple):
        for part in value:
            _check_parts(part)
    elif isinstance(value, Record):
        fields = vars(value)
        # Records within it are taken as they are, so each is looked at by itself.
        type(value).__pydantic_validator__.validate_python(dict(fields))
        for part in fields.values():
            _check_parts(part)
