"""A bar: what was to be shown, the figure that was measured, and whether it holds."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple


class Bar(NamedTuple):
    """One row. `passed` is None where there is a figure to report and nothing to hold."""

    what: str
    bar: str
    figure: str
    passed: bool | None
    data: Mapping[str, Any] = MappingProxyType({})
    """The figures as numbers, for the JSON file."""


class Settings(NamedTuple):
    """How much is measured, and where files may go."""

    quick: bool
    folder: Path
    """A scratch folder. What is kept here survives only with --keep."""

    def pick(self, full: int, quick: int) -> int:
        """Return a size: the one that the bar asks for, or a smoke run's."""
        return quick if self.quick else full


VERDICTS = {True: "pass", False: "MISS", None: "as it is"}


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def markdown(rows: Sequence[Bar], where: dict[str, Any], *, quick: bool) -> str:
    """Return the rows as a markdown table under a line on the machine."""
    lines = [
        f"Measured on {where['cores']} cores, Python {where['python']}, "
        f"load before {where['load'][0]}"
        + (" (smoke run: sizes are cut)." if quick else "."),
        "",
        "| what | bar | measured | |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {row.what} | {row.bar} | {row.figure} | {VERDICTS[row.passed]} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def write(
    path: Path, rows: Sequence[Bar], where: dict[str, Any], *, quick: bool
) -> None:
    """Write `path` as markdown and, beside it, the same as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".md").write_text(
        markdown(rows, where, quick=quick), encoding="utf-8"
    )
    found = {
        "machine": where,
        "quick": quick,
        "bars": [{**row._asdict(), "data": dict(row.data)} for row in rows],
    }
    path.with_suffix(".json").write_text(
        json.dumps(found, indent=1) + "\n", encoding="utf-8"
    )


def show(rows: Sequence[Bar], where: dict[str, Any]) -> int:
    """Print the rows as markdown, and return the exit code: 1 if a bar was missed."""
    print(markdown(rows, where, quick=False))
    return int(any(row.passed is False for row in rows))
