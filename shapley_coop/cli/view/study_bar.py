"""What a person sees while a study is played: cells, rate, cost and the time that is left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from shapley_coop.records.words import count_text, number
from shapley_coop.studies.progress import Listener, StudyProgress


def progress_text(progress: StudyProgress) -> str:
    """Return how far a study is, in one line."""
    words = []
    # A dry run of rules plays nothing.
    if progress.episodes:
        episodes = count_text(progress.episodes, progress.unit)
        words.append(f"{progress.episodes_ended:,} of {episodes}")
    # At first nothing is known of the pace, and rules cost nothing at any time.
    if progress.episodes_now:
        words.append(_pace(progress.rate))
    if progress.spent.cost:
        words.append(f"${number(progress.spent.cost)}")
    if progress.failures:
        words.append(f"{progress.failures:,} failed")
    left = progress.seconds_left
    if left is not None:
        words.append(f"{_duration(left)} left")
    return ", ".join(words)


def _tail(progress: StudyProgress) -> str:
    """Return what stands behind the count of cells."""
    text = progress_text(progress)
    return f", {text}" if text else ""


def _pace(rate: float) -> str:
    """Return how many episodes end in the shortest time in which some do."""
    if rate >= 1:
        return f"{rate:.1f} a second"
    if 60 * rate >= 1:
        return f"{60 * rate:.1f} a minute"
    return f"{3600 * rate:.1f} an hour"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def watch_study(*, quiet: bool) -> Iterator[Listener]:
    """Show how far a study is, and yield what moves it.

    On a terminal it is a bar on standard error, and elsewhere a line there at first and for each
    tenth of the cells.
    """
    if quiet:
        yield lambda _progress: None
    elif sys.stderr.isatty():
        with _bar() as listen:
            yield listen
    else:
        yield _Lines().listen


@contextmanager
def _bar() -> Iterator[Listener]:
    bar = Progress(
        BarColumn(24),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("opening", total=None)

    def listen(progress: StudyProgress) -> None:
        bar.update(
            task,
            total=progress.cells,
            completed=progress.cells_ended,
            description=f"cells{_tail(progress)}",
        )

    with bar:
        yield listen


class _Lines:
    """Says on standard error what there is to do, and when another tenth of the cells has ended."""

    def __init__(self) -> None:
        self.tenths = -1

    def listen(self, progress: StudyProgress) -> None:
        tenths = 10 * progress.cells_ended // max(1, progress.cells)
        if tenths > self.tenths:
            self.tenths = tenths
            cells = count_text(progress.cells, "cell")
            sys.stderr.write(f"{progress.cells_ended:,} of {cells}{_tail(progress)}\n")
