"""Work evidence at the command line, of another system's log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shapley_coop.cli.view.json import print_json
from shapley_coop.errors import ConfigError
from shapley_coop.records.words import clean, number, percent


def show_log(log: Path | None, *, as_json: bool) -> None:
    """Print what a work log says that each role did, and how that divides 100 points."""
    from shapley_coop.teams.imports.work.log import read_log

    if log is None:
        raise ConfigError("no log is named; write `swe import LOG`", field="log")
    fields = read_log(log).as_json()
    if as_json:
        print_json(fields)
        return
    _show_roles(fields)


def _show_roles(fields: dict[str, Any]) -> None:
    roles = fields["roles"]
    entries = fields["entries"]
    click.echo(f"{fields['log']}: {entries} entries of {len(roles)} roles")
    click.echo(f"  {'role':26}{'work':32}{'evidence':>18}{'share':>10}")
    for role, row in roles.items():
        done = [
            f"{kind} {number(amount)}"
            for kind, amount in row["counts"].items()
            if amount
        ]
        low, high = row["evidence"]
        span = f"{percent(low)} to {percent(high)}"
        words = ", ".join(done) or "nothing"
        share = percent(row["share"])
        click.echo(f"  {clean(role, 25):26}{words:32}{span:>18}{share:>10}")
    low, high = fields["weight_sums"]
    click.echo(
        f"  the weights sum to {number(low)} at their lower and {number(high)} at their "
        "upper ends; shares divide all"
    )
    if fields["nobody_did"]:
        click.echo(f"  nobody did: {', '.join(fields['nobody_did'])}")
