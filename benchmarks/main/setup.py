"""From a fresh clone and no cache to the report, and the project's own tests."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from benchmarks.main.bars import Bar, Settings
from benchmarks.main.plays import ROOT

FIRST, AGAIN, TESTS, COVERAGE = 240, 30, 300, 90


def bars(settings: Settings) -> Iterator[Bar]:
    """Clone what is committed here, play twice and test. Packages and weights come by network."""
    clone = settings.folder / "clone"
    subprocess.run(
        ["git", "clone", "--quiet", "--no-local", str(ROOT), str(clone)], check=True
    )
    clean = _clean(settings.folder)
    first = _make(clone, "play", clean)
    yield _timed("fresh clone, no cache: `make play` to its end", first, FIRST)
    yield _timed("`make play` again", _make(clone, "play", clean), AGAIN)
    if settings.quick:
        return
    tests = _make(clone, "test", clean)
    yield _timed("`make test`, what it needs installed included", tests, TESTS)
    covered = re.search(r"^TOTAL\s.*?(\d+(?:\.\d+)?)%", tests.said, re.MULTILINE)
    yield Bar(
        "line coverage of `shapley_coop/`",
        f"over {COVERAGE} %",
        f"{covered[1]} %" if covered else "no coverage total was printed",
        passed=covered is not None and float(covered[1]) > COVERAGE,
    )


class _Made:
    def __init__(self, seconds: float, code: int, said: str) -> None:
        self.seconds, self.code, self.said = seconds, code, said


def _make(clone: Path, target: str, environment: dict[str, str]) -> _Made:
    began = perf_counter()
    ended = subprocess.run(
        ["make", target],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return _Made(perf_counter() - began, ended.returncode, ended.stdout)


def _timed(what: str, made: _Made, limit: float) -> Bar:
    last = " ".join(made.said.split())[-160:]
    return Bar(
        what,
        f"under {limit} s",
        f"{made.seconds:.1f} s" + (f", exit {made.code}: {last}" if made.code else ""),
        passed=made.code == 0 and made.seconds < limit,
        data={"seconds": made.seconds, "exit": made.code},
    )


def _clean(folder: Path) -> dict[str, str]:
    """Return an environment whose caches are empty and that knows no virtual environment."""
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "MAKEFLAGS", "MAKELEVEL")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    caches = {
        "SHAPLEY_COOP_CACHE": str(folder / "cache" / "models"),
        "PIP_CACHE_DIR": str(folder / "cache" / "pip"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    return kept | caches
