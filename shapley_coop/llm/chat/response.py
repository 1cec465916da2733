"""What comes back over a connection, whatever it says, and never more of it than a bound."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import NamedTuple

from shapley_coop.llm.chat.refusals import clip

LARGEST = 4_000_000
"""Most bytes of an answer that are read."""
LARGEST_REFUSAL = 64_000
"""Most bytes of a refusal that are read. No more of it would be shown."""
_WINDOW_OF_ANY_HEADER = zlib.MAX_WBITS | 32
"""Tells zlib to find out by itself whether bytes are in the form of gzip or of zlib."""


class Response(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By names in small letters."""
    data: bytes
    fault: str = ""
    """Why that is not all of it, in words that follow `answered`. Empty if it is."""


def is_success(status: int) -> bool:
    """Return whether a status says that the body is the answer."""
    return 200 <= status < 300


def most_bytes(status: int) -> int:
    """Return how many bytes of an answer of this status are read."""
    return LARGEST if is_success(status) else LARGEST_REFUSAL


def response_of(status: int, headers: Mapping[str, str], data: bytes) -> Response:
    """Return a response, its bytes unpacked and cut at the bound."""
    most = most_bytes(status)
    encoding = headers.get("content-encoding", "identity").strip()
    packing = encoding.lower()
    if packing in ("gzip", "x-gzip", "deflate"):
        # Nobody asked for packed bytes, and a few of them could unfold to any size.
        try:
            unpacker = zlib.decompressobj(_WINDOW_OF_ANY_HEADER)
            data = unpacker.decompress(data, most + 1)
        except zlib.error as error:
            fault = f"bytes that are not packed as it says ({error})"
            return Response(status, headers, b"", fault)
    elif packing not in ("", "identity"):
        return Response(status, headers, b"", f"bytes packed as {clip(encoding)!r}")
    if len(data) > most:
        fault = f"more than {most:,} bytes; the rest was not read"
        return Response(status, headers, data[:most], fault)
    return Response(status, headers, data)
