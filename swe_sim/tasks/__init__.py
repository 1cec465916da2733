"""Tasks for a software team: specifications, hidden tests, references, and faults to inject."""

from swe_sim.tasks.catalogue import Row, listing, task
from swe_sim.tasks.loading.entry import load
from swe_sim.tasks.record import Item, Task

__all__ = ["Item", "Row", "Task", "listing", "load", "task"]
