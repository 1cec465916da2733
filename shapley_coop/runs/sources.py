"""What a run is made with: its prompt templates, and the source of its plug-ins as digests."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from hashlib import sha256
from inspect import getmro, isclass, isfunction, ismodule
from pathlib import Path
from types import ModuleType
from typing import Any

from shapley_coop.agents import prompts
from shapley_coop.agents.origins import origin_notes
from shapley_coop.agents.roles import role
from shapley_coop.config.sections import Config
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import load
from shapley_coop.runs.store.unfinished import Ingredients

# Their versions are written down, and reading all their files would tell no more.
_VERSIONED = {"numpy", "pettingzoo", "pydantic", "gymnasium"}


def ingredients_of(config: Config, game: Game) -> Ingredients:
    """Return what a run of a configuration is made with.

    Args:
        config: what is played.
        game: any instance of its game.

    Raises:
        PluginError: there is no such agent or worth kind.
    """
    code = {f"game {config.game_id}": _digest(_classes_of_game(game))}
    agents = {config.agent, *config.seats.values()}
    # Who plays absent seats has a part in what credit is.
    agents |= {config.worth.baseline, config.worth.swap}
    asks_models = False
    for name in sorted(agents - {""}):
        member = role(name, config.model.name)
        asks_models |= member.model is not None
        code[f"agent {name}"] = _digest([_home_of(member.factory)])
    worth = load("worths", config.worth.kind)
    code[f"worth kind {config.worth.kind}"] = _digest([_home_of(worth)])
    # Where no model is asked, no prompt is worded.
    templates = prompts.digests(game) if asks_models else {}
    return Ingredients(templates, code, origin_notes(config, game.seats))


def _classes_of_game(game: Game) -> list[Any]:
    """Return the classes of a game and of the games that it is made around."""
    inner = [type(part) for part in vars(game).values() if isinstance(part, Game)]
    return [type(game), *inner]


def _home_of(factory: Any) -> Any:
    """Return the class or function behind a factory."""
    while isinstance(factory, partial):
        factory = factory.func
    return factory if isclass(factory) or isfunction(factory) else type(factory)


def _digest(homes: Iterable[Any]) -> str:
    """Return a digest of the files in which classes and functions, and their bases, are written.

    It covers what these files use of modules that lie beside them. What they use of modules
    elsewhere is not covered.
    """
    waiting = [home.__module__ for home in _with_bases(homes)]
    texts: dict[str, bytes] = {}
    while waiting:
        name = waiting.pop()
        module = sys.modules.get(name)
        path = _file_of(module)
        if module is None or path is None or name in texts:
            continue
        texts[name] = path.read_bytes() if path.is_file() else b""
        for used in _used_modules(module):
            beside = _file_of(sys.modules.get(used))
            if beside is not None and beside.parent == path.parent:
                waiting.append(used)
    digest = sha256()
    for name in sorted(texts):
        digest.update(sha256(texts[name]).digest())
    return digest.hexdigest()[:16]


def _with_bases(homes: Iterable[Any]) -> list[Any]:
    parts: list[Any] = []
    for home in homes:
        parts += getmro(home) if isclass(home) else [home]
    return parts


def _used_modules(module: ModuleType) -> list[str]:
    """Return the modules whose classes, functions or selves a module has names for."""
    used = []
    for value in vars(module).values():
        if ismodule(value):
            used.append(value.__name__)
        elif isclass(value) or isfunction(value):
            used.append(value.__module__)
    return used


def _file_of(module: ModuleType | None) -> Path | None:
    """Return the file of a module that may change without its version."""
    if module is None or module.__spec__ is None or not module.__spec__.origin:
        return None
    package = module.__name__.partition(".")[0]
    if package in sys.stdlib_module_names or package in _VERSIONED:
        return None
    return Path(module.__spec__.origin)
