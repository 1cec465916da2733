"""What is told before play of policies that learned something else than they are to play."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import rich_click as click

from shapley_coop.agents.origins import origin_notes
from shapley_coop.config.sections import Config
from shapley_coop.errors import ShapleyCoopError
from shapley_coop.llm.backends.policy import folder_of
from shapley_coop.simulation.worker import make_game


def tell_origins(configs: Iterable[Config]) -> None:
    """Print each note on policies that sit where they did not learn, once, to standard error."""
    notes: dict[str, None] = {}
    for config in configs:
        named = (config.agent, *config.seats.values(), config.model.name)
        if all(folder_of(name) is None for name in named):
            continue
        # What cannot be played is refused by the run, which knows what was given wrong.
        with suppress(ShapleyCoopError):
            seats = make_game(config).seats
            notes |= dict.fromkeys(origin_notes(config, seats))
    for note in notes:
        click.echo(f"note: {note}", err=True)
