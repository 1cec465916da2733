"""The record of every model call: append-only lines from which a run replays without a model."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from shapley_coop.errors import ModelError, RunFolderError, StorageError
from shapley_coop.model import Reply, Request

VERSION = 1
_CANDIDATES = 64
_SHOWN_LINES = 24
_SHOWN_WIDTH = 160


def canonical(value: Any) -> str:
    """Return the one JSON text of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def key(request: Request) -> str:
    """Return the digest of everything that decides a reply."""
    return _hash(request.model_dump(by_alias=True))


class Cassette:
    """Calls by request; on disk when it has a path, else in memory only.

    Each message and schema is written once and named by its hash. A call's lines go to the file
    in one write, so what a crash can tear is the end, which the next opening cuts off.
    """

    def __init__(self, path: Path | None = None, *, writable: bool = True) -> None:
        self._path = path
        self._calls: dict[str, dict[str, Any]] = {}
        self._texts: dict[str, Any] = {}
        self._file: int | None = None
        self._end = 0
        if path is None:
            return
        if path.exists() or not writable:
            self._end = self._read(path)
        if writable:
            self._open(path)

    def __len__(self) -> int:
        """Return how many calls are recorded."""
        return len(self._calls)

    def find(self, request: Request) -> Reply | None:
        """Return the recorded reply of a request, marked as coming from here, or None."""
        line = self._calls.get(key(request))
        if line is None:
            return None
        return Reply.model_validate({**line["reply"], "source": "cassette"})

    def add(self, request: Request, reply: Reply, *, seat: str, episode: int, purpose: str) -> None:
        """Record an answered request, on disk before it returns.

        Raises:
            StorageError: the disk refused; what was recorded before stays readable.
        """
        parts: list[dict[str, Any]] = []
        hashes = [self._text("message", m.model_dump(), parts) for m in request.messages]
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

    def missing(self, request: Request) -> ModelError:
        """Return the error of a request that a replay does not hold, with the nearest it does."""
        where = f"cassette {str(self._path)!r}" if self._path else "the cassette in memory"
        head = f"{where} holds no answer to this request among its {len(self)} calls"
        nearest = self._nearest(request)
        if nearest is None:
            return ModelError(f"{head}; was it recorded with this game, seed and model?")
        return ModelError(f"{head}; the nearest differs so (- recorded, + asked):\n{nearest}")

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
            raise StorageError(f"cannot write {str(path)!r}: {error.strerror}") from error
        if self._end == 0:
            self._append([{"kind": "cassette", "version": VERSION}])

    def _append(self, lines: list[dict[str, Any]]) -> None:
        if self._file is None:
            return
        data = "".join(canonical(line) + "\n" for line in lines).encode()
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
            raise RunFolderError(f"cannot read cassette {str(path)!r}: {error.strerror}") from error
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
        elif line["kind"] == "call":
            self._calls[line["key"]] = line
        else:
            self._texts[line["hash"]] = line["value"]

    def _nearest(self, request: Request) -> str | None:
        asked = {_hash(message.model_dump()) for message in request.messages}

        def shared(call: dict[str, Any]) -> tuple[int, bool]:
            return len(asked.intersection(call["messages"])), call["model"] == request.model

        ranked = sorted(self._calls.values(), key=shared, reverse=True)[:_CANDIDATES]
        if not ranked:
            return None
        new = _lines(request.model_dump(by_alias=True))
        diffs = [
            [line for line in difflib.ndiff(self._recorded(call), new) if line[0] in "+-"]
            for call in ranked
        ]
        best = min(diffs, key=lambda diff: sum(map(len, diff)))
        shown = [line[:_SHOWN_WIDTH] for line in best[:_SHOWN_LINES]]
        if len(best) > len(shown):
            shown.append(f"({len(best) - len(shown)} more lines differ)")
        return "\n".join(shown)

    def _recorded(self, call: dict[str, Any]) -> list[str]:
        return _lines(
            {
                **{name: call[name] for name in ("model", "endpoint", "sampling", "draw")},
                "messages": [self._texts.get(name, {}) for name in call["messages"]],
                "schema": self._texts.get(call["schema"]) if call["schema"] else None,
            }
        )


def _hash(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:32]


def _lines(request: dict[str, Any]) -> list[str]:
    """Return a request as lines that compare well."""
    head = [f"{name}: {canonical(request[name])}" for name in ("model", "endpoint", "draw")]
    sampling = [f"{name}: {value}" for name, value in sorted(request["sampling"].items())]
    said = [
        f"{message.get('role')}: {line}"
        for message in request["messages"]
        for line in str(message.get("content", "")).splitlines()
    ]
    return [*head, *sampling, f"schema: {canonical(request['schema'])}", *said]
