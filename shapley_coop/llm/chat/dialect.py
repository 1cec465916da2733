"""How one endpoint wants to be asked: its way to JSON and its names of fields, found by asking."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

from shapley_coop.config.sections import JsonForm, SamplingField
from shapley_coop.interfaces.model import Message, ModelRequest, Reply, Schema, Target

LADDER: tuple[JsonForm, ...] = get_args(JsonForm)
REFUSALS = frozenset((400, 404, 405, 422, 501))
"""Statuses by which servers refuse a form of request that they do not know."""
TOOL = "answer"
"""Name of the tool, or of the schema, by which an answer is asked for."""
_UNKNOWN_FIELD = re.compile(
    r"support|unrecogni[sz]ed|unknown|unexpected|extra|not permitted|not allowed|invalid param",
    re.IGNORECASE,
)


class Dialect:
    """What an endpoint was found to understand, one step down at each refusal.

    The ladder is native JSON schema, tool call, JSON mode, plain text. A step is settled by the
    first answer that keeps to it. From then on a refusal is about the request, not its form.
    """

    def __init__(self, target: Target) -> None:
        self.form: JsonForm = LADDER[0] if target.output == "auto" else target.output
        """The step of the ladder that is asked for now."""
        self.settled = target.output != "auto"
        """Whether that step is known to be the right one."""
        self.limit_field = "max_tokens"
        """The endpoint's name of the limit on an answer's tokens."""
        self.omitted = set(target.omit)
        """Fields that are left out."""

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
        # The user may omit a field by a name that this endpoint's dialect does not use.
        for name in self.omitted:
            fields.pop(name, None)
        if request.schema_ is not None:
            self._ask_for_json(fields, request.schema_)
        return fields

    def learn_from_refusal(self, status: int, text: str, body: dict[str, Any]) -> bool:
        """Learn from a refusal of a body, and return whether another form of it can be sent."""
        if status not in REFUSALS:
            return False
        if "max_tokens" in body and "max_completion_tokens" in text:
            self.limit_field = "max_completion_tokens"
            return True
        # Servers say in words which field they do not know, and no two in the same words.
        if _UNKNOWN_FIELD.search(text):
            for name in get_args(SamplingField):
                if name in body and re.search(rf"\b{name}\b", text):
                    self.omitted.add(name)
                    return True
        form = _form_of(body)
        if form == "plain":
            return False
        # Another call may have learned meanwhile that this form is refused.
        return form != self.form or self._step_down()

    def learn_from_answer(self, reply: Reply, body: dict[str, Any]) -> None:
        """Learn from an answer whether the server heeds the schema.

        A server that takes a schema and ignores it is not asked so again. The answer itself
        stands. The seat is asked again if the answer is of no use.
        """
        form = _form_of(body)
        # An answer that was cut may have been going to be JSON.
        if self.settled or form != self.form or reply.finish == "length":
            return
        if form == "plain" or reply.text.lstrip().startswith("{"):
            self.settled = True
        else:
            self._step_down()

    def _step_down(self) -> bool:
        if self.settled:
            return False
        self.form = LADDER[LADDER.index(self.form) + 1]
        return True

    def _ask_for_json(self, fields: dict[str, Any], schema: Schema) -> None:
        match self.form:
            case "schema":
                fields["response_format"] = {
                    "type": "json_schema",
                    "json_schema": {"name": TOOL, "schema": schema},
                }
            case "tool":
                function = {
                    "name": TOOL,
                    "description": "Give your answer.",
                    "parameters": schema,
                }
                fields["tools"] = [{"type": "function", "function": function}]
                choice = {"type": "function", "function": {"name": TOOL}}
                fields["tool_choice"] = choice
            case "json":
                fields["response_format"] = {"type": "json_object"}
                fields["messages"] = _with_schema(fields["messages"], schema)
            case "plain":
                fields["messages"] = _with_schema(fields["messages"], schema)


def _form_of(body: dict[str, Any]) -> JsonForm:
    if "tools" in body:
        return "tool"
    kind = body.get("response_format", {}).get("type")
    if kind == "json_schema":
        return "schema"
    return "json" if kind else "plain"


def _message(message: Message) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.content}
    text = {"type": "text", "text": message.content}
    images = [
        {"type": "image_url", "image_url": {"url": url}} for url in message.images
    ]
    return {"role": message.role, "content": [text, *images]}


def _with_schema(
    messages: list[dict[str, Any]], schema: Schema
) -> list[dict[str, Any]]:
    """Say the schema in the last message, for servers that cannot be bound to it."""
    text = "\n\nAnswer with one JSON object of this JSON schema:\n" + json.dumps(schema)
    last = dict(messages[-1])
    if isinstance(last["content"], str):
        last["content"] += text
    else:
        # A message with pictures is a list of parts.
        last["content"] = [*last["content"], {"type": "text", "text": text}]
    return [*messages[:-1], last]
