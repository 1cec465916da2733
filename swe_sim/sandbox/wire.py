"""Messages between the caller, the nursery and the supervisors: a length, then JSON."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

Message = dict[str, Any]
"""JSON values. Texts may hold lone surrogates, since JSON writes them as numbers."""
_LENGTH = struct.Struct("<Q")


def send(connection: socket.socket, message: Message) -> None:
    """Send one message as a whole."""
    data = json.dumps(message).encode("ascii")
    connection.sendall(_LENGTH.pack(len(data)) + data)


def receive(connection: socket.socket) -> Message | None:
    """Return the next message, or None if the other side is gone."""
    head = _exactly(connection, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    data = _exactly(connection, length)
    if data is None:
        return None
    message: Message = json.loads(data)
    return message


def _exactly(connection: socket.socket, length: int) -> bytes | None:
    parts = []
    while length:
        part = connection.recv(min(length, 1 << 20))
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
