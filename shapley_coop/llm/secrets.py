"""Keys: read from the environment or a `.env` file only, masked in all that is kept or told."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

MASK = "[key]"
_NAMES = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)S?$", re.IGNORECASE)
_SHORTEST = 8
"""Values shorter than this are words, not keys, and masking them would garble plain text."""
_SHAPES = re.compile(
    r"\b(?:sk-[\w*.-]{12,}|(?:gsk|xai|hf|ghp|nvapi|tgp|pk|key)[-_][A-Za-z0-9*.]{16,})"
    r"|\bAIza[\w-]{10,}"
    r"|(?<=://)[^/\s\"'@]+:[^/\s\"'@]+(?=@)"
)
_BEARER = re.compile(r"(?i)(bearer|api-key:|x-api-key:)\s+[^\s\"',]+")


def load_env(folder: Path = Path()) -> None:
    """Add the variables of a folder's `.env` file to the environment; what is set there stays."""
    path = folder / ".env"
    if path.is_file():
        from dotenv import load_dotenv

        load_dotenv(path, override=False)


def redact(text: str) -> str:
    """Return a text without keys: known values of the environment, and what looks like one."""
    for value in _known(tuple(_values())):
        if value in text:
            text = text.replace(value, MASK)
    if "-" in text or "_" in text or "://" in text or "AIza" in text:
        text = _SHAPES.sub(MASK, text)
    return _BEARER.sub(rf"\1 {MASK}", text)


def _values() -> list[str]:
    return [
        value
        for name, value in os.environ.items()
        if len(value) >= _SHORTEST and _NAMES.search(name)
    ]


@lru_cache(maxsize=8)
def _known(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return values longest first, so that a key that holds another is masked whole."""
    return tuple(sorted(set(values), key=len, reverse=True))
