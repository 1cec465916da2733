"""The nursery of code under test: small, so that a child for each test costs little."""

from __future__ import annotations

import sys

from swe_sim.judge.inside import code
from swe_sim.sandbox.nursery import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]), {"code": code.main})
