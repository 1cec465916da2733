"""How one endpoint wants to be asked: its way to JSON and its names of fields, found by asking."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, get_args

from shapley_coop.config.sections import JsonForm, SamplingField
from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import Message, ModelRequest, Reply, Schema, Target
from shapley_coop.llm.chat.refusals import addressee, refusal
from shapley_coop.llm.faults import CallError, ChangedError

LADDER: tuple[JsonForm, ...] = get_args(JsonForm)
REFUSALS = frozenset((400, 404, 405, 422, 501))
"""Statuses by which servers refuse a form of request that they do not know."""
TOOL = "answer"
"""Name of the tool, or of the schema, by which an answer is asked for."""
_UNKNOWN_FIELD = re.compile(
    r"support|unrecogni[sz]ed|unknown|unexpected|extra|not permitted|not allowed|invalid param|"
    r"deprecated|not enabled",
    re.IGNORECASE,
)
_CONFLICT = re.compile(
    r"cannot both|not both|only one|together|mutually exclusive|at the same time",
    re.IGNORECASE,
)
"""How servers say that each of two fields would do, but not the two."""
_NO_SYSTEM_ROLE = re.compile(
    r"system (?:role|message|prompt|instruction)s?\b|developer instruction|role.{0,40}system|"
    r"roles must alternate",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"model_not_found|model\b.{0,80}(?:not found|not exist)|"
    r"no such model|unknown model",
    re.IGNORECASE | re.DOTALL,
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
        messages = [_message(message) for message in request.messages]
        if "system" in self.omitted:
            messages = _without_system(messages)
        fields: dict[str, Any] = {
            "messages": messages,
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

    def fault_of(
        self,
        status: int,
        text: str,
        headers: Mapping[str, str],
        body: dict[str, Any],
        request: ModelRequest,
    ) -> ModelError:
        """Return the error of a body that was refused, once the dialect has learned from it."""
        fault = refusal(status, text, headers, request)
        # What is refused for what it says is no better in another form.
        about_form = not isinstance(fault, CallError)
        if about_form and self.learn_from_refusal(status, text, body):
            return ChangedError(f"{addressee(request)} refused the form of a request")
        return fault

    def learn_from_refusal(self, status: int, text: str, body: dict[str, Any]) -> bool:
        """Learn from a refusal of a body, and return whether another form of it can be sent."""
        # Where the model is unknown, no form of the request will do.
        if status not in REFUSALS or _NO_MODEL.search(text):
            return False
        unknown = _UNKNOWN_FIELD.search(text)
        if "max_tokens" in body and "max_completion_tokens" in text and unknown:
            self.limit_field = "max_completion_tokens"
            return True
        if self._learn_to_omit(text, body, by_name=bool(unknown)):
            return True
        form = _form_of(body)
        # A URL that leads nowhere is a 404 too, so such a refusal has to speak of a form.
        if form == "plain" or (status == 404 and not unknown):
            return False
        # Another call may have learned meanwhile that this form is refused.
        return form != self.form or self._step_down()

    def _learn_to_omit(self, text: str, body: dict[str, Any], *, by_name: bool) -> bool:
        """Learn from a refusal's words what to leave out, and return whether there is anything.

        Servers say in words what they do not know, and no two in the same words.
        """
        sent = [name for name in get_args(SamplingField) if name in body]
        refused = [name for name in sent if re.search(rf"\b{name}\b", text)]
        exclude_each_other = len(refused) > 1 and _CONFLICT.search(text) is not None
        if exclude_each_other or (by_name and refused):
            # Of two that exclude each other, the one that says less is left out.
            self.omitted.add(refused[1] if exclude_each_other else refused[0])
            return True
        has_system = any(message["role"] == "system" for message in body["messages"])
        if has_system and _NO_SYSTEM_ROLE.search(text):
            self.omitted.add("system")
            return True
        return False

    def learn_from_answer(self, reply: Reply, body: dict[str, Any]) -> None:
        """Learn from an answer whether the server heeds the schema.

        A server that takes a schema and ignores it is not asked so again. The answer itself
        stands. The seat is asked again if the answer is of no use.
        """
        form = _form_of(body)
        # An answer that was cut may have been going to be JSON, and an empty one says nothing.
        if self.settled or form != self.form or reply.finish == "length":
            return
        if not reply.text.strip():
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


def _without_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say what system messages say at the start of the first message of the user."""
    rest = [message for message in messages if message["role"] != "system"]
    said = [message["content"] for message in messages if message["role"] == "system"]
    if not rest or not said:
        return messages
    first = rest[0]
    return [{**first, "content": _joined([*said, first["content"]])}, *rest[1:]]


def _joined(contents: list[Any]) -> Any:
    """Return contents as one. A message with pictures is a list of parts."""
    if all(isinstance(content, str) for content in contents):
        return "\n\n".join(contents)
    parts: list[Any] = []
    for content in contents:
        is_text = isinstance(content, str)
        parts += [{"type": "text", "text": content}] if is_text else content
    return parts


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
