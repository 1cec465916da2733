"""What was answered for episodes that were never recorded, read from the record of calls."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path

from shapley_coop.errors import RunFolderError
from shapley_coop.llm.money.amounts import Amount

_LINE = re.compile(rb'"episode":(?P<episode>\d+),"key":"[0-9a-f]+","kind":"call"')
"""What a line about an answer holds, and no text in it can. Only a few lines need be read whole."""


def amount_unrecorded(path: Path, episodes: Collection[int]) -> Amount:
    """Return what the answers came to that belong to no recorded episode.

    A run that is ended leaves such episodes, and whoever goes on with it is given these answers
    again. An answer whose price is not known is counted, with no dollars.

    Args:
        path: the record of calls, which need not exist.
        episodes: the numbers of the recorded episodes.

    Raises:
        RunFolderError: the file cannot be read, or a line of it is no record of an answer.
    """
    total = Amount()
    if not path.exists():
        return total
    try:
        with path.open("rb") as file:
            for line in file:
                match = _LINE.search(line)
                # A line without its end was torn by a crash.
                is_whole = match and line.endswith(b"\n")
                if match and is_whole and int(match["episode"]) not in episodes:
                    total.add(_paid(line))
    except OSError as error:
        raise RunFolderError(
            f"cannot read cassette {str(path)!r}: {error.strerror}"
        ) from error
    except (ValueError, LookupError, TypeError) as error:
        raise RunFolderError(
            f"cassette {str(path)!r} holds a line that is no record of an answer ({error})"
        ) from error
    return total


def _paid(line: bytes) -> Amount:
    reply = json.loads(line)["reply"]
    usage = reply["usage"]
    tokens = int(usage["prompt"]) + int(usage["completion"])
    cost = float(reply["cost"] or 0.0) + float(reply["at_most"])
    return Amount(calls=1, tokens=tokens, uncertain=cost)
