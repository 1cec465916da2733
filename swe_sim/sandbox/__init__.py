"""Hostile code runs here: in its own tree, without network or secrets, under limits."""

from swe_sim.sandbox.availability import available
from swe_sim.sandbox.launch import run
from swe_sim.sandbox.limits import Limits
from swe_sim.sandbox.outcome import Outcome

__all__ = ["Limits", "Outcome", "available", "run"]
