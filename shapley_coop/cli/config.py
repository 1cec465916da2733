"""The command `config`: every setting of a run, and where its value came from."""

from __future__ import annotations

import json
from typing import Any

import rich_click as click

from shapley_coop.cli.options import as_json, limits, overrides, run_options
from shapley_coop.cli.settings import choose_run
from shapley_coop.cli.view.json import print_json


@click.command()
@run_options
@limits
@overrides
@as_json
def config(as_json: bool, **options: Any) -> None:
    """Print every setting that `play` with the same options would use, and its source.

    The game's own parameters are among them.

    Sources: default, preset (the named protocol), file (--config), flag, or derived from others.
    """
    from shapley_coop.config.listing import list_settings
    from shapley_coop.interfaces.plugins import load, parameters
    from shapley_coop.records.words import clean
    from shapley_coop.simulation.worker import check_names

    choice = choose_run(options)
    check_names(choice.config)
    game_defaults = parameters(load("games", choice.config.game_id))
    settings = list_settings(choice.config, choice.layers, game_defaults)
    if as_json:
        rows = [setting._asdict() for setting in settings]
        # A game's default may be any object of its author's.
        print_json(rows, default=str)
        return
    # Names of seats and models may be a stranger's, so they are cleaned like any text.
    lines = [
        (clean(setting.field, 60), clean(_value(setting.value), 200), setting.source)
        for setting in settings
    ]
    widest = max(len(field) for field, _, _ in lines)
    for field, value, source in lines:
        click.echo(f"{field:<{widest}}  {source:<7}  {value}")


def _value(value: Any) -> str:
    """Return a value as JSON, or a dash if it is not set."""
    return "-" if value is None else json.dumps(value, ensure_ascii=False, default=str)
