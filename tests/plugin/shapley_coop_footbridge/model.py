"""The model of the plug-in: it lays a plank if, and only if, it was told the plug-in's rules."""

from __future__ import annotations

import json
from typing import ClassVar

from shapley_coop.interfaces.model import (
    Backend,
    ModelRequest,
    Price,
    Provider,
    Reply,
    Target,
    Usage,
)

RULE = "one of 3 villagers at a brook"
"""Words that only the plug-in's own template tells."""
KEY = "plank-1234"
"""What a key of this provider looks like. It must not be written anywhere."""


class VillageModel(Backend):
    """Stands for a hosted model: it has prices and keys, but answers from this process."""

    provider: ClassVar[Provider] = Provider(
        forms=("village", "village/NAME"),
        endpoint="village-post",
        hosted=True,
        secret_shapes=(r"plank-\d{4}",),
        prices={"north": Price(input=1.0, output=2.0)}.get,
    )

    def __init__(self, target: Target) -> None:
        self.target = target

    async def answer(self, request: ModelRequest) -> Reply:
        """Return an action as the schema wants it."""
        text = "\n".join(message.content for message in request.messages)
        action = "lay" if RULE in text else "rest"
        reason = f"{self.target.model} has the key {KEY}"
        reply = json.dumps({"reason": reason, "action": action})
        usage = Usage(prompt=len(text) // 4, completion=len(reply) // 4)
        return Reply(text=reply, usage=usage, source="scripted")

    async def close(self) -> None:
        """Hold nothing, release nothing."""
