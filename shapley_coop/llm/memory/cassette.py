"""The record of every model call: append-only lines from which a run replays without a model.

Lines by kind: `message` and `schema` (each value once, named by its hash), `sent` (a request is
about to go out, with the most that it can cost), `void` (that came to nothing), `call` (it was
answered), `fault` (it was given up), `limit` (its episode was ended by a limit).
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shapley_coop.errors import ModelError, RunFolderError, StorageError
from shapley_coop.interfaces.model import ModelRequest, Reply, _hash, canonical, key
from shapley_coop.llm.memory.difference import difference
from shapley_coop.llm.money.amounts import Spent
from shapley_coop.llm.secrets import masker

VERSION = 1


class Cassette:
    """Calls by request; on disk when it has a path, else in memory only.

    A call's lines go to the file in one write, so what a crash can tear is the end, which the next
    opening cuts off. Known keys and whatever looks like one are masked in what is written.

    Args:
        path: the file; None keeps everything in memory.
        writable: opens it for appending and gives what failed before another chance; else it is
            replayed with its faults.
        recall: whether what the file holds already is given as answers.
    """

    def __init__(
        self, path: Path | None = None, *, writable: bool = True, recall: bool = True
    ) -> None:
        self._path = path
        self._redact = masker()
        self._calls: dict[str, dict[str, Any]] = {}
        self._texts: dict[str, Any] = {}
        self._faults: dict[str, str] = {}
        self._open_sends: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._voided: list[tuple[dict[str, Any], bool]] = []
        self._answered: list[dict[str, Any]] = []
        self.limited: dict[int, str] = {}
        """Episodes that a limit ended, and why."""
        self._file: int | None = None
        self._end = 0
        if path is None:
            return
        if path.exists() or not writable:
            self._end = self._read(path)
        if writable:
            self._faults.clear()
            self.limited.clear()
            self._open(path)
        if not recall:
            self._calls.clear()

    def __len__(self) -> int:
        """Return how many calls are recorded."""
        return len(self._calls)

    def find(self, request: ModelRequest) -> Reply | None:
        """Return the recorded reply of a request, marked as coming from here, or None.

        Raises:
            ModelError: what is recorded is that the call was given up.
        """
        name = key(request)
        line = self._calls.get(name)
        if line is not None:
            return Reply.model_validate({**line["reply"], "source": "cassette"})
        if name in self._faults:
            raise ModelError(self._faults[name], fatal=False)
        return None

    def add(
        self,
        request: ModelRequest,
        reply: Reply,
        *,
        seat: str,
        episode: int,
        purpose: str,
    ) -> None:
        """Record an answered request, on disk before it returns.

        Raises:
            StorageError: the disk refused; what was recorded before stays readable.
        """
        parts: list[dict[str, Any]] = []
        hashes = [
            self._text("message", m.model_dump(), parts) for m in request.messages
        ]
        schema = request.schema_ and self._text("schema", request.schema_, parts)
        call: dict[str, Any] = {
            "kind": "call",
            "key": key(request),
            "episode": episode,
            "seat": seat,
            "purpose": purpose,
            "model": request.model,
            "endpoint": request.endpoint,
            "messages": hashes,
            "schema": schema,
            "sampling": request.sampling.model_dump(),
            "draw": request.draw,
            "reply": reply.model_dump(),
        }
        self._append([*parts, call])
        self._calls[call["key"]] = call
        self._texts |= {part["hash"]: part["value"] for part in parts}

    def sent(self, name: str, tokens: int, cost: float) -> None:
        """Record that a request is about to be sent, and the most that it can use."""
        self._append([{"kind": "sent", "key": name, "tokens": tokens, "cost": cost}])

    def void(self, name: str, *, charged: bool) -> None:
        """Record that a request that was sent got no answer."""
        self._append([{"kind": "void", "key": name, "charged": charged}])

    def fault(self, request: ModelRequest, error: ModelError) -> None:
        """Record that a request was given up, so that a replay gives it up too."""
        name = key(request)
        self._append([{"kind": "fault", "key": name, "message": str(error)}])
        self._faults[name] = str(error)

    def limit(self, episode: int, reason: str, heard: Iterable[str]) -> None:
        """Record that a limit ended an episode: only the answers that it heard are of its play."""
        line = {
            "kind": "limit",
            "episode": episode,
            "reason": reason,
            "heard": sorted(heard),
        }
        self._append([line])

    def missing(self, request: ModelRequest) -> ModelError:
        """Return the error of a request that a replay does not hold, with the nearest it does."""
        where = (
            f"cassette {str(self._path)!r}" if self._path else "the cassette in memory"
        )
        head = f"{where} holds no answer to this request among its {len(self)} calls"
        asked = [_hash(message.model_dump()) for message in request.messages]
        nearest = difference(request, asked, list(self._calls.values()), self._texts)
        if nearest is None:
            return ModelError(
                f"{head}; was it recorded with this game, seed and model?"
            )
        return ModelError(
            f"{head}; the nearest differs so (- recorded, + asked):\n{nearest}"
        )

    def spent(self) -> Spent:
        """Return what the calls in the file came to, at worst where their end is not known."""
        total = Spent()
        for line in self._answered:
            total.add(_cost_of(line["reply"]))
        for send, charged in self._voided:
            total.add(_worst_of(send, charged=charged))
        for left in self._open_sends.values():
            for send in left:
                total.add(_worst_of(send, charged=True))
        return total

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _text(self, kind: str, value: Any, parts: list[dict[str, Any]]) -> str:
        name = _hash(value)
        if name not in self._texts and all(part["hash"] != name for part in parts):
            parts.append({"kind": kind, "hash": name, "value": value})
        return name

    def _open(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
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
        data = "".join(self._redact(canonical(line)) + "\n" for line in lines).encode()
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._file, data[written:], self._end + written)
        except OSError as error:
            os.ftruncate(self._file, self._end)
            raise StorageError(
                f"cannot record a model call in {str(self._path)!r}: {error.strerror}; "
                "make room and resume the run: what was recorded before is safe"
            ) from error
        self._end += len(data)

    def _read(self, path: Path) -> int:
        """Load a file and return where its last whole line ends."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise RunFolderError(
                f"cannot read cassette {str(path)!r}: {error.strerror}"
            ) from error
        whole = data.rfind(b"\n") + 1
        for number, line in enumerate(data[:whole].splitlines(), start=1):
            try:
                self._take(json.loads(line), number)
            except (ValueError, KeyError, TypeError) as error:
                raise RunFolderError(
                    f"cassette {str(path)!r}, line {number}, is no record of a call: {error}; "
                    "the file was edited or is not a cassette"
                ) from error
        return whole

    def _take(self, line: dict[str, Any], number: int) -> None:
        if number == 1:
            if line["kind"] != "cassette":
                raise ValueError("the first line does not name the format")
            if line["version"] > VERSION:
                raise ValueError(
                    f"version {line['version']} is newer than {VERSION}; update shapley-coop"
                )
            return
        match line["kind"]:
            case "call":
                self._take_call(line)
            case "sent":
                self._open_sends[line["key"]].append(line)
            case "void":
                self._voided.append(
                    (self._open_sends[line["key"]].pop(), line["charged"])
                )
            case "fault":
                self._faults[line["key"]] = line["message"]
            case "limit":
                self.limited[line["episode"]] = line["reason"]
                heard = set(line["heard"])
                for name, call in list(self._calls.items()):
                    if call["episode"] == line["episode"] and name not in heard:
                        del self._calls[name]
            case _:
                self._texts[line["hash"]] = line["value"]

    def _take_call(self, line: dict[str, Any]) -> None:
        name, episode = line["key"], line["episode"]
        sends = self._open_sends[name]
        if sends:
            sends.pop()
            self._answered.append(line)
        if episode not in self.limited:
            self._calls[name] = line
            self._faults.pop(name, None)


def _cost_of(reply: dict[str, Any]) -> Spent:
    usage = reply["usage"]
    tokens = usage["prompt"] + usage["completion"]
    return Spent(calls=1, tokens=tokens, cost=reply["cost"] or 0.0)


def _worst_of(send: dict[str, Any], *, charged: bool) -> Spent:
    if not charged:
        return Spent(calls=1)
    return Spent(calls=1, tokens=send["tokens"], uncertain=send["cost"])
