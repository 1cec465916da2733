"""The command `value`: the Shapley engine on a coalition game of the user's own."""

from __future__ import annotations

from typing import Any

import rich_click as click

from shapley_coop.cli.options import as_json
from shapley_coop.cli.view.json import print_json


@click.command()
@click.argument("spec")
@click.option(
    "--players", help="How many, or their names with commas; a function needs this."
)
@click.option(
    "--index",
    default="shapley",
    show_default=True,
    help="Value to compute: shapley, banzhaf, …",
)
@click.option(
    "--default", type=float, help="Value of coalitions that the file does not name."
)
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Most evaluations.",
)
@click.option(
    "--method",
    default="auto",
    show_default=True,
    help="Estimator: auto, exact, permutation, …",
)
@click.option(
    "--types",
    help="Players of each type with commas, in the order of the players, such as 3333,3333,3334, "
    "where a function depends on nothing but how many of each are in.",
)
@click.option(
    "--noise", type=float, help="Standard deviation of one draw of a noisy function."
)
@click.option(
    "--sets", is_flag=True, help="The function takes a frozenset of player numbers."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of all that is drawn.",
)
@as_json
def value(spec: str, as_json: bool, **options: Any) -> None:
    """Value the coalition game in SPEC: a .npy, .csv or .json table, or module:function."""
    from shapley_coop.cli.valuation import ValueOptions, evaluate, show_valuation

    valuation = evaluate(spec, ValueOptions(**options))
    if as_json:
        print_json(valuation.as_json())
    else:
        show_valuation(valuation)
