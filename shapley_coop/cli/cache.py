"""The command `cache`: what is kept of answers that runs share, and what is forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rich_click as click

from shapley_coop.cli.options import as_json

if TYPE_CHECKING:
    from shapley_coop.llm.memory.cache import Cache


@click.group()
def cache() -> None:
    """Answers that runs with --cache share."""


@cache.command("list")
@as_json
def list_cache(as_json: bool) -> None:
    """List what is kept, by model."""
    with _cache() as answers:
        rows = answers.rows()
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo(f"{row['answers']:>8,}  {row['bytes']:>12,} bytes  {row['model']}")
    if not rows:
        click.echo("the cache is empty")


@cache.command()
def clear() -> None:
    """Forget every answer."""
    with _cache() as answers:
        count = answers.clear()
    click.echo(f"{count:,} answers forgotten")


@cache.command()
@click.option(
    "--days",
    type=click.FloatRange(min=0),
    default=30,
    show_default=True,
    help="Keep what was used since.",
)
def prune(days: float) -> None:
    """Forget answers that no run has used for some days."""
    with _cache() as answers:
        count = answers.prune(days)
    click.echo(f"{count:,} answers forgotten")


@contextmanager
def _cache() -> Iterator[Cache]:
    from shapley_coop.llm.memory.cache import Cache, default_path

    answers = Cache(default_path())
    try:
        yield answers
    finally:
        answers.close()
