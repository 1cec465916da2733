"""The command `cache`: what is kept of answers that runs share, and what is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rich_click as click

from shapley_coop.cli.options import as_json
from shapley_coop.cli.view.json import print_json

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
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['answers']:>8,}  {row['bytes']:>12,} bytes  {row['model']}")
    if not rows:
        click.echo("the cache is empty")


@cache.command()
@as_json
def clear(as_json: bool) -> None:
    """Forget every answer."""
    with _cache() as answers:
        count = answers.clear()
    _show_count(count, as_json)


@cache.command()
@click.option(
    "--days",
    type=click.FloatRange(min=0),
    default=30,
    show_default=True,
    help="Keep what was used since.",
)
@as_json
def prune(days: float, as_json: bool) -> None:
    """Forget answers that no run has used for some days."""
    with _cache() as answers:
        count = answers.prune(days)
    _show_count(count, as_json)


def _show_count(count: int, as_json: bool) -> None:
    if as_json:
        print_json({"forgotten": count})
    else:
        click.echo(f"{count:,} answers forgotten")


@contextmanager
def _cache() -> Iterator[Cache]:
    from shapley_coop.llm.memory.cache import Cache, default_path

    answers = Cache(default_path())
    try:
        yield answers
    finally:
        answers.close()
