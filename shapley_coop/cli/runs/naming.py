"""How a run is named on the command line: by its folder, its id, or one end of its id."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from shapley_coop.errors import ConfigError
from shapley_coop.runs import RUNS_DIR


def locate_run(
    _context: click.Context, _parameter: click.Parameter, name: str | None
) -> Path | None:
    """Return the folder of a run that was named. An id is looked up where runs go by default."""
    return None if name is None else _located(name)


def locate_runs(
    _context: click.Context, _parameter: click.Parameter, names: tuple[str, ...]
) -> tuple[Path, ...]:
    """Return the folders of the runs that were named."""
    return tuple(_located(name) for name in names)


def _located(name: str) -> Path:
    from shapley_coop.runs.store.places import locate

    if not name.strip():
        raise ConfigError("the name of the run is empty; name one, or leave it out")
    return locate(name, RUNS_DIR)
