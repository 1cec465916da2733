"""What the lines of a cassette say, when a file is read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import NonNegativeFloat, NonNegativeInt, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from shapley_coop.errors import RunFolderError
from shapley_coop.interfaces.model import Message, Reply
from shapley_coop.llm.money.amounts import Amount
from shapley_coop.records.words import faults_text

Line = dict[str, Any]
"""One line of a cassette, decoded."""


class _Call(TypedDict):
    key: str
    episode: int
    seat: str
    purpose: str
    model: str
    endpoint: str
    messages: list[str]
    schema: str | None
    sampling: dict[str, Any]
    draw: int
    reply: Reply


class _Send(TypedDict):
    key: str
    tokens: NonNegativeInt
    cost: NonNegativeFloat


class _Void(TypedDict):
    key: str
    charged: bool


class _Fault(TypedDict):
    key: str
    message: str


class _Limit(TypedDict):
    episode: int
    reason: str
    heard: list[str]


class _MessageValue(TypedDict):
    hash: str
    value: Message


class _SchemaValue(TypedDict):
    hash: str
    value: dict[str, Any]


_FORMS: dict[str, TypeAdapter[Any]] = {
    "call": TypeAdapter(_Call),
    "sent": TypeAdapter(_Send),
    "void": TypeAdapter(_Void),
    "fault": TypeAdapter(_Fault),
    "limit": TypeAdapter(_Limit),
    "message": TypeAdapter(_MessageValue),
    "schema": TypeAdapter(_SchemaValue),
}
"""What a line of each kind holds. A line is checked as it is read, and used as it stands."""


@dataclass
class Contents:
    """What the lines of a cassette come to."""

    calls: dict[str, Line] = field(default_factory=dict)
    """Answered calls by the keys of their requests."""
    values: dict[str, Any] = field(default_factory=dict)
    """Messages and schemas by their hashes."""
    faults: dict[str, str] = field(default_factory=dict)
    """What calls that were given up failed with."""
    limits: dict[int, str] = field(default_factory=dict)
    """Episodes that a limit ended, and why."""
    open_sends: dict[str, list[Line]] = field(default_factory=dict)
    """Requests that were sent and whose end is not recorded, by key."""
    void_sends: list[tuple[Line, bool]] = field(default_factory=list)
    """Requests that came to nothing, and whether they may have been billed."""
    answered_sends: list[Line] = field(default_factory=list)
    """Calls that a model answered, as against those that a cache answered."""

    def take(self, line: Line) -> None:
        """Take in one line.

        Raises:
            ValueError: a field of the line is none of its kind.
            LookupError: the line lacks its kind, or voids what was never sent.
        """
        _FORMS[line["kind"]].validate_python(line)
        match line["kind"]:
            case "call":
                self._take_call(line)
            case "sent":
                self.open_sends.setdefault(line["key"], []).append(line)
            case "void":
                send = self.open_sends[line["key"]].pop()
                self.void_sends.append((send, line["charged"]))
            case "fault":
                self.faults[line["key"]] = line["message"]
            case "limit":
                self._take_limit(line)
            case _:
                self.values[line["hash"]] = line["value"]

    def spending(self) -> Amount:
        """Return what the calls came to, at worst where their end is not known."""
        total = Amount()
        for call in self.answered_sends:
            total.add(_cost_of(call["reply"]))
        for send, billable in self.void_sends:
            total.add(_worst_of(send) if billable else Amount(calls=1))
        # A process that died may have been billed for what was under way.
        for sends in self.open_sends.values():
            for send in sends:
                total.add(_worst_of(send))
        return total

    def _take_call(self, line: Line) -> None:
        # A call from a cache was never sent, and cost nothing.
        sends = self.open_sends.get(line["key"])
        if sends:
            sends.pop()
            self.answered_sends.append(line)
        # An answer that landed after its episode's limit is no part of its play.
        if line["episode"] not in self.limits:
            self.calls[line["key"]] = line
            self.faults.pop(line["key"], None)

    def _take_limit(self, line: Line) -> None:
        self.limits[line["episode"]] = line["reason"]
        part_of_play = set(line["heard"])
        # Answers that landed in the moment of the limit reached no seat.
        late = [
            name
            for name, call in self.calls.items()
            if call["episode"] == line["episode"] and name not in part_of_play
        ]
        for name in late:
            del self.calls[name]


def read_lines(path: Path, contents: Contents, version: int) -> int:
    """Take in a file, and return where its last whole line ends.

    Raises:
        RunFolderError: the file cannot be read, is no cassette, or is of a newer version.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunFolderError(
            f"cannot read cassette {str(path)!r}: {error.strerror}"
        ) from error
    # What follows the last line end was torn by a crash.
    end = data.rfind(b"\n") + 1
    for number, text in enumerate(data[:end].splitlines(), start=1):
        try:
            line = json.loads(text)
            if number == 1:
                _check_first(line, version)
            else:
                contents.take(line)
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise RunFolderError(
                f"cassette {str(path)!r}, line {number}, is no record of a call: "
                f"{_fault_text(error)}; the file was edited or is not a cassette"
            ) from error
    return end


def _fault_text(error: Exception) -> str:
    return faults_text(error) if isinstance(error, ValidationError) else str(error)


def _check_first(line: Line, version: int) -> None:
    if line["kind"] != "cassette":
        raise ValueError("the first line does not name the format")
    if line["version"] > version:
        raise ValueError(
            f"version {line['version']} is newer than {version}; update shapley-coop"
        )


def _cost_of(reply: dict[str, Any]) -> Amount:
    usage = reply["usage"]
    tokens = usage["prompt"] + usage["completion"]
    return Amount(
        calls=1,
        tokens=tokens,
        cost=reply["cost"] or 0.0,
        # Recordings of older versions took what a server counted for all there was.
        uncertain=reply.get("at_most", 0.0),
    )


def _worst_of(send: Line) -> Amount:
    return Amount(calls=1, tokens=send["tokens"], uncertain=send["cost"])
