"""A model whose answers are given: a list, a function of the request, or drawn from the schema."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

import numpy as np

from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import (
    Backend,
    ModelRequest,
    Provider,
    Reply,
    Schema,
    Target,
    Usage,
)

Script = Iterable[str | Reply] | Callable[[ModelRequest], str | Reply]
CHARACTERS_PER_TOKEN = 4
"""Characters of English in a token, about."""


class ScriptedBackend(Backend):
    """Answers from a script. Without one it draws a value that the schema allows, by the seed."""

    provider: ClassVar[Provider] = Provider()

    def __init__(
        self,
        target: Target | None = None,
        script: Script | None = None,
        delay: float = 0.0,
    ) -> None:
        self._function: Callable[[ModelRequest], str | Reply] | None = None
        self._lines: Iterator[str | Reply] | None = None
        if callable(script):
            self._function = script
        elif script is not None:
            self._lines = iter(script)
        self._delay = delay
        self.requests: list[ModelRequest] = []
        """Every request that came, in order."""

    async def answer(self, request: ModelRequest) -> Reply:
        """Answer with the script's next line, or what its function returns."""
        self.requests.append(request)
        await asyncio.sleep(self._delay)
        answer = self._next_answer(request)
        if isinstance(answer, Reply):
            return answer
        characters = sum(len(message.content) for message in request.messages)
        usage = Usage(
            prompt=characters // CHARACTERS_PER_TOKEN,
            completion=len(answer) // CHARACTERS_PER_TOKEN,
        )
        return Reply(text=answer, usage=usage, source="scripted")

    async def close(self) -> None:
        """Hold nothing, release nothing."""

    def _next_answer(self, request: ModelRequest) -> str | Reply:
        if self._function is not None:
            return self._function(request)
        if self._lines is not None:
            try:
                return next(self._lines)
            except StopIteration:
                raise ModelError(
                    f"the script ended after {len(self.requests) - 1} answers; "
                    "give it more lines"
                ) from None
        if request.schema_ is None:
            return "ok"
        # Equal questions are different draws, and a replay asks them with the same seeds.
        rng = np.random.default_rng((request.sampling.seed, request.draw))
        value = draw_instance(request.schema_, rng)
        return json.dumps(value, separators=(",", ":"))


def draw_instance(schema: Schema, rng: np.random.Generator) -> Any:
    """Draw a value that a JSON schema allows. Keywords for text patterns are not known."""
    return _draw(schema, schema.get("$defs", {}), rng)


def _draw(schema: Schema, definitions: Schema, rng: np.random.Generator) -> Any:
    # Pydantic's schemas name their parts and refer to them.
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return _draw(definitions[name], definitions, rng)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return _pick(schema["enum"], rng)
    options = schema.get("anyOf", schema.get("oneOf"))
    if options:
        return _draw(_pick(options, rng), definitions, rng)
    match schema.get("type"):
        case "object":
            return {
                name: _draw(part, definitions, rng)
                for name, part in schema.get("properties", {}).items()
            }
        case "array":
            least = schema.get("minItems", 0)
            most = schema.get("maxItems", least + 2)
            count = int(rng.integers(least, most + 1))
            items = schema["items"]
            return [_draw(items, definitions, rng) for _ in range(count)]
        case _:
            return _draw_scalar(schema, rng)


def _pick(choices: list[Any], rng: np.random.Generator) -> Any:
    return choices[int(rng.integers(len(choices)))]


def _draw_scalar(
    schema: Schema, rng: np.random.Generator
) -> bool | int | float | str | None:
    # Where a schema sets no bound, any small number will do.
    low = schema.get("minimum", 0)
    high = schema.get("maximum", low + 10)
    match schema.get("type"):
        case "integer":
            return int(rng.integers(low, high + 1))
        case "number":
            return round(float(rng.uniform(low, high)), 2)
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
