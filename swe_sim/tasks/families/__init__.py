"""Families of tasks, by kind: functions, modules, repairs, extensions and impossible ones."""

from swe_sim.tasks.draft import Family
from swe_sim.tasks.families.functions import bmi
from swe_sim.tasks.families.modules import canvas
from swe_sim.tasks.families.repairs import ledger

FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY for module in (bmi, canvas, ledger)
}
"""All families that ship, by name."""
