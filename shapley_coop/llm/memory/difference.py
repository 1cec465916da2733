"""Where a request differs from the recorded one that it resembles most."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from shapley_coop.interfaces.model import ModelRequest

_CANDIDATES = 64
_SHOWN_LINES = 24
_SHOWN_WIDTH = 160


def difference(
    request: ModelRequest,
    asked: Sequence[str],
    calls: Sequence[Mapping[str, Any]],
    texts: Mapping[str, Any],
) -> str | None:
    """Return the shortest of the differences to recorded calls, cut; None without any call.

    Args:
        request: what was asked.
        asked: the hashes of its messages.
        calls: the recorded calls.
        texts: messages and schemas by hash.
    """

    def shared(call: Mapping[str, Any]) -> tuple[int, bool]:
        return len(set(asked).intersection(call["messages"])), call[
            "model"
        ] == request.model

    ranked = sorted(calls, key=shared, reverse=True)[:_CANDIDATES]
    if not ranked:
        return None
    new = _lines(request.model_dump(by_alias=True))
    diffs = [
        [line for line in difflib.ndiff(_recorded(call, texts), new) if line[0] in "+-"]
        for call in ranked
    ]
    best = min(diffs, key=lambda diff: sum(map(len, diff)))
    shown = [line[:_SHOWN_WIDTH] for line in best[:_SHOWN_LINES]]
    if len(best) > len(shown):
        shown.append(f"({len(best) - len(shown)} more lines differ)")
    return "\n".join(shown)


def _recorded(call: Mapping[str, Any], texts: Mapping[str, Any]) -> list[str]:
    return _lines(
        {
            **{name: call[name] for name in ("model", "endpoint", "sampling", "draw")},
            "messages": [texts.get(name, {}) for name in call["messages"]],
            "schema": texts.get(call["schema"]) if call["schema"] else None,
        }
    )


def _lines(request: Mapping[str, Any]) -> list[str]:
    """Return a request as lines that compare well."""
    head = [f"{name}: {_json(request[name])}" for name in ("model", "endpoint", "draw")]
    sampling = [
        f"{name}: {value}" for name, value in sorted(request["sampling"].items())
    ]
    said = [
        f"{message.get('role')}: {line}"
        for message in request["messages"]
        for line in str(message.get("content", "")).splitlines()
    ]
    shown = [
        f"{message.get('role')}: picture of {len(url)} characters ending {url[-16:]}"
        for message in request["messages"]
        for url in message.get("images", ())
    ]
    return [*head, *sampling, f"schema: {_json(request['schema'])}", *said, *shown]


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
