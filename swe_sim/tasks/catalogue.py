"""The catalogue of tasks that ship: finding one by id, and listing all without making them."""

from __future__ import annotations

from functools import lru_cache
from typing import TypedDict

from shapley_coop.errors import ConfigError, unknown
from swe_sim.tasks.draft import Family, held_out, make
from swe_sim.tasks.families import FAMILIES
from swe_sim.tasks.record import SEPARATOR, Difficulty, Task

SEEDS = 6
"""How many seeds of a solvable family are listed. Any other seed makes a task too."""
LARGEST_SEED = 10**9


class Row(TypedDict):
    """A task as the listing shows it."""

    id: str
    family: str
    difficulty: Difficulty
    impossible: bool
    held_out: bool


def listing() -> list[Row]:
    """Return one row a listed task, without making any: 6 seeds a family, one if impossible."""
    rows: list[Row] = []
    for family in FAMILIES.values():
        seeds = range(1 if family.impossible else SEEDS)
        rows += [_row(family, seed) for seed in seeds]
    return rows


def _row(family: Family, seed: int) -> Row:
    return Row(
        id=f"{family.name}-{seed}",
        family=family.name,
        difficulty=family.difficulty,
        impossible=family.impossible,
        held_out=held_out(seed),
    )


@lru_cache(maxsize=256)
def task(id: str) -> Task:  # noqa: A002 - what the user knows it as
    """Return the task of an id `FAMILY-SEED`, such as `bmi-calculator-3`, the same one each time.

    The id `PATH::NAME` is the task of a name in a user's file or folder.

    Raises:
        ConfigError: There is no such family, or the seed is no whole number from 0 to 10^9, or
            the file cannot be loaded.
    """
    if SEPARATOR in id:
        # Only who brings tasks needs the judge for them.
        from swe_sim.tasks.loading.files import load_one

        return load_one(id)
    if id in FAMILIES:
        raise ConfigError(
            f"{id!r} is a family of tasks; add a seed, as in '{id}-0'",
            field="game.task",
        )
    name, _, seed = id.rpartition("-")
    if name not in FAMILIES:
        known = tuple(FAMILIES)
        raise ConfigError(
            unknown(
                "task family",
                name or id,
                known,
                hint="a task is FAMILY-SEED, or PATH::NAME in a file of yours",
            ),
            field="game.task",
        )
    if not (seed.isdecimal() and seed.isascii() and int(seed) <= LARGEST_SEED):
        raise ConfigError(
            f"the task {id!r} has the seed {seed!r}; a seed is a whole number from 0 "
            f"to {LARGEST_SEED}, as in '{name}-3'",
            field="game.task",
        )
    return make(FAMILIES[name], int(seed))
