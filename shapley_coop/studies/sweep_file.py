"""A sweep as a file: what all its cells share, and the lists whose combinations they are."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import (
    Field,
    StrictInt,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from shapley_coop.config.resolve import read, resolve
from shapley_coop.config.section import Section
from shapley_coop.config.sections import Limits
from shapley_coop.config.seeds import replicate_seed
from shapley_coop.config.shorthands import expand_game
from shapley_coop.errors import ConfigError, unknown
from shapley_coop.records.words import clean, faults_text, setting_text
from shapley_coop.simulation.arguments import put_settings
from shapley_coop.studies.cells import StudyCell

MOST_CELLS = 100_000
_SEED = "run.seed"
Choices = dict[str, Annotated[list[Any], Field(min_length=1)]]
"""Values by the full name of the field that they are for."""


SeedList = Annotated[list[StrictInt], Field(min_length=1)]


class SweepFile(Section):
    """What a sweep file may hold."""

    name: str = ""
    """What the folder of the sweep is called. Empty means the name of the file."""
    base: dict[str, Any] = Field(default_factory=dict)
    """What all cells share: any setting of a run, written as in a configuration file."""
    grid: Choices = Field(default_factory=dict)
    """Lists of which every combination is a cell."""
    zip: Choices = Field(default_factory=dict)
    """Lists of one length that go together: first with first, second with second."""
    cells: list[dict[str, Any]] = Field(default_factory=list)
    """Settings of single cells. Each of them is combined with the lists."""
    seeds: StrictInt | SeedList | None = None
    """Seeds of the run, or how many there are from 0 on. None leaves it to `base`."""
    repeats: StrictInt = Field(default=1, ge=1)
    """How often each cell is played, with seeds that follow from its own."""
    limits: Limits = Limits()
    """What the whole sweep may spend over all its sessions."""

    @field_validator("seeds", mode="wrap")
    @classmethod
    def _require_seeds(
        cls, seeds: Any, check: ValidatorFunctionWrapHandler
    ) -> int | list[int] | None:
        # Of a field with two forms each form would tell its own fault.
        try:
            checked: int | list[int] | None = check(seeds)
        except ValidationError as error:
            raise ValueError(
                "give how many seeds there are, or a list of them, in whole numbers; got "
                f"{clean(repr(seeds), 60)}"
            ) from error
        return checked


class Sweep(NamedTuple):
    """A sweep that can be played."""

    name: str
    cells: tuple[StudyCell, ...]
    limits: Limits


def read_sweep(path: Path) -> Sweep:
    """Return the sweep that a TOML file describes.

    Raises:
        ConfigError: the file cannot be read, or a field, list or cell of it cannot be used.
    """
    tables = read(path)
    for part in tables:
        if part not in SweepFile.model_fields:
            message = unknown("part of a sweep", part, SweepFile.model_fields)
            raise ConfigError(f"sweep {str(path)!r}: {message}")
    try:
        plan = SweepFile.model_validate(tables)
    except ValidationError as error:
        raise ConfigError(f"sweep {str(path)!r}: {faults_text(error)}") from error
    # It becomes the name of a folder, which must not lead elsewhere.
    name = plan.name or path.stem
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise ConfigError(
            f"a sweep is named with letters, digits and -_. alone, got {name!r}"
        )
    return Sweep(name, tuple(_cells(plan)), plan.limits)


def _cells(plan: SweepFile) -> Iterator[StudyCell]:
    """Yield the cells of a sweep, equal ones once."""
    _require_one_part_each(plan)
    # Counted before any is made: a slip in a list may make more than memory holds.
    count = _count(plan)
    if count > MOST_CELLS:
        raise ConfigError(
            f"the sweep has {count:,} cells, more than {MOST_CELLS:,}; shorten its lists"
        )
    known = set()
    for settings in _combinations(plan):
        cell = _cell(plan.base, settings)
        if cell.key not in known:
            known.add(cell.key)
            yield cell


def _count(plan: SweepFile) -> int:
    """Return how many cells a sweep has, equal ones as often as they stand in it."""
    seeds = plan.seeds if isinstance(plan.seeds, int) else len(plan.seeds or ())
    lengths = [
        len(plan.cells),
        *(len(values) for values in plan.grid.values()),
        max((len(values) for values in plan.zip.values()), default=0),
        seeds,
    ]
    # A part that is not there leaves the others as they are.
    return plan.repeats * math.prod(max(1, length) for length in lengths)


def _require_one_part_each(plan: SweepFile) -> None:
    """Refuse a sweep in which two parts name one field, since one of them would be lost.

    The base is no such part: lists vary what it says.
    """
    named: dict[str, str] = {}
    if plan.seeds:
        named[_SEED] = "seeds"
    for part, lists in (("[grid]", plan.grid), ("[zip]", plan.zip)):
        for key, values in lists.items():
            fields = {field for value in values for field in _fields(key, value)}
            _note(named, f"{key} of {part}", fields)
    for number, single in enumerate(plan.cells, start=1):
        # Single cells stand for one another and not beside each other.
        own = dict(named)
        for key, value in single.items():
            _note(own, f"{key} of cell {number}", set(_fields(key, value)))


def _note(named: dict[str, str], part: str, fields: set[str]) -> None:
    for field in sorted(fields):
        if field.split(".")[0] == "limits":
            raise ConfigError(
                f"{part} tells no cells apart: a cell goes on under a higher limit as the same "
                "cell; set it in [base] for each cell, or in [limits] for all together",
                field=field,
            )
        if field in named:
            raise ConfigError(
                f"{named[field]} and {part} both say {field}, so that one of them would be lost; "
                "name it in one place",
                field=field,
            )
        named[field] = part


def _fields(key: str, value: Any) -> Iterator[str]:
    """Yield the full names of what a setting says: a table says several fields."""
    if isinstance(value, Mapping):
        for part, inner in value.items():
            yield from _fields(f"{key}.{part}", inner)
    else:
        # A game or a protocol may be given by its name alone.
        yield {"game": "game.id", "protocol": "protocol.name"}.get(key, key)


def _combinations(plan: SweepFile) -> Iterator[dict[str, Any]]:
    """Yield the settings of every cell before its base, seeds last."""
    # Seeds come last, so that the seeds of one cell stand beside each other.
    for single in plan.cells or [{}]:
        for values in product(*plan.grid.values()):
            varied = dict(zip(plan.grid, values, strict=True))
            for row in _zipped(plan.zip):
                settings = {**single, **varied, **row}
                for seed in _seeds(plan, settings):
                    yield settings | seed


def _zipped(lists: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    lengths = {field: len(values) for field, values in lists.items()}
    if len(set(lengths.values())) > 1:
        raise ConfigError(
            "lists under [zip] go together and are of one length, got "
            + ", ".join(f"{length} of {field}" for field, length in lengths.items())
        )
    rows = [
        dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)
    ]
    return rows or [{}]


def _seeds(plan: SweepFile, settings: Mapping[str, Any]) -> list[dict[str, int]]:
    """Return the seed of each play of a cell, as settings.

    Args:
        plan: the sweep.
        settings: those of the cell without its seeds. It may have a seed of its own.
    """
    listed = plan.seeds
    if isinstance(listed, int):
        if listed < 1:
            raise ConfigError(
                f"seeds = {listed}: at least one is needed; leave seeds out to keep that of the "
                "base"
            )
        listed = list(range(listed))
    if not listed and plan.repeats == 1:
        return [{}]
    rows = []
    for seed in listed or [_own_seed(plan, settings)]:
        # The first repeat has the very seed, so that it is the play that one run would be.
        rows += [
            {_SEED: replicate_seed(seed, repeat)} for repeat in range(plan.repeats)
        ]
    return rows


def _own_seed(plan: SweepFile, settings: Mapping[str, Any]) -> int:
    """Return the seed that a cell has by its settings, else by the base."""
    run = _tables(plan.base, settings).get("run", {})
    # What is no seed is refused with the cell, which says where it stands.
    seed = run.get("seed", 0) if isinstance(run, Mapping) else 0
    return seed if isinstance(seed, int) else 0


def _cell(base: Mapping[str, Any], settings: Mapping[str, Any]) -> StudyCell:
    tables = _tables(base, settings)
    try:
        return StudyCell(resolve(tables), settings)
    except ConfigError as error:
        raise _cell_error(settings, error) from error


def _tables(base: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the raw tables of a cell."""
    tables = copy.deepcopy(dict(base))
    # A name alone becomes a table, so that other fields can be put beside it.
    if "game" in tables:
        tables["game"] = expand_game(tables["game"])
    if isinstance(tables.get("protocol"), str):
        tables["protocol"] = {"name": tables["protocol"]}
    try:
        put_settings(tables, settings)
    except ConfigError as error:
        raise _cell_error(settings, error) from error
    return tables


def _cell_error(settings: Mapping[str, Any], error: ConfigError) -> ConfigError:
    """Return an error of a cell that says which cell it is of."""
    own = settings_text(settings)
    where = f"cell {own}" if own else "the base"
    return ConfigError(f"{where}: {error}", field=error.field)


def settings_text(settings: Mapping[str, Any]) -> str:
    """Return settings as words: `protocol = neg, run.seed = 3`."""
    parts = [f"{field} = {setting_text(value)}" for field, value in settings.items()]
    return ", ".join(parts)
