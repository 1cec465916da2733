"""The nursery of tests: pytest is imported once, and each run of tests is a fork of it."""

from __future__ import annotations

import sys

from swe_sim.judge.inside import tests
from swe_sim.sandbox.nursery import serve

if __name__ == "__main__":
    tests.warm_up()
    serve(int(sys.argv[1]), {"apart": tests.apart, "together": tests.together})
