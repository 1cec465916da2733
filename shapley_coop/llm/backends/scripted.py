"""A model whose answers are given: a list, a function of the request, or drawn from the schema."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import ModelRequest, Reply, Schema, Target, Usage

Script = Iterable[str | Reply] | Callable[[ModelRequest], str | Reply]


class ScriptedBackend:
    """Answers from a script; without one, with a value that the schema allows, by the seed."""

    def __init__(
        self,
        target: Target | None = None,
        script: Script | None = None,
        delay: float = 0.0,
    ) -> None:
        self._answer = script if callable(script) else None
        self._lines: Iterator[str | Reply] | None = (
            iter(script) if script is not None and not callable(script) else None
        )
        self._delay = delay
        self.requests: list[ModelRequest] = []
        """Every request that came, in order."""

    async def answer(self, request: ModelRequest) -> Reply:
        """Answer with the script's next line, or what its function returns."""
        self.requests.append(request)
        await asyncio.sleep(self._delay)
        said = self._said(request)
        if isinstance(said, Reply):
            return said
        asked = sum(len(message.content) for message in request.messages)
        usage = Usage(prompt=asked // 4, completion=len(said) // 4)
        return Reply(text=said, usage=usage, source="scripted")

    async def close(self) -> None:
        """Hold nothing, release nothing."""

    def _said(self, request: ModelRequest) -> str | Reply:
        if self._answer is not None:
            return self._answer(request)
        if self._lines is not None:
            try:
                return next(self._lines)
            except StopIteration:
                raise ModelError(
                    f"the script ended after {len(self.requests) - 1} answers; give it more lines"
                ) from None
        if request.schema_ is None:
            return "ok"
        rng = np.random.default_rng((request.sampling.seed, request.draw))
        return json.dumps(instance(request.schema_, rng), separators=(",", ":"))


def instance(schema: Schema, rng: np.random.Generator) -> Any:
    """Draw a value that a JSON schema allows; keywords for text patterns are not known."""
    return _draw(schema, schema.get("$defs", {}), rng)


def _draw(schema: Schema, named: Schema, rng: np.random.Generator) -> Any:
    if "$ref" in schema:
        return _draw(named[schema["$ref"].rsplit("/", 1)[-1]], named, rng)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][int(rng.integers(len(schema["enum"])))]
    if options := schema.get("anyOf", schema.get("oneOf")):
        return _draw(options[int(rng.integers(len(options)))], named, rng)
    if schema.get("type") == "object":
        fields = schema.get("properties", {})
        return {name: _draw(field, named, rng) for name, field in fields.items()}
    if schema.get("type") == "array":
        least = schema.get("minItems", 0)
        count = int(rng.integers(least, schema.get("maxItems", least + 2) + 1))
        return [_draw(schema["items"], named, rng) for _ in range(count)]
    return _scalar(schema, rng)


def _scalar(
    schema: Schema, rng: np.random.Generator
) -> bool | int | float | str | None:
    low = schema.get("minimum", 0)
    match schema.get("type"):
        case "integer":
            return int(rng.integers(low, schema.get("maximum", low + 10) + 1))
        case "number":
            return round(float(rng.uniform(low, schema.get("maximum", low + 10))), 2)
        case "boolean":
            return bool(rng.integers(2))
        case "string":
            return "x" * int(schema.get("minLength", 1))
        case "null":
            return None
        case other:
            raise ModelError(
                f"the scripted model cannot draw a value of type {other!r}"
            )
