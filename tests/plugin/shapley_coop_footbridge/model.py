"""The model of the plug-in: it lays a plank if, and only if, it was told the plug-in's rules."""

from __future__ import annotations

import json

from shapley_coop.interfaces.model import Backend, ModelRequest, Reply, Target, Usage

RULE = "one of 3 villagers at a brook"
"""Words that only the plug-in's own template tells."""


class VillageModel(Backend):
    """Answers in this process and says that it is `scripted`."""

    def __init__(self, target: Target) -> None:
        self.target = target

    async def answer(self, request: ModelRequest) -> Reply:
        """Return an action as the schema wants it."""
        text = "\n".join(message.content for message in request.messages)
        action = "lay" if RULE in text else "rest"
        reply = json.dumps({"reason": "the rules say so", "action": action})
        usage = Usage(prompt=len(text) // 4, completion=len(reply) // 4)
        return Reply(text=reply, usage=usage, source="scripted")

    async def close(self) -> None:
        """Hold nothing, release nothing."""
