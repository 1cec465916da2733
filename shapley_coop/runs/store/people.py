"""The answers of people in a run folder: `people.jsonl`, a line for each, in order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shapley_coop.agents.people import PersonQuestion
from shapley_coop.errors import InputError, RunFolderError
from shapley_coop.llm.secrets import mask_within, masker
from shapley_coop.runs.store.files import Appender, lines, shorten

PEOPLE = "people.jsonl"
"""The file in a run folder. It is absent where no person was asked."""


class PeopleMemory:
    """Keeps what people answered, so that nobody is asked the same twice.

    Args:
        folder: the run folder.
        asks: whether what was never answered may be asked. A replay asks nobody.
    """

    def __init__(self, folder: Path, *, asks: bool) -> None:
        self._path = folder / PEOPLE
        self._asks = asks
        self._answers: dict[PersonQuestion, Any] = {}
        self._file: Appender | None = None
        end = 0
        for line in lines(self._path):
            self._take(line.number, line.text)
            end = line.end
        # What a cut tore is asked again, and must not spoil the next line.
        if asks:
            shorten(self._path, end)

    def recall(self, question: PersonQuestion) -> list[Any]:
        """Return a list of the answer that was kept, or an empty one.

        Raises:
            InputError: there is none, and nobody is asked.
        """
        if question in self._answers:
            return [self._answers[question]]
        if self._asks:
            return []
        raise InputError(
            f"the run holds no answer of {question.seat} to {question.method} in episode "
            f"{question.episode}; people are not asked again in a replay"
        )

    def keep(self, question: PersonQuestion, answer: Any) -> None:
        """Write an answer down.

        Raises:
            StorageError: the disk refused.
        """
        self._answers[question] = answer
        if self._file is None:
            self._file = Appender(self._path)
        fields = {**question._asdict(), "answer": answer}
        text = json.dumps(mask_within(fields, masker()))
        self._file.append(text.encode() + b"\n")

    def close(self) -> None:
        """Release the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _take(self, number: int, text: bytes) -> None:
        try:
            fields = json.loads(text)
            answer = fields.pop("answer")
            question = PersonQuestion(**fields)
            question = question._replace(present=tuple(question.present))
            self._answers[question] = answer
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
        ) as error:
            raise RunFolderError(
                f"line {number} of {str(self._path)!r} is no answer of a person; delete it, and "
                "that is asked again"
            ) from error
