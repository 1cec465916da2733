"""Intervals of teams whose skills are not rare, held against their closed form by enough draws."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import shapley_coop as sc
from shapley_coop.credit.labels import label
from shapley_coop.records import Credit, Seat
from shapley_coop.runs.intervals import t_quantile
from shapley_coop.shapley.coalitions import named_coalitions
from swe_sim.tasks import listing
from swe_sim.team.game import SoftwareTeam
from swe_sim.workers.closed_form import ClosedForm
from swe_sim.workers.skills import FAULT_KINDS, Skills
from swe_sim.workers.team import Workers

SEEDS = 20
DRAWS = 24
TINY = 1e-9

# What a seat adds shows in few plays if its skill is rare, and then no interval of few plays holds
# the truth as often as it says. So the skills of this row are not rare.
SKILLS = Skills(
    solves=0.15,
    lifts={"ceo": 0.15, "cpo": 0.25, "cto": 0.15},
    reviewer_catches=dict.fromkeys(FAULT_KINDS, 0.5),
    tester_finds=dict.fromkeys(FAULT_KINDS, 0.5),
)
WORKERS = Workers(SKILLS)
AGENT = "benchmarks.swe.intervals:WORKERS"


@dataclass
class Hits:
    """How many intervals held the truth."""

    seats: dict[Seat, list[bool]] = field(default_factory=dict)
    coalitions: list[bool] = field(default_factory=list)

    def words(self) -> str:
        """Return the shares over all seats and over all coalitions so far."""
        everyone = [hit for hits in self.seats.values() for hit in hits]
        return (
            f"{_share(everyone)} of {len(everyone)} Shapley intervals and "
            f"{_share(self.coalitions)} of {len(self.coalitions)} coalition intervals"
        )


def intervals() -> str:
    """Return which share of 95 percent intervals holds the closed-form truth, family by family."""
    hits = Hits()
    began = perf_counter()
    names = tasks_of_families()
    for number, name in enumerate(names, start=1):
        form = ClosedForm(SoftwareTeam(task=name), SKILLS)
        for credit in _credits(name):
            _compare(credit, form, hits)
        # It takes long, so whoever waits sees how it stands.
        words = hits.words()
        print(f"  {number} of {len(names)}, {name}: {words}", flush=True)
    seconds = perf_counter() - began
    by_seat = ", ".join(
        f"{seat} {_share(hits_of)}" for seat, hits_of in hits.seats.items()
    )
    return (
        f"intervals: {SEEDS} seeds on a task of each of {len(names)} families, 64 coalitions in "
        f"{DRAWS} draws; {hits.words()} hold the truth ({by_seat}); {seconds:.0f} s"
    )


def tasks_of_families() -> list[str]:
    """Return the first task of each family that can be passed, simple and hard ones in turn."""
    first: dict[str, str] = {}
    for row in listing():
        if not row["impossible"]:
            first.setdefault(row["family"], row["id"])
    names = list(first.values())
    # Listed by kind of task, so a step that divides no kind evenly goes through all of them.
    return [name for start in range(5) for name in names[start::5]]


def _share(hits: list[bool]) -> str:
    return f"{sum(hits) / len(hits):.1%}"


def _credits(name: str) -> list[Credit]:
    """Return the measured credit of each seed."""
    with tempfile.TemporaryDirectory() as folder:
        result = sc.play(
            SoftwareTeam.name,
            agent=AGENT,
            protocol="solo",
            episodes=SEEDS,
            seed=7,
            worth="rollout",
            runs_dir=Path(folder),
            settings={"game.task": name, "worth.replicates": DRAWS},
        )
        found = [episode.credit for episode in result.episodes]
    return [credit for credit in found if credit is not None]


def _compare(credit: Credit, form: ClosedForm, hits: Hits) -> None:
    errors, freedom = credit.stderr, credit.freedom or {}
    for seat, truth in form.shapley().items():
        room = t_quantile(freedom[seat]) * errors[seat] + TINY
        hit = abs(credit.values[seat] - truth) <= room
        hits.seats.setdefault(seat, []).append(hit)
    half = t_quantile(DRAWS - 1)
    values, spread = credit.coalitions or {}, credit.coalition_stderr or {}
    for members in named_coalitions(form.seats):
        key = label(members, form.seats)
        # Where no chance is involved there is no interval, but for the rounding of means.
        if key in values and spread.get(key, 0.0) > TINY:
            room = half * spread[key]
            hits.coalitions.append(abs(values[key] - form.value(members)) <= room)
