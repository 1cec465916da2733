"""Grammars that bind the embedded model to a JSON schema, in llguidance's notation."""

from __future__ import annotations

import json
import re
from typing import Any

from shapley_coop.interfaces.model import Schema

COMPACT = {
    "whitespace_flexible": False,
    "item_separator": ",",
    "key_separator": ":",
    "coerce_one_of": True,
}
"""Asks the grammar for JSON without white space, a third of the tokens, and to take `oneOf`."""
DECIMALS = 0.01
"""Finest step of a number. Without one a small model writes digits up to the token limit."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?$)', re.DOTALL)
"""A JSON string, which the token limit may have cut."""
_FOREIGN = re.compile(r"[^\w{}\[\]:,.+-]")
"""What compact JSON does not hold outside its strings."""


def grammar(schema: Schema) -> str:
    """Return the grammar of a JSON schema's compact instances."""
    guided = {**_with_steps(schema), "x-guidance": COMPACT}
    compact = json.dumps(guided, separators=(",", ":"))
    return f"%llguidance {{}}\nstart: %json {compact}"


def may_come_from_grammar(text: str) -> bool:
    """Return whether a text can come from `grammar`: JSON with no white space outside strings.

    llama.cpp drops a grammar that llguidance refuses without a word. This finds out.
    """
    # Every JSON value begins with one of these.
    if not text.startswith(tuple('{["-0123456789tfn')):
        return False
    return not _FOREIGN.search(_STRING.sub("", text))


def _with_steps(schema: Any) -> Any:
    """Return a schema whose numbers have a finest step, however deep they stand."""
    if isinstance(schema, list):
        return [_with_steps(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _with_steps(part) for name, part in schema.items()}
    if schema.get("type") == "number":
        return {"multipleOf": DECIMALS, **inner}
    return inner
