"""Keys are read from the environment or a `.env` file only, and masked in all that is kept."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from shapley_coop.errors import ConfigError
from shapley_coop.llm.providers import all_providers
from shapley_coop.llm.spellings import Spellings

MASK = "[key]"
"""What stands in a text in place of a key."""
_KEY_NAMES = re.compile(
    r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)S?$", re.IGNORECASE
)
_SHORTEST = 8
"""Values shorter than this are words, not keys, and masking them would garble plain text."""
_ANY_KEY = r"(?:pk|key)[-_][A-Za-z0-9*.]{16,}"
"""What keys of no particular provider look like."""
_LOGIN_IN_URL = r"(?<=://)[^/\s\"'@]+:[^/\s\"'@]+(?=@)"
_BEARER = re.compile(r"(?i)(bearer|api-key:|x-api-key:)\s+[^\s\"',]+")


def load_env(folder: Path = Path()) -> None:
    """Add the variables of a folder's `.env` file to the environment. Set ones stay as they are."""
    path = folder / ".env"
    if path.is_file():
        from dotenv import load_dotenv

        load_dotenv(path, override=False)


def redact(text: str) -> str:
    """Return a text without keys.

    Masked are the values that the environment holds under a name of a key, in any spelling, and
    whatever looks like a key of some registered provider.
    """
    return masker()(text)


def masker() -> Callable[[str], str]:
    """Return `redact` with the keys that the environment holds now, which is quicker in a loop."""
    spellings = Spellings(_known_values())
    shapes = [
        shape for each in all_providers().values() for shape in each.secret_shapes
    ]
    keys = "|".join([*shapes, _ANY_KEY])
    pattern = re.compile(rf"\b(?:{keys})|{_LOGIN_IN_URL}")

    def mask(text: str) -> str:
        text = spellings.replace(text, MASK)
        text = pattern.sub(MASK, text)
        # A search that ignores case is slow, and few texts hold such a word at all.
        lower = text.lower()
        if "bearer" in lower or "api-key" in lower:
            text = _BEARER.sub(rf"\1 {MASK}", text)
        return text

    return mask


def mask_within(value: Any, mask: Callable[[str], str]) -> Any:
    """Return a JSON value in which every text, names of fields included, went through a mask."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {mask_within(k, mask): mask_within(v, mask) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [mask_within(part, mask) for part in value]
    return value


def refuse_keys(settings: Mapping[str, Any], folder: Path) -> None:
    """Refuse to write a key down: in settings, or as the name of the folder of a run.

    Raises:
        ConfigError: a name or a value among them holds a key.
    """
    mask = masker()
    path = _place_of_key(settings, mask)
    if path is not None:
        raise ConfigError(
            f"setting {mask(path)!r} holds a key, which would be written to the run folder; "
            "give keys in the environment alone"
        )
    if mask(str(folder)) != str(folder):
        raise ConfigError(
            "the name of the folder holds a key, which reports repeat; choose another folder",
            field="runs_dir",
        )


def _place_of_key(value: Any, mask: Callable[[str], str], path: str = "") -> str | None:
    """Return the dotted path of the first name or text in a value that a mask changes, or None."""
    if isinstance(value, str):
        return path if mask(value) != value else None
    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        parts = value.items()
    elif isinstance(value, list | tuple):
        parts = enumerate(value)
    for name, part in parts:
        inner = f"{path}.{name}".removeprefix(".")
        if mask(str(name)) != str(name):
            return inner
        place = _place_of_key(part, mask, inner)
        if place is not None:
            return place
    return None


def _known_values() -> list[str]:
    """Return the keys in the environment, longest first, as one may begin with another."""
    declared = {
        name for each in all_providers().values() for name in each.secret_variables
    }
    values: set[str] = set()
    for name, value in os.environ.items():
        if name in declared or _KEY_NAMES.search(name):
            values.add(value.strip())
            # Some variables hold several headers, whose values are keys by themselves.
            values |= {line.partition(": ")[2].strip() for line in value.splitlines()}
        # The URL of a proxy may hold a login.
        if name.lower().endswith("_proxy"):
            login = value.rpartition("@")[0].rpartition("//")[2]
            values |= {login, login.partition(":")[2]}
    keys = [value for value in values if len(value) >= _SHORTEST]
    return sorted(keys, key=len, reverse=True)
