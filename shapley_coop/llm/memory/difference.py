"""Where a request differs from the recorded one that it resembles most."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from shapley_coop.interfaces.model import ModelRequest

_CANDIDATES = 64
"""Most recorded calls that are compared line by line."""
_SHOWN_LINES = 24
"""Most lines of a difference that are shown."""
_SHOWN_WIDTH = 160
"""Most characters of a line that are shown."""


def difference(
    request: ModelRequest,
    hashes: Sequence[str],
    calls: Sequence[Mapping[str, Any]],
    values: Mapping[str, Any],
) -> str | None:
    """Return the shortest of the differences to recorded calls, cut. None means there is no call.

    Args:
        request: the request that was not recorded.
        hashes: the hashes of its messages.
        calls: the recorded calls.
        values: messages and schemas by hash.
    """

    def likeness(call: Mapping[str, Any]) -> tuple[int, bool]:
        # Messages in common say more than the model, which decides between equals.
        common = set(hashes).intersection(call["messages"])
        same_model = call["model"] == request.model
        return len(common), same_model

    candidates = sorted(calls, key=likeness, reverse=True)[:_CANDIDATES]
    if not candidates:
        return None
    new = _lines(request.model_dump(by_alias=True))
    differences = [
        _changed_lines(_recorded_lines(call, values), new) for call in candidates
    ]
    shortest = min(differences, key=_characters)
    shown = [line[:_SHOWN_WIDTH] for line in shortest[:_SHOWN_LINES]]
    rest = len(shortest) - len(shown)
    if rest:
        shown.append(f"({rest} more lines differ)")
    return "\n".join(shown)


def _changed_lines(old: list[str], new: list[str]) -> list[str]:
    # Lines of a comparison that begin otherwise are common, or only point at letters.
    return [line for line in difflib.ndiff(old, new) if line[0] in "+-"]


def _characters(lines: list[str]) -> int:
    return sum(len(line) for line in lines)


def _recorded_lines(call: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    # A message whose own line was edited away is shown as empty.
    messages = [values.get(name, {}) for name in call["messages"]]
    schema = values.get(call["schema"]) if call["schema"] else None
    return _lines(
        {
            "model": call["model"],
            "endpoint": call["endpoint"],
            "sampling": call["sampling"],
            "draw": call["draw"],
            "messages": messages,
            "schema": schema,
        }
    )


def _lines(request: Mapping[str, Any]) -> list[str]:
    """Return a request as lines that compare well."""
    lines = [
        f"{name}: {_json(request[name])}" for name in ("model", "endpoint", "draw")
    ]
    sampling = sorted(request["sampling"].items())
    lines += [f"{name}: {value}" for name, value in sampling]
    lines.append(f"schema: {_json(request['schema'])}")
    # Pictures come last, after all text, as they say least about a difference.
    messages = request["messages"]
    for message in messages:
        lines += _text_lines(message)
    for message in messages:
        lines += _picture_lines(message)
    return lines


def _text_lines(message: Mapping[str, Any]) -> list[str]:
    role = message.get("role")
    content = str(message.get("content", ""))
    return [f"{role}: {line}" for line in content.splitlines()]


def _picture_lines(message: Mapping[str, Any]) -> list[str]:
    role = message.get("role")
    # A picture is far too long to show, and its last characters tell most pictures apart.
    return [
        f"{role}: picture of {len(url)} characters ending {url[-16:]}"
        for url in message.get("images", ())
    ]


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
