"""What a run paid for beside what its recorded episodes tell, read from its record of calls."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from shapley_coop.errors import RunFolderError
from shapley_coop.llm.money.amounts import Amount

_LINE = re.compile(
    rb'(?:"episode":(?P<episode>\d+),)?'
    rb'"key":"(?P<key>[0-9a-f]+)","kind":"(?P<kind>sent|void|call)"'
)
"""What a line about a call holds, and no text in it can. Only a few lines need be read whole."""


class PaidOutside(NamedTuple):
    """What no recorded episode tells of. Calls without a known price count, with no dollars."""

    unanswered: Amount
    """Requests that no answer came to and that may have been billed all the same, at the worst."""
    unrecorded: Amount
    """Answers to episodes that are not recorded, since the run goes on or was ended before.
    Whoever goes on with it is given them again."""


NOTHING = PaidOutside(Amount(), Amount())
"""Where every request was answered, and every answer belongs to an episode."""


def paid_outside(path: Path, episodes: Collection[int]) -> PaidOutside:
    """Return what a run paid for beside its recorded episodes.

    Args:
        path: the record of its calls, which need not exist.
        episodes: the numbers of the recorded episodes.

    Raises:
        RunFolderError: the file cannot be read, or a line of it is no record of a call.
    """
    paid = PaidOutside(Amount(), Amount())
    if not path.exists():
        return paid
    open_sends: dict[bytes, list[Amount]] = {}
    match: re.Match[bytes] | None = None
    try:
        with path.open("rb") as file:
            for line in file:
                match = _LINE.search(line)
                # A line without its end was torn by a crash.
                if match is None or not line.endswith(b"\n"):
                    continue
                sends = open_sends.setdefault(match["key"], [])
                _take(match, line, sends, paid.unanswered)
                if _is_unrecorded(match, episodes):
                    paid.unrecorded.add(_answered(line))
    except OSError as error:
        raise RunFolderError(
            f"cannot read cassette {str(path)!r}: {error.strerror}"
        ) from error
    except (ValueError, LookupError, TypeError) as error:
        what = "an answer" if match and match["kind"] == b"call" else "a send"
        raise RunFolderError(
            f"cassette {str(path)!r} holds a line that is no record of {what} ({error})"
        ) from error
    for sends in open_sends.values():
        for send in sends:
            paid.unanswered.add(send)
    return paid


def _take(
    match: re.Match[bytes], line: bytes, sends: list[Amount], total: Amount
) -> None:
    """Take in one line about the sends of one request."""
    if match["kind"] == b"sent":
        sends.append(_worst(json.loads(line)))
    elif match["kind"] == b"void":
        send = sends.pop()
        if json.loads(line)["charged"]:
            total.add(send)
    elif sends:
        # A call that a cache answered was never sent.
        sends.pop()


def _worst(fields: dict[str, Any]) -> Amount:
    cost = float(fields["cost"])
    return Amount(calls=1, tokens=int(fields["tokens"]), uncertain=cost)


def _is_unrecorded(match: re.Match[bytes], episodes: Collection[int]) -> bool:
    episode = match["episode"]
    is_answer = match["kind"] == b"call" and episode is not None
    return is_answer and int(episode) not in episodes


def _answered(line: bytes) -> Amount:
    reply = json.loads(line)["reply"]
    usage = reply["usage"]
    tokens = int(usage["prompt"]) + int(usage["completion"])
    cost = float(reply["cost"] or 0.0) + float(reply["at_most"])
    return Amount(calls=1, tokens=tokens, uncertain=cost)
