"""Measure every bar of the main job and print it beside what was asked."""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.main import (
    arithmetic,
    cuts,
    escape_room,
    overhead,
    replays,
    rivals,
    roles,
    setup,
    startup,
    tables,
)
from benchmarks.main.bars import VERDICTS, Bar, Settings, machine, write

Subject = Callable[[Settings], Iterator[Bar]]

SUBJECTS: dict[str, Subject] = {
    "escape-room": escape_room.paper,
    "escape-room-n": escape_room.many,
    "roles": roles.bars,
    "rivals": rivals.bars,
    "tables": tables.bars,
    "overhead": overhead.bars,
    "startup": startup.bars,
    "cuts": cuts.bars,
}
MODEL: dict[str, Subject] = {
    "arithmetic": arithmetic.bars,
    "replay": replays.bars,
}
SETUP: dict[str, Subject] = {"setup": setup.bars}
STYLES = {True: "green", False: "bold red", None: "cyan"}


def main() -> int:
    """Return 1 if a bar was missed or could not be measured."""
    given = _arguments()
    console = Console()
    where = machine()
    rows: list[Bar] = []
    with tempfile.TemporaryDirectory(prefix="shapley-coop-bench-") as scratch:
        folder = given.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(quick=given.quick, folder=folder.resolve())
        for name, subject in _chosen(given).items():
            console.print(f"[dim]{name} …[/]")
            for row in _measured(name, subject, settings):
                rows.append(row)
                style = STYLES[row.passed]
                line = f"  {VERDICTS[row.passed]:<8} {row.what}: {row.figure}"
                console.print(Text(line, style=style))
    console.print(_table(rows, quick=given.quick))
    if given.out:
        write(given.out, rows, where, quick=given.quick)
    return int(any(row.passed is False for row in rows))


def _measured(name: str, subject: Subject, settings: Settings) -> Iterator[Bar]:
    """Yield a subject's rows. What breaks is a miss, and the other subjects are still measured."""
    try:
        yield from subject(settings)
    except Exception as error:  # noqa: BLE001 - a subject may break in any way
        traceback.print_exc(file=sys.stderr)
        fault = f"{type(error).__name__}: {error}".replace("\n", " ")[:200]
        yield Bar(name, "can be measured", fault, passed=False)


def _chosen(given: argparse.Namespace) -> dict[str, Subject]:
    everything = SUBJECTS | MODEL | SETUP
    if given.only:
        return {name: everything[name] for name in everything if name in given.only}
    return SUBJECTS | (MODEL if given.model else {}) | (SETUP if given.setup else {})


def _table(rows: list[Bar], *, quick: bool) -> Table:
    table = Table(
        title="The main job" + (" (smoke run)" if quick else ""), show_lines=True
    )
    for column in ("what", "bar", "measured", ""):
        table.add_column(column, overflow="fold")
    for row in rows:
        verdict = Text(VERDICTS[row.passed], style=STYLES[row.passed])
        table.add_row(row.what, row.bar, row.figure, verdict)
    return table


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.main", description=__doc__
    )
    parser.add_argument("--quick", action="store_true", help="smoke run: small sizes")
    known = (*SUBJECTS, *MODEL, *SETUP)
    parser.add_argument(
        "--only", action="append", choices=known, metavar="NAME", help=", ".join(known)
    )
    parser.add_argument(
        "--model", action="store_true", help="play the embedded model too (slow)"
    )
    parser.add_argument(
        "--setup",
        action="store_true",
        help="clone and set up from nothing too (network)",
    )
    parser.add_argument("--out", type=Path, help="write PATH.md and PATH.json")
    parser.add_argument(
        "--keep",
        type=Path,
        help="keep run folders here, from which cut ones are continued",
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
