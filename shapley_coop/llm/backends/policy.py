"""Trained policies at the table: the embedded model with an adapter of the user's own.

All policies on one model file share one llama.cpp server. Each request says which adapter it is
answered with, so every seat may have another one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakValueDictionary

from shapley_coop.errors import InputError
from shapley_coop.interfaces.model import Provider, Target
from shapley_coop.llm import weights
from shapley_coop.llm.backends.embedded import (
    EmbeddedBackend,
    check_gguf,
    serve,
    slots_of,
)

CARD_FILE, ADAPTER_FILE = "card.json", "adapter.gguf"
"""What the folder of a trained policy holds: what it is, and the adapter itself."""


COOP = "smollm2-coop"
"""The trained policy that comes with this package."""
COOP_FOLDER = Path(__file__).parents[1] / "policies" / COOP


class PolicyBackend(EmbeddedBackend):
    """A policy that `shapley-coop train` has left in a folder."""

    provider: ClassVar[Provider] = Provider(
        forms=("policy:FOLDER",),
        named_model="always",
        names_file=True,
        endpoint="embedded",
        packages=("xllamacpp",),
        requirement="shapley-coop[local]",
    )

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        folder = _folder_at(target.file)
        self._base = base_of(folder)
        # Known before any server starts, since none can take an adapter later.
        self._shared, self._number = _shared_server(
            self._base, check_gguf(folder / ADAPTER_FILE), slots_of(target)
        )

    def load(self) -> None:
        """Load the model with the adapters of all policies, unless it is loaded.

        Raises:
            InputError: the weights are absent or damaged.
            ModelError: xllamacpp is not installed or refuses a file.
        """
        with self._lock:
            if self._server is None:
                self._server, self._address, self._key = self._shared.load()

    def _extra_fields(self) -> dict[str, Any]:
        """Return which adapter answers."""
        numbers = range(len(self._shared.adapters))
        scales = [
            {"id": number, "scale": float(number == self._number)} for number in numbers
        ]
        return {"lora": scales}


class CoopBackend(PolicyBackend):
    """SmolLM2 with an adapter that learned to bargain from `rational` seats."""

    provider: ClassVar[Provider] = Provider(
        forms=(COOP,),
        named_model="never",
        endpoint="embedded",
        packages=("xllamacpp",),
        requirement="shapley-coop[local]",
    )

    def __init__(self, target: Target) -> None:
        super().__init__(target.model_copy(update={"file": str(COOP_FOLDER)}))


def weights_of(target: Target) -> str:
    """Return the embedded model whose weights a target needs, or nothing where it is served.

    Raises:
        InputError: the target is a trained policy whose folder cannot be read.
    """
    if target.backend == COOP:
        return base_of(COOP_FOLDER)
    if target.backend == "policy":
        return base_of(_folder_at(target.file))
    return target.model if target.endpoint == "embedded" else ""


def base_of(folder: Path) -> str:
    """Return the model that a policy's adapter belongs to: an embedded model's name, or a file.

    Raises:
        InputError: the folder is no trained policy for a language-model seat.
    """
    card = card_of(folder)
    if "base" not in card:
        raise InputError(
            f"card {str(folder / CARD_FILE)!r} names no base model; train the policy again"
        )
    return str(card["base"])


def folder_of(agent: str) -> Path | None:
    """Return the folder of the trained policy that an agent's name means, or None if it is none."""
    if agent == COOP:
        return COOP_FOLDER
    kind, colon, place = agent.partition(":")
    return _folder_at(place) if (kind, colon) == ("policy", ":") else None


def _folder_at(place: str) -> Path:
    """Return the folder that a user has written, where `~` is somebody's home."""
    try:
        return Path(place).expanduser()
    except RuntimeError:
        # Nobody is called so, and that there is no card there is said wherever one is read.
        return Path(place)


def card_of(folder: Path) -> dict[str, Any]:
    """Return what a trained policy is.

    Raises:
        InputError: the folder holds no card that can be read.
    """
    path = folder / CARD_FILE
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{str(folder)!r} is no trained policy: cannot read {str(path)!r} "
            f"({error.strerror}); give a folder that `shapley-coop train` has made"
        ) from error
    except ValueError as error:
        raise InputError(
            f"card {str(path)!r} cannot be read ({error}); train the policy again"
        ) from error
    if not isinstance(card, dict):
        raise InputError(
            f"card {str(path)!r} holds {card!r} and no table; train the policy again"
        )
    return card


def games_of(card: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the games that a policy learned, as its card names them, each once.

    Returns:
        Names with parameters, such as `escape-room-n,seats=3`. Empty if the card names none, as
        those of early versions do.
    """
    games = card.get("games")
    return tuple(dict.fromkeys(map(str, games))) if isinstance(games, list) else ()


def summary_of(card: Mapping[str, Any]) -> str:
    """Return what a trained policy is in one sentence, as far as its card tells it."""
    if "about" in card:
        about = str(card["about"])
        # Names in the rest of it keep their capitals.
        return f"{about[:1].upper()}{about[1:]}."
    teacher, base = card.get("imitates", "?"), card.get("base", "?")
    return f"Answers as {teacher} does: an adapter of {base}."


class _SharedServer:
    """One llama.cpp server with several adapters, started when first asked."""

    def __init__(self, base: str, slots: int) -> None:
        self.adapters: list[Path] = []
        self._base = base
        self._slots = slots
        self._adding = threading.Lock()
        self._loading = threading.Lock()
        self._is_closed = False
        self._served: tuple[Any, str, str] | None = None

    def take(self, adapter: Path) -> int | None:
        """Return the number that an adapter has here, or None where it comes too late."""
        with self._adding:
            if adapter not in self.adapters:
                # A server that has begun to start takes no further one.
                if self._is_closed:
                    return None
                self.adapters.append(adapter)
            return self.adapters.index(adapter)

    def load(self) -> tuple[Any, str, str]:
        """Return the server, its loopback address and its key."""
        with self._loading:
            if self._served is None:
                with self._adding:
                    self._is_closed = True
                if self._base in weights.WEIGHTS:
                    path = weights.checked_location(self._base)
                else:
                    path = check_gguf(Path(self._base))
                self._served = serve(path, self._slots, self.adapters)
            return self._served


# Kept only as long as some policy uses it. Without it, each would load the weights again.
_SERVERS: WeakValueDictionary[tuple[str, int], _SharedServer] = WeakValueDictionary()
_LOCK = threading.Lock()


def _shared_server(base: str, adapter: Path, slots: int) -> tuple[_SharedServer, int]:
    """Return the server of a model and the number that an adapter has there."""
    with _LOCK:
        server = _SERVERS.get((base, slots))
        if server is not None:
            number = server.take(adapter)
            if number is not None:
                return server, number
        # Those who come later share the new one.
        _SERVERS[base, slots] = server = _SharedServer(base, slots)
        server.adapters.append(adapter)
        return server, 0
