"""Addresses of servers, read from URLs. What can never be reached is refused before it is tried."""

from __future__ import annotations

import re
import socket
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_LONGEST_NAME = 253
"""Most characters of a name of a host (RFC 1035, section 2.3.4)."""
_SEEN_ASCII = re.compile(r"[!-~]*")


def read_address(url: str) -> SplitResult:
    """Return the parts of a URL that a server can be reached by.

    Raises:
        ValueError: there can be no server at it. The error says why.
    """
    # The library drops line breaks in silence, and asks another address than the one given.
    for position, character in enumerate(url, start=1):
        if character.isspace() or not character.isprintable():
            raise ValueError(f"it holds {character!r} at character {position}")
    parts = urlsplit(url)
    if parts.port == 0:
        raise ValueError("it has no port that can be reached")
    if not parts.hostname:
        raise ValueError("it names no host")
    ascii_host(parts.hostname)
    if not _SEEN_ASCII.fullmatch(parts.path + parts.query):
        raise ValueError(
            "its path holds letters outside ASCII, which are written as %.."
        )
    return parts


def ascii_host(host: str) -> str:
    """Return a host in the form in which it is looked up.

    Raises:
        ValueError: it is neither an address nor a name.
    """
    if ":" in host:
        # A URL writes the sign before the name of an interface as %25.
        address = host.replace("%25", "%")
        ip_address(address)
        return address
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError(f"its host {host!r} is no name ({error})") from error
    labels = name.removesuffix(".").split(".")
    is_name = all(_LABEL.fullmatch(label) for label in labels)
    if not is_name or len(name) > _LONGEST_NAME:
        raise ValueError(f"its host {host!r} is no name")
    if labels[-1].isdecimal() and not _is_ipv4(name):
        raise ValueError(f"its host {host!r} is no address")
    return name


def _is_ipv4(host: str) -> bool:
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return True
