"""Hidden tests: run against a tree when its authors are gone, in a warm pytest."""

from swe_sim.judge.judge import Judge
from swe_sim.judge.verdict import Verdict

__all__ = ["Judge", "Verdict"]
