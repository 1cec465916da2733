"""A judge model asked through the gateway for scores; what it judges is evidence, never orders."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from shapley_coop.agents.prompts import render
from shapley_coop.config.sections import Config, Limits, ModelSettings
from shapley_coop.errors import ModelError, StorageError
from shapley_coop.interfaces.model import Asker, Message, Reply, Schema
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.memory.cache import Cache
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.replies import ask, json_object
from shapley_coop.records import Clause, Seat, Step
from shapley_coop.records.statements import Statement
from shapley_coop.records.words import clauses_text, clean
from shapley_coop.runs.store import RunFolder, lock

ANSWERS = "judge.jsonl"
"""The cassette of a run folder's judges."""
SCHEMA: Schema = {
    "type": "object",
    "properties": {"score": {"type": "number", "minimum": 0, "maximum": 1}},
    "required": ["score"],
    "additionalProperties": False,
}
_EARLIER = 20
_LINE = 600
_LINES = 80


class Question(NamedTuple):
    """What a judge is asked; equal questions are asked once."""

    about: Literal["claim", "step"]
    text: str


def claim_question(text: str, truth: Sequence[Statement]) -> Question:
    """Ask how well free text states some facts."""
    told = [quoted(fact_text(fact)) for fact in truth]
    return Question("claim", render("judge/claim.j2", text=quoted(text), facts=told))


def step_question(
    seat: Seat,
    action: str,
    *,
    rules: str,
    earlier: Sequence[Step] = (),
    promises: Sequence[Clause] = (),
    reason: str = "",
) -> Question:
    """Ask how likely a step is right; `rules` is what the seat was told of the game before it."""
    done = [
        f"Step {number}: "
        + ", ".join(f"{who} {what}" for who, what in step.actions.items())
        for number, step in enumerate(earlier)
    ]
    text = render(
        "judge/step.j2",
        seat=_line(seat),
        action=_line(action),
        rules=quoted(rules),
        earlier=[quoted(line) for line in done[-_EARLIER:]],
        promises=[quoted(line) for line in clauses_text(promises)],
        reason=quoted(reason),
    )
    return Question("step", text)


def fact_text(fact: Statement) -> str:
    """Return a fact in one line."""
    return f"{fact.kind}: " + ", ".join(
        f"{name} {value}" for name, value in fact.fields.items()
    )


def quoted(text: str) -> str:
    """Return strangers' text without control characters or what could end its quotation."""
    return "\n".join(_line(line) for line in text.splitlines()[:_LINES])


class Judge:
    """A model that scores; `asker` is the gateway as any seat sees it."""

    def __init__(self, asker: Asker, *, repairs: int = 2) -> None:
        self._asker = asker
        self._repairs = repairs

    async def score(self, question: Question) -> float | None:
        """Return a score in [0, 1], or None after the last answer that was none.

        Raises:
            ModelError: the model could not be asked.
            LimitReached: a budget does not allow the call.
        """
        value, _ = await self._asked(question)
        return value

    async def scores(self, questions: Iterable[Question]) -> dict[Question, float]:
        """Return the score of every question, each asked once, as many at once as the model takes.

        Raises:
            ModelError: as `score`, or some question got no usable score; none counts as 0.
        """
        distinct = list(dict.fromkeys(questions))
        answers = await asyncio.gather(
            *(self._asked(question) for question in distinct)
        )
        found: dict[Question, float] = {}
        for question, (value, fault) in zip(distinct, answers, strict=True):
            if value is None:
                raise ModelError(
                    f"the judge gave no usable score for a {question.about} in "
                    f"{self._repairs + 1} attempts: {fault}; name another judge"
                )
            found[question] = value
        return found

    async def _asked(self, question: Question) -> tuple[float | None, str]:
        messages = [
            Message(role="system", content=render("judge/system.j2")),
            Message(role="user", content=question.text),
        ]
        answer = await ask(
            self._asker,
            messages,
            SCHEMA,
            read_score,
            purpose=f"judge/{question.about}",
            repairs=self._repairs,
        )
        return answer.value, answer.errors[-1] if answer.errors else ""


def read_score(reply: Reply) -> float:
    """Return the score of a judge's answer; raises ValueError if it holds none in [0, 1]."""
    given = json_object(reply)
    score = given.get("score")
    if (
        isinstance(score, bool)
        or not isinstance(score, int | float)
        or not math.isfinite(score)
    ):
        raise ValueError(
            f"score is {str(score)[:60]!r}; it must be a number from 0 to 1"
        )
    if not 0.0 <= score <= 1.0:
        raise ValueError(f"score is {score:g}; it must lie between 0 and 1")
    return float(score)


@asynccontextmanager
async def judge_of(
    run: RunFolder, model: str, limits: Limits | None = None
) -> AsyncIterator[Judge]:
    """Open a judge whose answers are kept in the run folder, so that nothing is asked twice.

    The run's model settings apply, at temperature 0. Limits count what the folder's judges spent
    before; none: no limit.

    Raises:
        PluginError: there is no such model.
        ConfigError: a cost limit is set and the model's price is not known.
        RunFolderError: another process is writing the folder.
        StorageError: the folder cannot be written.
    """
    try:
        handle = lock.take(run.path)
    except StorageError as error:
        raise StorageError(
            f"{error}; a judge's answers are kept beside the run: judge a copy of "
            f"{str(run.path)!r} where you may write"
        ) from error
    try:
        rules = _rules(run.config, model)
        gateway = Gateway(
            rules,
            Cassette(run.path / ANSWERS),
            concurrency=run.config.run.concurrency,
            limits=limits,
            cache=Cache(Path(rules.cache)) if rules.cache else None,
        )
        try:
            gateway.open(model)
            asker = gateway.seat(
                model, seat="judge", episode=0, seed=run.config.run.seed
            )
            yield Judge(asker, repairs=rules.repairs)
        finally:
            await gateway.close()
    finally:
        lock.give_back(handle)


def _rules(config: Config, model: str) -> ModelSettings:
    """Return how a judge is asked: as the seats, but what only their own model needs."""
    changes: dict[str, object] = {"name": model, "temperature": 0.0}
    if model != config.model.name:
        changes |= {"file": "", "output": "auto", "omit": ()}
    return config.model.model_copy(update=changes)


def _line(text: str) -> str:
    return clean(text, _LINE).replace("<", "‹").replace(">", "›")
