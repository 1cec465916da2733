"""A loopback server that answers as OpenAI, Anthropic and Gemini do, by the schema it is asked."""

import asyncio
import json
from typing import Any

from benchmarks.gateway.loopback import Loopback


def instance(schema: dict[str, Any]) -> Any:
    """Return the plainest value that a JSON schema allows."""
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return instance(schema[key][0])
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        required = schema.get("required", ())
        return {name: instance(schema["properties"][name]) for name in required}
    if kind == "array":
        return [instance(schema["items"])] * schema.get("minItems", 0)
    if kind in ("number", "integer"):
        return schema.get("minimum", 0)
    return {"string": "as agreed", "boolean": False}.get(kind or "")


class Providers(Loopback):
    """Answers every request with an instance of its schema, or with a short sentence."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        super().__init__()

    @property
    def root(self) -> str:
        return self.url.removesuffix("/v1")

    async def serve(self, reader, writer) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                )
                body = json.loads(await reader.readexactly(length))
                path = head.split(b" ")[1].decode()
                self.paths.append(path)
                answer = json.dumps(reply(path, body)).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(answer) + answer
                )
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


def reply(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return what the provider behind a path would answer."""
    if "generateContent" in path:
        schema = body.get("generationConfig", {}).get("response_json_schema")
        parts = [{"text": json.dumps(instance(schema)) if schema else "I pass."}]
        content = {"role": "model", "parts": parts}
        return {
            "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {
                "promptTokenCount": 9,
                "candidatesTokenCount": 3,
                "totalTokenCount": 12,
            },
        }
    if path.startswith("/v1/messages"):
        return _anthropic(body)
    return _openai(body)


def _anthropic(body: dict[str, Any]) -> dict[str, Any]:
    if body.get("tools"):
        tool = body["tools"][0]
        content: dict[str, Any] = {
            "type": "tool_use",
            "id": "t1",
            "name": tool["name"],
            "input": instance(tool["input_schema"]),
        }
    else:
        schema = body.get("output_format", {}).get("schema")
        text = json.dumps(instance(schema)) if schema else "I pass."
        content = {"type": "text", "text": text}
    return {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [content],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 3},
    }


def _openai(body: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "I pass."}
    form = body.get("response_format", {})
    if form.get("type") == "json_schema":
        message["content"] = json.dumps(instance(form["json_schema"]["schema"]))
    elif body.get("tools"):
        function = body["tools"][0]["function"]
        arguments = json.dumps(instance(function["parameters"]))
        call = {"name": function["name"], "arguments": arguments}
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": call}],
        }
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": body.get("model", "m"),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
    }
