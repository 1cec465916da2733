"""The credit methods side by side: games of several turns, equal episodes, the same seeds.

Every course is one row of a file of JSON lines, so that a measurement can be cut and continued. All
seats are paid what all earn together, so that only the method says whose decision it was. A curve
holds the mean total of the 64 episodes that one update plays, exploration included.

`bi_level_gae` is measured with a lambda of 0.9 between turns, since with 1 it is `gae` where a
decision is one token. SPO needs the worth of branches, which training does not gather.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.rl.measurements import curve_figures, mean_text, silent
from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.llm.backends.policy import card_of
from shapley_coop.rl.training.ppo import PpoSettings
from shapley_coop.rl.training.reinforcement.course import ReinforcementOrder, reinforce

GAME, HORIZON = "escape-room-n", 5
ROOMS = ((3, 1), (5, 2))
"""Seats, and the levers that must be held at once."""
METHODS = (
    "gae",
    "grpo",
    "gigpo",
    "bi_level_gae(lam_turn=0.9)",
    "min_form",
    "shapley*gae",
)
POINTS = (0.25, 0.5, 0.75, 1.0)
"""The parts of a course after which the table shows the curve."""


class CreditCourse(NamedTuple):
    """One course: the room, the method and the seed."""

    seats: int
    levers: int
    credit: str
    seed: int
    episodes: int

    @property
    def name(self) -> str:
        room = f"ER({self.seats},{self.levers})"
        return f"{room}|{self.credit}|{self.episodes}|{self.seed}"


EPISODES = 1280


def credit_courses(seeds: int, episodes: int | None) -> Iterator[CreditCourse]:
    """Yield all courses, all methods of a seed before the next seed."""
    for seed in range(seeds):
        for seats, levers in ROOMS:
            for credit in METHODS:
                yield CreditCourse(seats, levers, credit, seed, episodes or EPISODES)


def credit_figures(course: CreditCourse) -> dict[str, Any]:
    """Train a course and return its curve."""
    room = {"seats": course.seats, "levers": course.levers, "horizon": HORIZON}
    order = ReinforcementOrder(
        game=GAME,
        parameters=room,
        protocol=PROTOCOLS["solo"].model_dump(mode="json"),
        pay="team",
        credit=course.credit,
        seed=course.seed,
        device="cpu",
        settings=PpoSettings(episodes=course.episodes),
    )
    with tempfile.TemporaryDirectory() as place:
        return curve_figures(card_of(reinforce(order, Path(place), silent)))


def credit_table(figures: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of the table: the mean total along the course, with intervals over seeds."""
    episodes = max(row["episodes"] for row in figures)
    heads = [f"after {round(part * episodes)}" for part in POINTS]
    yield f"| room | credit | seeds | {' | '.join(heads)} | seconds a course, median |"
    yield "|---|---|---|" + "---|" * len(heads) + "---|"
    for room in ROOMS:
        for credit in METHODS:
            rows = [
                row
                for row in figures
                if (row["seats"], row["levers"], row["credit"]) == (*room, credit)
            ]
            if rows:
                yield _line(rows)


def _line(rows: Sequence[dict[str, Any]]) -> str:
    """Return the line of one method in one room."""
    first = rows[0]
    cells = [mean_text([total_after(row, part) for row in rows]) for part in POINTS]
    # A mean would tell of the one course during which something else was run.
    seconds = median(row["seconds"] for row in rows)
    return (
        f"| ER({first['seats']},{first['levers']}) | `{first['credit']}` | {len(rows)} | "
        f"{' | '.join(cells)} | {seconds:.1f} |"
    )


def total_after(row: dict[str, Any], part: float) -> float:
    """Return the mean total of the first update that ends at or after a part of a course."""
    after = [
        total for episode, total in row["curve"] if episode >= part * row["episodes"]
    ]
    return float(after[0])
