"""Families of tasks, by kind: functions, modules, repairs, extensions and impossible ones."""

from swe_sim.tasks.draft import Family
from swe_sim.tasks.families.extensions import life, todo
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

FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY
    for module in (
        bmi,
        check_digit,
        cipher,
        duration,
        intervals,
        numerals,
        ranking,
        runs,
        calculator,
        canvas,
        inventory,
        routes,
        schedule,
        store,
        vending,
        cache,
        grid,
        jobs,
        ledger,
        table,
        life,
        todo,
    )
}
"""All families that ship, by name."""
