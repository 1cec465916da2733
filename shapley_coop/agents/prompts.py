"""Prompts are files: jinja2 templates in which a missing variable is an error.

The templates of agents and judges lie in the package `prompts`. The template that tells a game's
rules lies beside the game, so that a game from another package brings its own. Whatever a template
is given may be the words of a stranger: no tag in it stays one, unless the template says `safe`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateNotFound
from jinja2.exceptions import UndefinedError
from markupsafe import Markup

from shapley_coop.errors import ConfigError, GameError, cause_text, unknown
from shapley_coop.interfaces.game import Game
from shapley_coop.llm.marks import split_tags
from shapley_coop.records.wording import terms_text
from shapley_coop.records.words import clean, clean_lines, figures_text

DEFAULT_RULES = "games/default.j2"
"""The template for games that have none of their own: it lists what a seat may know."""


def names() -> tuple[str, ...]:
    """Return the name of every template that all games share, `folder/file`, sorted."""
    return tuple(_shared_sources())


def digests(game: Game) -> dict[str, str]:
    """Return a digest of every template that a run of a game can use, by its name."""
    sources = _sources(_packages_of(game))
    return {
        name: sha256(source.encode()).hexdigest()[:16]
        for name, source in sources.items()
    }


def rules_template(game: Game) -> str:
    """Return the name of the template that tells a game's rules: its own, or the default one.

    A game named `X` has `X.j2` in the package of its class or of one of its base classes.
    """
    # The name is looked up and never joined to a path, so it cannot lead out of the packages.
    own = f"games/{game.name}.j2"
    return own if own in _sources(_packages_of(game)) else DEFAULT_RULES


def render(name: str, **variables: Any) -> str:
    """Return the text of a template that all games share.

    Raises:
        ConfigError: no such template, or it uses a variable that it was not given.
    """
    return _rendered((), name, variables)


def render_rules(game: Game, **variables: Any) -> str:
    """Return the rules of a game as its template tells them.

    Raises:
        GameError: the game's own template failed.
    """
    name = rules_template(game)
    # A template comes with its game, and may fail in any way.
    try:
        return _rendered(_packages_of(game), name, variables)
    except Exception as error:
        raise GameError(
            f"game {game.name!r}: its rules cannot be told: {cause_text(error)}"
        ) from error


def _rendered(packages: tuple[str, ...], name: str, variables: dict[str, Any]) -> str:
    try:
        template = _environment(packages).get_template(name)
        return template.render(**variables).strip()
    except TemplateNotFound as error:
        known = _sources(packages)
        raise ConfigError(unknown("template", str(error), known)) from error
    except UndefinedError as error:
        variables_text = ", ".join(sorted(variables))
        raise ConfigError(
            f"template {name!r}: {error}; it is given: {variables_text}"
        ) from error


@cache
def _environment(packages: tuple[str, ...]) -> Environment:
    # Prompts are plain text for a model, never HTML. What passes through `clean` is one line too.
    environment = Environment(  # noqa: S701
        loader=FunctionLoader(_sources(packages).get),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_without_tags,
    )
    environment.filters["clean"] = _spoken
    environment.filters["quote"] = _quoted
    environment.filters["number"] = "{:.6g}".format
    environment.filters["figures"] = figures_text
    environment.filters["terms"] = terms_text
    return environment


def _without_tags(value: Any) -> str:
    """Return what an expression of a template comes to, so that it opens and closes no tag."""
    text = str(value)
    return text if isinstance(value, Markup) else split_tags(text)


def _spoken(text: str, limit: int = 600) -> str:
    """Return a stranger's text as one line that can neither end a message nor a part of it."""
    return split_tags(clean(text, limit))


def _quoted(text: str) -> str:
    """Return a stranger's text of several lines, each behind a bar that says whose it is."""
    lines = clean_lines(text.rstrip("\n"))
    return "\n".join(f"| {split_tags(line)}".rstrip() for line in lines)


@cache
def _sources(packages: tuple[str, ...]) -> dict[str, str]:
    """Return the text of every template by name, sorted: the shared ones and those of packages.

    Where two packages have a template of one name, the earlier package's is taken.
    """
    sources = dict(_shared_sources())
    for package in reversed(packages):
        for file in _templates_in(files(package)):
            sources[f"games/{file.name}"] = file.read_text(encoding="utf-8")
    return dict(sorted(sources.items()))


@cache
def _shared_sources() -> dict[str, str]:
    sources = {}
    for folder in files("prompts").iterdir():
        if not folder.is_dir():
            continue
        for file in _templates_in(folder):
            sources[f"{folder.name}/{file.name}"] = file.read_text(encoding="utf-8")
    return dict(sorted(sources.items()))


def _templates_in(folder: Traversable) -> Iterator[Traversable]:
    for file in folder.iterdir():
        if file.name.endswith(".j2"):
            yield file


def _packages_of(game: Game) -> tuple[str, ...]:
    """Return the packages of a game's class and of its base classes, most derived first."""
    packages: dict[str, None] = {}
    for base in type(game).__mro__:
        if not issubclass(base, Game) or base is Game:
            continue
        # A module outside every package, such as a script, has no place for files of its own.
        package = sys.modules[base.__module__].__package__
        if package:
            packages[package] = None
    return tuple(packages)
