"""A judge model asked through the gateway for scores of what seats said and did."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from shapley_coop.agents.prompts import render
from shapley_coop.config.sections import Limits, ModelSettings
from shapley_coop.errors import ModelError, StorageError
from shapley_coop.interfaces.model import Asker, Message, Reply, Schema, closed_object
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.memory.cache import Cache
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.replies import ask, json_object
from shapley_coop.rl.evidence.questions import Question
from shapley_coop.runs.store import RunFolder, lock

ANSWERS = "judge.jsonl"
"""The cassette of a run folder's judges."""
SCHEMA: Schema = closed_object(
    {"score": {"type": "number", "minimum": 0, "maximum": 1}}
)


class Judge:
    """A model that scores, asked through the gateway as a seat is."""

    def __init__(self, asker: Asker, *, repairs: int = 2) -> None:
        self._asker = asker
        self._repairs = repairs

    async def scores(self, questions: Iterable[Question]) -> dict[Question, float]:
        """Return the score of every question, each asked once, as many at once as the model takes.

        Raises:
            ModelError: the model could not be asked, or an answer held no score after all repairs.
                It is never taken for 0.
            LimitReached: a budget does not allow the calls.
        """
        # A set would ask in another order from run to run.
        distinct = list(dict.fromkeys(questions))
        answers = await asyncio.gather(*(self._ask(question) for question in distinct))
        scores: dict[Question, float] = {}
        for question, (value, fault) in zip(distinct, answers, strict=True):
            if value is None:
                raise ModelError(
                    f"the judge gave no usable score for a {question.about} in "
                    f"{self._repairs + 1} attempts: {fault}; name another judge"
                )
            scores[question] = value
        return scores

    async def _ask(self, question: Question) -> tuple[float | None, str]:
        """Return the score, if any, and what was wrong with the last answer."""
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
        fault = ""
        if answer.errors:
            fault = answer.errors[-1]
        return answer.value, fault


def read_score(reply: Reply) -> float:
    """Return the score of a judge's answer. Raises ValueError if it holds none in [0, 1]."""
    score = json_object(reply).get("score")
    no_number = ValueError(
        f"score is {str(score)[:60]!r}; it must be a number from 0 to 1"
    )
    # True and False are numbers to Python, but no scores.
    if isinstance(score, bool) or not isinstance(score, int | float):
        raise no_number
    if not math.isfinite(score):
        raise no_number
    if not 0.0 <= score <= 1.0:
        raise ValueError(f"score is {score:g}; it must lie between 0 and 1")
    return float(score)


@asynccontextmanager
async def judge_of(
    run: RunFolder, model: str, limits: Limits | None = None
) -> AsyncIterator[Judge]:
    """Open a judge whose answers are kept in the run folder, so that nothing is asked twice.

    The run's model settings apply, at temperature 0. Limits count what the folder's judges spent
    before. None means that there is no limit.

    Raises:
        PluginError: there is no such model.
        ConfigError: a cost limit is set and the model's price is not known.
        RunFolderError: another process is writing the folder.
        StorageError: the folder cannot be written.
    """
    with _writing(run):
        settings = _judge_settings(run.config.model, model)
        cache = None
        if settings.cache:
            cache = Cache(Path(settings.cache))
        gateway = Gateway(
            settings,
            Cassette(run.path / ANSWERS),
            concurrency=run.config.run.concurrency,
            limits=limits,
            cache=cache,
        )
        try:
            gateway.open(model)
            asker = gateway.seat(
                model, seat="judge", episode=0, seed=run.config.run.seed
            )
            yield Judge(asker, repairs=settings.repairs)
        finally:
            await gateway.close()


@contextmanager
def _writing(run: RunFolder) -> Iterator[None]:
    """Hold the lock of a run folder."""
    try:
        handle = lock.take(run.path)
    except StorageError as error:
        raise StorageError(
            f"{error}; a judge's answers are kept beside the run: judge a copy of "
            f"{str(run.path)!r} where you may write"
        ) from error
    try:
        yield
    finally:
        lock.give_back(handle)


def _judge_settings(of_seats: ModelSettings, model: str) -> ModelSettings:
    """Return how a judge is asked: as the seats, but what only their own model needs."""
    changes: dict[str, object] = {"name": model, "temperature": 0.0}
    # These settings describe the seats' own model and would mislead another.
    if model != of_seats.name:
        changes |= {"file": "", "output": "auto", "omit": ()}
    return of_seats.model_copy(update=changes)
