"""The record of every model call: append-only lines from which a run replays without a model.

Lines by kind: `message` and `schema` (each value once, named by its hash), `sent` (a request is
about to go out, with the most that it can cost), `void` (that came to nothing), `call` (it was
answered), `fault` (it was given up), `limit` (its episode was ended by a limit).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shapley_coop.errors import ModelError, StorageError
from shapley_coop.interfaces.model import ModelRequest, Reply, canonical, digest, key
from shapley_coop.llm.memory.difference import difference
from shapley_coop.llm.memory.lines import Contents, read_lines
from shapley_coop.llm.memory.places import Places
from shapley_coop.llm.money.amounts import Amount, Occasion
from shapley_coop.llm.secrets import masker

VERSION = 1
"""Version of the format, which the first line of a file names."""


class Cassette:
    """Calls by request, on disk if it has a path and in memory only if it has none.

    A call's lines go to the file in one write, so what a crash can tear is the end, which the next
    opening cuts off. Known keys and whatever looks like one are masked in what is written.

    Args:
        path: the file. None keeps everything in memory.
        writable: if True, append to the file and retry calls that failed before. If False, replay
            the file, failures included.
        recall: whether what the file holds already is given as answers.
    """

    def __init__(
        self, path: Path | None = None, *, writable: bool = True, recall: bool = True
    ) -> None:
        self._path = path
        self._redact = masker()
        self._contents = Contents()
        self._file: int | None = None
        self._end = 0
        if path is None:
            return
        if path.exists() or not writable:
            self._end = read_lines(path, self._contents, VERSION)
        if writable:
            # What failed or was ended before gets another chance.
            self._contents.faults.clear()
            self._contents.limits.clear()
            self._open(path)
        if not recall:
            self._contents.calls.clear()

    def __len__(self) -> int:
        """Return how many calls are recorded."""
        return len(self._contents.calls)

    @property
    def limits(self) -> dict[int, str]:
        """Episodes that a limit ended, and why."""
        return self._contents.limits

    def find(self, request: ModelRequest) -> Reply | None:
        """Return the recorded reply of a request, marked as coming from here, or None.

        Raises:
            ModelError: what is recorded is that the call was given up.
        """
        name = key(request)
        call = self._contents.calls.get(name)
        if call is not None:
            return Reply.model_validate({**call["reply"], "source": "cassette"})
        if name in self._contents.faults:
            raise ModelError(self._contents.faults[name], fatal=False)
        return None

    def places(self) -> Places:
        """Return the recorded answers by who asked for them, whatever the words were."""
        return Places(self._contents.calls.values())

    def add(self, request: ModelRequest, reply: Reply, occasion: Occasion) -> None:
        """Record an answered request, on disk before it returns.

        Raises:
            StorageError: the disk refused. What was recorded before stays readable.
        """
        values: list[dict[str, Any]] = []
        hashes = [
            self._name_of("message", message.model_dump(), values)
            for message in request.messages
        ]
        schema = request.schema_
        schema_hash = schema and self._name_of("schema", schema, values)
        call: dict[str, Any] = {
            "kind": "call",
            "key": key(request),
            "episode": occasion.episode,
            "seat": occasion.seat,
            "purpose": occasion.purpose,
            "model": request.model,
            "endpoint": request.endpoint,
            "messages": hashes,
            "schema": schema_hash,
            "sampling": request.sampling.model_dump(),
            "draw": request.draw,
            "reply": reply.model_dump(),
        }
        self._append([*values, call])
        self._contents.calls[call["key"]] = call
        for line in values:
            self._contents.values[line["hash"]] = line["value"]

    def send(self, name: str, tokens: int, cost: float) -> None:
        """Record that a request is about to be sent, and the most that it can use."""
        self._append([{"kind": "sent", "key": name, "tokens": tokens, "cost": cost}])

    def void(self, name: str, *, billable: bool) -> None:
        """Record that a request that was sent got no answer."""
        self._append([{"kind": "void", "key": name, "charged": billable}])

    def fault(self, request: ModelRequest, error: ModelError) -> None:
        """Record that a request was given up, so that a replay gives it up too."""
        name = key(request)
        self._append([{"kind": "fault", "key": name, "message": str(error)}])
        self._contents.faults[name] = str(error)

    def limit(self, episode: int, reason: str, names: Iterable[str]) -> None:
        """Record that a limit ended an episode.

        Only the answers that it was given, by the keys of their requests, are of its play.
        """
        line = {
            "kind": "limit",
            "episode": episode,
            "reason": reason,
            "heard": sorted(names),
        }
        self._append([line])

    def missing(self, request: ModelRequest) -> ModelError:
        """Return the error of a request that a replay does not hold, with the nearest it does."""
        where = "the cassette in memory"
        if self._path:
            where = f"cassette {str(self._path)!r}"
        head = f"{where} holds no answer to this request among its {len(self)} calls"
        hashes = [digest(message.model_dump()) for message in request.messages]
        calls = list(self._contents.calls.values())
        nearest = difference(request, hashes, calls, self._contents.values)
        if nearest is None:
            return ModelError(
                f"{head}; was it recorded with this game, seed and model?"
            )
        return ModelError(
            f"{head}; the nearest differs so (- recorded, + asked):\n{nearest}"
        )

    def spending(self) -> Amount:
        """Return what the calls in the file came to, at worst where their end is not known."""
        return self._contents.spending()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _name_of(self, kind: str, value: Any, lines: list[dict[str, Any]]) -> str:
        """Return a value's hash, after adding the line of a value that is not recorded yet."""
        name = digest(value)
        recorded = name in self._contents.values
        if not recorded and all(line["hash"] != name for line in lines):
            lines.append({"kind": kind, "hash": name, "value": value})
        return name

    def _open(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            # A crash may have left half a line behind the last whole one.
            os.ftruncate(self._file, self._end)
        except OSError as error:
            raise StorageError(
                f"cannot write {str(path)!r}: {error.strerror}"
            ) from error
        if self._end == 0:
            self._append([{"kind": "cassette", "version": VERSION}])

    def _append(self, lines: list[dict[str, Any]]) -> None:
        if self._file is None:
            return
        texts = [self._redact(canonical(line)) + "\n" for line in lines]
        data = "".join(texts).encode()
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._file, data[written:], self._end + written)
        except OSError as error:
            # Nothing of a call stays where not all of it went in.
            os.ftruncate(self._file, self._end)
            raise StorageError(
                f"cannot record a model call in {str(self._path)!r}: {error.strerror}; "
                "make room and resume the run: what was recorded before is safe"
            ) from error
        self._end += len(data)
