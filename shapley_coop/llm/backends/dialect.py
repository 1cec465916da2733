"""How one endpoint wants to be asked: its way to JSON and its names of fields, found by asking."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, get_args

from shapley_coop.interfaces.model import Message, ModelRequest, Reply, Target

Rung = Literal["schema", "tool", "json", "plain"]
RUNGS: tuple[Rung, ...] = get_args(Rung)
REFUSALS = frozenset((400, 404, 405, 422, 501))
"""Statuses by which servers refuse a form of request that they do not know."""
_OPTIONAL = ("temperature", "top_p", "seed")
_UNKNOWN = re.compile(
    r"support|unrecogni[sz]ed|unknown|unexpected|extra|not permitted|not allowed|invalid param",
    re.IGNORECASE,
)
TOOL = "answer"


class Dialect:
    """What an endpoint was found to understand, one step down at each refusal.

    The ladder is native JSON schema, tool call, JSON mode, plain text. A step is settled by the
    first answer that keeps to it; from then on a refusal is about the request, not its form.
    """

    def __init__(self, target: Target) -> None:
        self.rung: Rung = "schema" if target.output == "auto" else target.output
        self.settled = target.output != "auto"
        self.limit_field = "max_tokens"
        self.omitted = set(target.omit)

    def body(self, request: ModelRequest) -> dict[str, Any]:
        """Return the fields of a chat completion in this dialect, the model's name left out."""
        sampling = request.sampling
        fields: dict[str, Any] = {
            "messages": [_message(message) for message in request.messages],
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self.limit_field: sampling.max_tokens,
            "seed": sampling.seed,
        }
        for name in self.omitted:
            fields.pop(name, None)
        if request.schema_ is not None:
            self._bind(fields, request.schema_)
        return fields

    def refused(self, status: int, said: str, sent: dict[str, Any]) -> bool:
        """Learn from a refusal of a body; return whether another form of it can be sent."""
        if status not in REFUSALS:
            return False
        if "max_tokens" in sent and "max_completion_tokens" in said:
            self.limit_field = "max_completion_tokens"
            return True
        for name in _OPTIONAL:
            if (
                name in sent
                and re.search(rf"\b{name}\b", said)
                and _UNKNOWN.search(said)
            ):
                self.omitted.add(name)
                return True
        used = _rung(sent)
        if used == "plain":
            return False
        if used != self.rung:
            return True  # another call has learned it meanwhile
        return self._down()

    def heard(self, reply: Reply, sent: dict[str, Any]) -> None:
        """Learn from an answer: a server that takes a schema and ignores it is not asked so again.

        The answer itself stands; the seat is asked again if it is of no use.
        """
        used = _rung(sent)
        if self.settled or used != self.rung or reply.finish == "length":
            return
        if used == "plain" or reply.text.lstrip().startswith("{"):
            self.settled = True
        else:
            self._down()

    def _down(self) -> bool:
        if self.settled:
            return False
        self.rung = RUNGS[RUNGS.index(self.rung) + 1]
        return True

    def _bind(self, fields: dict[str, Any], schema: dict[str, Any]) -> None:
        if self.rung == "schema":
            named = {"name": TOOL, "schema": schema}
            fields["response_format"] = {"type": "json_schema", "json_schema": named}
        elif self.rung == "tool":
            function = {
                "name": TOOL,
                "description": "Give your answer.",
                "parameters": schema,
            }
            fields["tools"] = [{"type": "function", "function": function}]
            fields["tool_choice"] = {"type": "function", "function": {"name": TOOL}}
        else:
            if self.rung == "json":
                fields["response_format"] = {"type": "json_object"}
            fields["messages"] = _told(fields["messages"], schema)


def content(message: dict[str, Any]) -> str:
    """Return what a message answers: its tool calls' arguments, or its text."""
    calls = message.get("tool_calls") or []
    if calls:
        return "\n".join(str(call["function"]["arguments"]) for call in calls)
    return message.get("content") or ""


def _rung(sent: dict[str, Any]) -> Rung:
    if "tools" in sent:
        return "tool"
    kind = sent.get("response_format", {}).get("type")
    return "schema" if kind == "json_schema" else "json" if kind else "plain"


def _message(message: Message) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.content}
    parts: list[dict[str, Any]] = [{"type": "text", "text": message.content}]
    parts += [
        {"type": "image_url", "image_url": {"url": url}} for url in message.images
    ]
    return {"role": message.role, "content": parts}


def _told(
    messages: list[dict[str, Any]], schema: dict[str, Any]
) -> list[dict[str, Any]]:
    """Say the schema in the last message, for servers that cannot be bound to it."""
    text = "\n\nAnswer with one JSON object of this JSON schema:\n" + json.dumps(schema)
    last = dict(messages[-1])
    if isinstance(last["content"], str):
        last["content"] += text
    else:
        last["content"] = [*last["content"], {"type": "text", "text": text}]
    return [*messages[:-1], last]
