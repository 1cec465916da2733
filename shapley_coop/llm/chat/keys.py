"""The headers that an endpoint is sent: its key, and nothing that is meant for another host."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from shapley_coop.errors import ConfigError

OPENAI_URL = "https://api.openai.com/v1"
BASE_URL = "OPENAI_BASE_URL"
"""Environment variable of a URL that takes OpenAI's place."""
OPENAI_KEY = "OPENAI_API_KEY"
OUR_KEY = "SHAPLEY_COOP_API_KEY"
"""Environment variable of the key for endpoints other than OpenAI's."""
CUSTOM_HEADERS = "OPENAI_CUSTOM_HEADERS"
"""Environment variable of further headers for OpenAI or what takes its place, one a line."""
_NAMED_HEADERS = {
    "OpenAI-Organization": "OPENAI_ORG_ID",
    "OpenAI-Project": "OPENAI_PROJECT_ID",
}
_OWN_HEADERS = frozenset(
    (
        "host",
        "connection",
        "content-length",
        "content-type",
        "content-encoding",
        "accept-encoding",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "proxy-authorization",
    )
)
"""Headers that say how a request travels, which nobody else can know."""
_VALUE = re.compile(r"[\x20-\x7e]+")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def headers_of(endpoint: str) -> dict[str, str]:
    """Return the headers by which an endpoint knows who asks.

    Raises:
        ConfigError: OpenAI's own endpoint is asked and no key is set, or a variable holds what no
            header may hold.
    """
    headers: dict[str, str] = {}
    key = key_of(endpoint)
    if key:
        headers["Authorization"] = f"Bearer {key}"
    if not _is_openai(endpoint):
        return headers
    for header, variable in _NAMED_HEADERS.items():
        value = header_value(variable)
        if value:
            headers[header] = value
    return headers | _custom_headers()


def hidden_headers() -> dict[str, str]:
    """Return the headers of OpenAI's that the environment sets, with nothing in them.

    litellm asks some providers through the `openai` package, which sends them to any host.
    """
    names = [name for name, variable in _NAMED_HEADERS.items() if _is_set(variable)]
    return dict.fromkeys([*names, *_custom_headers()], "")


def key_of(endpoint: str) -> str:
    """Return the key for an endpoint, from the environment only. Local servers want none.

    OPENAI_API_KEY goes to OpenAI and to OPENAI_BASE_URL, never to another host. Any other
    endpoint gets SHAPLEY_COOP_API_KEY.

    Raises:
        ConfigError: OpenAI's own endpoint is asked and no key is set, or a key holds what no
            header may hold.
    """
    if not _is_openai(endpoint):
        return header_value(OUR_KEY)
    key = header_value(OPENAI_KEY) or header_value(OUR_KEY)
    if not key and endpoint == OPENAI_URL:
        raise ConfigError(
            f"{endpoint} needs a key; set {OPENAI_KEY}, or use a model that needs none: "
            "smollm2 runs on this machine"
        )
    return key


def _is_openai(endpoint: str) -> bool:
    """Return whether an endpoint is OpenAI's, or the one that the user put in its place."""
    # A key must not reach whatever host a spec names, nor the right host unencrypted.
    trusted = [OPENAI_URL, os.environ.get(BASE_URL, "").strip()]
    return _origin(endpoint) in [_origin(url) for url in trusted if url]


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _is_set(variable: str) -> bool:
    return bool(os.environ.get(variable))


def header_value(variable: str) -> str:
    """Return a variable's value as a header can hold it, without white space around it.

    Raises:
        ConfigError: it holds what no header may hold.
    """
    value = os.environ.get(variable, "").strip()
    if value and not _VALUE.fullmatch(value):
        position, fault = _first_fault(value)
        raise ConfigError(
            f"{variable} holds {fault} at character {position}, which no HTTP header may hold; "
            "copy the key again, without line breaks and typographic quotation marks"
        )
    return value


def _first_fault(value: str) -> tuple[int, str]:
    """Return where the first character stands that is no part of a header, and what it is."""
    for position, character in enumerate(value, start=1):
        if not _VALUE.fullmatch(character):
            kind = "a character outside ASCII"
            if character in "\r\n":
                kind = "a line break"
            elif character.isascii():
                kind = "a control character"
            return position, kind
    raise AssertionError("unreachable: some character is at fault")


def _custom_headers() -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in os.environ.get(CUSTOM_HEADERS, "").splitlines():
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ConfigError(
                f"{CUSTOM_HEADERS} holds a line that is no header; write NAME: VALUE in ASCII, "
                "one a line"
            )
        if name.lower() in _OWN_HEADERS:
            raise ConfigError(
                f"{CUSTOM_HEADERS} holds {name}, which says how a request travels and is set by "
                "whoever sends it; take the line out"
            )
        headers[name] = value
    return headers
