"""Prompts are files: jinja2 templates in which a missing variable is an error."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateNotFound
from jinja2.exceptions import UndefinedError

from shapley_coop.errors import ConfigError, unknown
from shapley_coop.records.words import clauses_text, clean, terms_text


def names() -> tuple[str, ...]:
    """Return every template's name, `folder/file`, sorted."""
    root = files("prompts")
    return tuple(
        sorted(
            f"{folder.name}/{file.name}"
            for folder in root.iterdir()
            if folder.is_dir()
            for file in folder.iterdir()
            if file.name.endswith(".j2")
        )
    )


def digests() -> dict[str, str]:
    """Return a digest of every template, for the record of a run."""
    return {name: sha256(_source(name).encode()).hexdigest()[:16] for name in names()}


def _source(name: str) -> str:
    folder, _, file = name.partition("/")
    return (files("prompts") / folder / file).read_text(encoding="utf-8")


def _load(name: str) -> str | None:
    return _source(name) if name in names() else None


@cache
def _environment() -> Environment:
    # Prompts are plain text for a model, never HTML; strangers' text passes through `clean`.
    environment = Environment(  # noqa: S701
        loader=FunctionLoader(_load),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clean"] = clean
    environment.filters["number"] = "{:.6g}".format
    environment.filters["clauses"] = clauses_text
    environment.filters["terms"] = terms_text
    return environment


def render(name: str, **variables: Any) -> str:
    """Return a template's text.

    Raises:
        ConfigError: no such template, or it uses a variable that it was not given.
    """
    try:
        return _environment().get_template(name).render(**variables).strip()
    except TemplateNotFound as error:
        raise ConfigError(unknown("template", str(error), names())) from error
    except UndefinedError as error:
        raise ConfigError(
            f"template {name!r}: {error}; it is given: {', '.join(sorted(variables))}"
        ) from error


def rules_template(game: str) -> str:
    """Return the name of the template that tells a game's rules: its own, or the default one."""
    own = f"games/{game}.j2"
    return own if own in names() else "games/default.j2"
