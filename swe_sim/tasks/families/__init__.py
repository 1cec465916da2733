"""Families of tasks, by kind: functions, modules, repairs, extensions and impossible ones."""

from swe_sim.tasks.draft import Family
from swe_sim.tasks.families.extensions import cart, life, templates, todo
from swe_sim.tasks.families.functions import (
    bmi,
    check_digit,
    cipher,
    duration,
    intervals,
    numerals,
    ranking,
    runs,
)
from swe_sim.tasks.families.impossible.contradictions import impossible_families
from swe_sim.tasks.families.modules import (
    calculator,
    canvas,
    inventory,
    routes,
    schedule,
    store,
    vending,
)
from swe_sim.tasks.families.repairs import cache, grid, jobs, ledger, table

SOLVABLE = (
    *(bmi, check_digit, cipher, duration, intervals, numerals, ranking, runs),
    *(calculator, canvas, inventory, routes, schedule, store, vending),
    *(cache, grid, jobs, ledger, table),
    *(cart, life, templates, todo),
)
BASES = {
    "value": cipher.FAMILY,
    "order": intervals.FAMILY,
    "refusal": canvas.FAMILY,
    "acceptance": ledger.FAMILY,
    "type": ranking.FAMILY,
    "silence": bmi.FAMILY,
}
"""From which family each kind of impossible tasks is made."""

FAMILIES: dict[str, Family] = {
    **{module.FAMILY.name: module.FAMILY for module in SOLVABLE},
    **{family.name: family for family in impossible_families(BASES)},
}
"""All families that ship, by name."""
