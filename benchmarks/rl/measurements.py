"""Courses measured one by one: each is a row of a file, so that a measurement can be continued."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from shapley_coop.runs.intervals import mean_interval


class NamedCourse(Protocol):
    """A course that tells itself apart from others."""

    @property
    def name(self) -> str: ...

    def _asdict(self) -> dict[str, Any]: ...


Course = TypeVar("Course", bound=NamedCourse)


def measure_all(
    courses: Iterable[Course],
    figures_of: Callable[[Course], Mapping[str, Any]],
    out: Path,
    settings: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Return the figures of all courses. Those that the file holds are not trained again.

    Args:
        courses: what is trained.
        figures_of: trains a course and returns what came of it.
        out: a file of JSON lines, one for each course.
        settings: how all courses are measured. Rows that were measured otherwise do not count.
    """
    known: dict[str, dict[str, Any]] = {}
    if out.is_file():
        for text in out.read_text(encoding="utf-8").splitlines():
            found = json.loads(text)
            if found["settings"] == settings:
                known[found["name"]] = found
    figures = []
    for course in courses:
        if course.name not in known:
            fresh = {"name": course.name, "settings": dict(settings)}
            fresh |= {**course._asdict(), **figures_of(course)}
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(fresh) + "\n")
            known[course.name] = fresh
        figures.append(known[course.name])
    return figures


def curve_figures(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every row tells of a course, by the card of its policy."""
    return {
        "curve": [[p["episode"], round(p["mean_total"], 3)] for p in card["curve"]],
        "seconds": card["seconds"],
        "decisions": card["decisions"],
    }


def silent(text: str) -> None:
    """Show nothing: the file of figures says how far a measurement is."""


def mean_text(values: Sequence[float]) -> str:
    """Return a mean with its 95 % interval, or a dash where there is nothing to be averaged."""
    if not values:
        return "–"
    mean = sum(values) / len(values)
    interval = mean_interval(values)
    if interval is None:
        return f"{mean:.2f}"
    return f"{mean:.2f} [{interval[0]:.2f}, {interval[1]:.2f}]"
