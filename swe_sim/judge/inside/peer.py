"""One end of a conversation between two processes, in which each can ask the other."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable
from typing import Any

from swe_sim.judge.inside.codec import Json

# A failure of a test is shown where the test stands, not in here.
__tracebackhide__ = True

LARGEST = 8 * 1024 * 1024
"""Bytes of one message."""
_LENGTH = struct.Struct("<I")


class PeerGone(BaseException):
    """The other process ended, took too long, or said what is no message.

    It derives from no `Exception`, so that no test that expects an error is content with it.
    """

    def __init__(self, why: str, *, is_ended: bool = False) -> None:
        super().__init__(why)
        self.is_ended = is_ended
        """Whether the process itself ended, as far as one sees from here."""


class Peer:
    """Asks the other side, and answers its questions meanwhile."""

    def __init__(
        self, connection: socket.socket, answer: Callable[[Json], Json]
    ) -> None:
        self._connection = connection
        self._answer = answer
        self.is_gone = False
        self.is_used = False
        """Whether the other side has ever said something."""

    def ask(self, question: Json) -> Any:
        """Return the answer to a question. Raises `PeerGone` if there is none."""
        self._send({"ask": question})
        while True:
            message = self._receive()
            if "ask" not in message:
                return message.get("answer")
            self._send({"answer": self._answer(message["ask"])})

    def serve(self) -> None:
        """Answer questions until the other side is gone."""
        while True:
            try:
                message = self._receive()
            except PeerGone:
                return
            self._send({"answer": self._answer(message["ask"])})

    def _send(self, message: Json) -> None:
        data = json.dumps(message).encode("ascii")
        try:
            self._connection.sendall(_LENGTH.pack(len(data)) + data)
        except OSError as error:
            raise self._gone(f"it ended ({error})", is_ended=True) from None

    def _receive(self) -> dict[str, Any]:
        try:
            (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
            if length > LARGEST:
                raise self._gone(f"it sent more than {LARGEST} bytes at once")
            message = json.loads(self._exactly(length))
        except TimeoutError:
            raise self._gone("it took too long") from None
        except OSError:
            raise self._gone("it ended", is_ended=True) from None
        except (ValueError, RecursionError) as error:
            raise self._gone(f"it sent what is no message ({error})") from None
        if not isinstance(message, dict):
            raise self._gone("it sent what is no message")
        self.is_used = True
        return message

    def _exactly(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            part = self._connection.recv(min(length - len(data), 1 << 20))
            if not part:
                raise self._gone("it ended", is_ended=True)
            data += part
        return data

    def _gone(self, why: str, *, is_ended: bool = False) -> PeerGone:
        self.is_gone = True
        self._connection.close()
        return PeerGone(
            f"the code under test does not answer: {why}", is_ended=is_ended
        )
