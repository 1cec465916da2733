"""What requests that no answer came to may have been billed for, read from the record of calls."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from shapley_coop.errors import RunFolderError
from shapley_coop.llm.money.amounts import Amount

_LINE = re.compile(rb'"key":"(?P<key>[0-9a-f]+)","kind":"(?P<kind>sent|void|call)"')
"""What a line about a send holds, and no text in it can. Only a few lines need be read whole."""


def amount_without_answer(path: Path) -> Amount:
    """Return what was sent without an answer and may have been billed, at its worst.

    A request whose price is not known is counted, with no dollars.

    Raises:
        RunFolderError: the file cannot be read, or a line of it is no record of a send.
    """
    total = Amount()
    if not path.exists():
        return total
    open_sends: dict[bytes, list[Amount]] = {}
    try:
        with path.open("rb") as file:
            for line in file:
                match = _LINE.search(line)
                # A line without its end was torn by a crash.
                if match and line.endswith(b"\n"):
                    sends = open_sends.setdefault(match["key"], [])
                    _take(match["kind"], line, sends, total)
    except OSError as error:
        raise RunFolderError(
            f"cannot read cassette {str(path)!r}: {error.strerror}"
        ) from error
    except (ValueError, LookupError, TypeError) as error:
        raise RunFolderError(
            f"cassette {str(path)!r} holds a line that is no record of a send ({error})"
        ) from error
    for sends in open_sends.values():
        for send in sends:
            total.add(send)
    return total


def _take(kind: bytes, line: bytes, sends: list[Amount], total: Amount) -> None:
    """Take in one line about the sends of one request."""
    if kind == b"sent":
        sends.append(_worst(json.loads(line)))
    elif kind == b"void":
        send = sends.pop()
        if json.loads(line)["charged"]:
            total.add(send)
    elif sends:
        # A call that a cache answered was never sent.
        sends.pop()


def _worst(fields: dict[str, Any]) -> Amount:
    cost = float(fields["cost"])
    return Amount(calls=1, tokens=int(fields["tokens"]), uncertain=cost)
