"""The tasks of software teams, as a list."""

from __future__ import annotations

import click

from shapley_coop.cli.view.json import print_json


def show_tasks(*, as_json: bool) -> None:
    """Print a row for every listed task."""
    from swe_sim.tasks import listing

    rows = listing()
    if as_json:
        print_json([dict(row) for row in rows])
        return
    width = max(len(row["id"]) for row in rows)
    for row in rows:
        words: list[str] = [row["difficulty"]]
        words += ["impossible"] if row["impossible"] else []
        words += ["held out"] if row["held_out"] else []
        click.echo(f"{row['id']:{width}}  {', '.join(words)}")
