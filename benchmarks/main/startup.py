"""How fast the command answers, and what the Shapley engine drags in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter

from benchmarks.main.bars import Bar, Settings
from benchmarks.main.plays import environment, program

LIMIT = 0.4
FORBIDDEN = ("pettingzoo", "pydantic", "torch", "openai")
_LOADED = (
    "import json, sys, shapley_coop.shapley; print(json.dumps(sorted(sys.modules)))"
)


def bars(settings: Settings) -> Iterator[Bar]:
    """Time `--help` in fresh processes and list what one import loads."""
    times = []
    for _ in range(settings.pick(10, 3)):
        began = perf_counter()
        subprocess.run(
            [*program(), "--help"],
            env=environment(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        times.append(perf_counter() - began)
    yield Bar(
        "`shapley-coop --help`",
        f"under {LIMIT} s",
        f"least {min(times):.3f} s, median {median(times):.3f} s of {len(times)}",
        passed=median(times) < LIMIT,
        data={"seconds": times},
    )
    ended = subprocess.run(
        [sys.executable, "-c", _LOADED],
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(json.loads(ended.stdout))
    wrong = [name for name in FORBIDDEN if name in loaded]
    outside = sorted(
        {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names)
    )
    outside = [name for name in outside if not name.startswith("_")]
    yield Bar(
        "`import shapley_coop.shapley`",
        f"loads none of {', '.join(FORBIDDEN)}",
        f"{'loads ' + ', '.join(wrong) if wrong else 'none'}; beside the standard library: "
        f"{', '.join(outside)}",
        passed=not wrong,
        data={"modules": len(loaded), "outside": outside},
    )
