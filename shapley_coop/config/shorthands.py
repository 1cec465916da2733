"""What may be written shorter than it is kept: a game's name, a protocol's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapley_coop.config.protocol import PROTOCOLS, NegotiationProtocol
from shapley_coop.errors import ConfigError, unknown


def expand_game(value: Any) -> Any:
    """Return a game's table. A name alone is its id, without parameters."""
    return {"id": value} if isinstance(value, str) else value


def expand_protocol(value: Any) -> dict[str, Any]:
    """Return the whole table of a protocol.

    Args:
        value: a protocol's name, or a table whose `name` picks the protocol that its other keys
            vary.

    Raises:
        ConfigError: there is no such protocol, or the value is neither a name nor a table.
    """
    table = {"name": value} if isinstance(value, str) else value
    if not isinstance(table, Mapping):
        raise ConfigError(
            f"protocol must be a name or a table, got {value!r}", field="protocol"
        )
    # A preset is the base of what varies it, so an unknown one would vary nothing.
    name = str(table.get("name", NegotiationProtocol().name))
    if name not in PROTOCOLS:
        raise ConfigError(unknown("protocol", name, PROTOCOLS), field="protocol.name")
    whole = PROTOCOLS[name].model_dump()
    for key, part in table.items():
        # A table inside varies the preset's own, and a plain value takes its place.
        if isinstance(part, Mapping):
            whole[key] = {**(whole.get(key) or {}), **part}
        else:
            whole[key] = part
    return whole
