"""Grammars that bind the embedded model to a JSON schema, in llguidance's notation."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from shapley_coop.interfaces.model import Schema
from shapley_coop.llm.backends.numerals import BOUNDS, number_pattern

COMPACT = {
    "whitespace_flexible": False,
    "item_separator": ",",
    "key_separator": ":",
    "coerce_one_of": True,
}
"""Asks the engine for JSON without white space, a third of the tokens, and to take `oneOf`."""
_KEYWORDS = {
    "const": {"const", "type"},
    "enum": {"enum", "type"},
    "anyOf": {"anyOf"},
    "oneOf": {"oneOf"},
    "array": {"type", "items", "minItems", "maxItems"},
    "boolean": {"type"},
    "integer": {"type", *BOUNDS},
    "null": {"type"},
    "number": {"type", *BOUNDS},
    "object": {"type", "properties", "required", "additionalProperties"},
    "string": {"type", "minLength", "maxLength"},
}
"""Kinds of schema that have rules, named by a keyword or a type, and what each may hold."""
_REMARKS = {"$comment", "$schema", "default", "description", "examples", "title"}
"""Keywords that bind nothing."""
_CONSTANTS: dict[str, tuple[Any, ...]] = {"null": (None,), "boolean": (True, False)}
"""All values of types that have few."""
_CHARACTER = r'([^"\\\x00-\x1f\x7f]|\\["\\bfnrt])'
"""One character of a JSON string. Escapes by number are left out: half a pair is no text."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?$)', re.DOTALL)
"""A JSON string, which the token limit may have cut."""
_FOREIGN = re.compile(r"[^\w{}\[\]:,.+-]")
"""What compact JSON does not hold outside its strings."""


class _NoRuleError(Exception):
    """A schema holds a keyword or a value that has no rule here."""


def grammar(schema: Schema) -> str:
    """Return the grammar of a JSON schema's compact instances.

    Closed objects, arrays, choices, constants, texts and numbers become rules in which a number
    has few digits. A schema with any other keyword is left to the engine, which bounds no digits.
    """
    # The engine bounds digits by `multipleOf` alone, which refused every negative number before
    # llguidance 1.8. Its JSON cannot hold a rule of ours, so everything is a rule of ours.
    rules = _Rules()
    try:
        lines = [f"start: {rules.name(schema)}"]
    except _NoRuleError:
        guided = {**schema, "x-guidance": COMPACT}
        compact = json.dumps(guided, separators=(",", ":"))
        return f"%llguidance {{}}\nstart: %json {compact}"
    lines += [f"{name}: {body}" for body, name in rules.names.items()]
    return "\n".join(["%llguidance {}", *lines])


def may_come_from_grammar(text: str) -> bool:
    """Return whether a text can come from `grammar`: JSON with no white space outside strings.

    llama.cpp drops a grammar that llguidance refuses without a word. This finds out.
    """
    # Every JSON value begins with one of these.
    if not text.startswith(tuple('{["-0123456789tfn')):
        return False
    return not _FOREIGN.search(_STRING.sub("", text))


class _Rules:
    """The rules of one grammar. Equal parts of a schema share a rule."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        """The name of each rule, by its body."""

    def name(self, schema: Any) -> str:
        """Return the name of the rule of a schema's instances.

        Raises:
            _NoRuleError: some part of the schema cannot be written as a rule.
        """
        body = self._body(schema)
        return self.names.setdefault(body, f"value_{len(self.names)}")

    def _body(self, schema: Any) -> str:
        if not isinstance(schema, dict):
            raise _NoRuleError
        binding = {key: part for key, part in schema.items() if key not in _REMARKS}
        kind = _kind(binding)
        match kind:
            case "const":
                return _constant(binding["const"])
            case "enum":
                return _choice([_constant(value) for value in binding["enum"]])
            case "anyOf" | "oneOf":
                return _choice([self.name(option) for option in binding[kind]])
            case "null" | "boolean":
                return _choice([_constant(value) for value in _CONSTANTS[kind]])
            case "number" | "integer":
                return _number(binding)
            case "string":
                return _text(binding)
            case "array":
                return self._array(binding)
            case _:
                return self._object(binding)

    def _array(self, schema: Schema) -> str:
        if "items" not in schema:
            raise _NoRuleError
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        if most == 0:
            return _verbatim("[]")
        items = self.name(schema["items"])
        # A comma precedes all items but the first, which stands apart.
        if most != 1:
            others = _times(max(0, least - 1), None if most is None else most - 1)
            items = f'{items} ("," {items}){others}'
        return f'"[" {items} "]"' if least > 0 else f'"[" ({items})? "]"'

    def _object(self, schema: Schema) -> str:
        properties = schema.get("properties", {})
        # Only closed objects of properties that are all required have one order and number.
        if set(schema.get("required", ())) != set(properties):
            raise _NoRuleError
        if schema.get("additionalProperties") is not False:
            raise _NoRuleError
        parts = []
        before = "{"
        for name, part in properties.items():
            key = json.dumps(name, ensure_ascii=False)
            parts += [_verbatim(f"{before}{key}:"), self.name(part)]
            before = ","
        parts.append(_verbatim("}" if parts else "{}"))
        return " ".join(parts)


def _kind(schema: Schema) -> str:
    """Return what decides how a schema's rule is written."""
    deciding = [word for word in ("const", "enum", "anyOf", "oneOf") if word in schema]
    kind = deciding[0] if deciding else schema.get("type")
    if not isinstance(kind, str) or kind not in _KEYWORDS:
        raise _NoRuleError
    if not schema.keys() <= _KEYWORDS[kind]:
        raise _NoRuleError
    return kind


def _constant(value: Any) -> str:
    """Return the body of a rule that writes one value as JSON."""
    return _verbatim(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


def _verbatim(text: str) -> str:
    """Return the body of a rule that writes a text as it is."""
    return json.dumps(text, ensure_ascii=False)


def _choice(bodies: list[str]) -> str:
    if not bodies:
        raise _NoRuleError
    return " | ".join(bodies)


def _number(schema: Schema) -> str:
    for keyword in BOUNDS:
        bound = schema.get(keyword, 0)
        # Older drafts have true and false here.
        if type(bound) not in (int, float) or not math.isfinite(bound):
            raise _NoRuleError
    pattern = number_pattern(schema)
    if pattern is None:
        raise _NoRuleError
    return f"/{pattern}/"


def _text(schema: Schema) -> str:
    length = _times(schema.get("minLength", 0), schema.get("maxLength"))
    return f'/"{_CHARACTER}{length}"/'


def _times(least: int, most: int | None) -> str:
    """Return the mark behind a part that is repeated."""
    return f"{{{least},{'' if most is None else most}}}"
