"""Keys: read from the environment or a `.env` file only, masked in all that is kept or told."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

MASK = "[key]"
_NAMES = re.compile(
    r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)S?$", re.IGNORECASE
)
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
    return masker()(text)


def masker() -> Callable[[str], str]:
    """Return `redact` with the keys that the environment holds now; quicker where used often."""
    known = {
        value
        for name, value in os.environ.items()
        if len(value) >= _SHORTEST and _NAMES.search(name)
    }
    longest_first = sorted(known, key=len, reverse=True)

    def mask(text: str) -> str:
        for value in longest_first:
            if value in text:
                text = text.replace(value, MASK)
        if "-" in text or "_" in text or "://" in text or "AIza" in text:
            text = _SHAPES.sub(MASK, text)
        return _BEARER.sub(rf"\1 {MASK}", text)

    return mask
