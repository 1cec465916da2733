"""The software team of the paper played here: what seats claimed, agreed to, did and were worth.

The paper divides after the fact, by what a log says that each role did. Here the same roles write a
program of the same kind, hidden tests say what it is worth, and every division of it can be held
against measured credit and against the evidence of their work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from shapley_coop.agents.roles import roles_of
from shapley_coop.config.sections import Config
from shapley_coop.config.seeds import generator
from shapley_coop.records import Episode, Seat
from shapley_coop.runs.statistics.estimates import SampleEstimate, estimate
from shapley_coop.shapley.work_evidence import (
    Kind,
    Range,
    WorkCounts,
    evidence_shares,
    work_evidence,
)
from shapley_coop.simulation.worker import make_game
from shapley_coop.studies.cells import StudyCell
from shapley_coop.studies.paper.configurations import (
    FAIR,
    PAPER,
    Seating,
    cells_of,
)
from shapley_coop.studies.paper.divisions import (
    Shares,
    distance_by_seat,
    even_shares,
    mean_distance,
    shares_of,
)

GAME = "software-team"
TASKS: Mapping[str, str] = {
    "BMI calculator": "bmi-calculator-0",
    "ArtCanvas": "drawing-canvas-0",
}
"""By the project of the paper, a task of the same kind."""
SEATS: Mapping[str, Seat] = {
    "CEO": "ceo",
    "Counselor": "counsellor",
    "CPO": "cpo",
    "CTO": "cto",
    "Programmer": "programmer_0",
    "Reviewer": "reviewer",
}
"""By the role of the paper, the seat that plays it. The first is paid, as the CEO decides there."""
CONFIGURATIONS = (*(row for row in PAPER if row.name == "sc"), FAIR)
"""The whole method, which alone the paper tells of, and what it lacks: a fair negotiation."""
DIVISIONS = ("claimed", "agreed", "paid", "evidence", "measured")


class PlayedWork(NamedTuple):
    """The work of some episodes of one project, as it was divided in several ways."""

    divisions: Mapping[str, Mapping[Seat, SampleEstimate]]
    """By the name of a division, each seat's share in percent, a mean over episodes."""
    ranges: Mapping[Seat, Range]
    """The expected share of each seat in percent by the counts of all episodes together."""
    from_credit: Mapping[str, SampleEstimate]
    """By division, how far its shares lie from those of measured credit, in points."""
    even_from_credit: SampleEstimate
    """The same of an equal split."""
    pass_rate: SampleEstimate
    """What hidden tests said of the programs, as a part of 1."""


def cells(players: Seating, episodes: int, seed: int) -> list[StudyCell]:
    """Return the cells of the reproduction: every configuration of every project."""
    rows: list[StudyCell] = []
    for project, task in TASKS.items():
        common = {
            "game.id": GAME,
            "game.task": task,
            "game.roles": list(SEATS.values()),
            "protocol.reprice_on_change": True,
            "run.episodes": episodes,
            "run.seed": seed,
        }
        rows += cells_of(CONFIGURATIONS, common, players, project=project)
    return [cell._replace(config=_with_worth(cell.config)) for cell in rows]


def _with_worth(config: Config) -> Config:
    """Return a configuration whose coalitions play again, unless somebody would be asked anew."""
    roles = roles_of(
        make_game(config), config.agent, config.seats, config.model.name
    ).values()
    # Who asks a model would pay for 64 coalitions of every play.
    kind = "replay" if any(role.decides_unseeded for role in roles) else "rollout"
    worth = config.worth.model_copy(update={"kind": kind})
    return config.model_copy(update={"worth": worth})


def played_work(episodes: Iterable[Episode]) -> PlayedWork:
    """Return how the work of some episodes was divided.

    Args:
        episodes: plays of one team. Those that were cut short are left out.
    """
    done = [episode for episode in episodes if episode.status == "done"]
    counts = [work_of(episode) for episode in done]
    rows: dict[str, list[Shares]] = {name: [] for name in DIVISIONS}
    distances: dict[str, list[float]] = {name: [] for name in DIVISIONS}
    even_distances = []
    for episode, work in zip(done, counts, strict=True):
        shares = _divisions(episode, work)
        measured = shares.get("measured")
        for name, division in shares.items():
            rows[name].append(division)
            if measured is not None:
                distances[name].append(distance_by_seat(division, measured))
        if measured is not None:
            even = even_shares(measured)
            even_distances.append(distance_by_seat(even, measured))
    return PlayedWork(
        divisions={name: _means(name, found) for name, found in rows.items()},
        ranges=_ranges(counts),
        from_credit={
            name: mean_distance(name, errors) for name, errors in distances.items()
        },
        even_from_credit=mean_distance("even", even_distances),
        pass_rate=_mean("pass rate", [sum(row.raw.values()) / 100 for row in done]),
    )


def work_of(episode: Episode) -> WorkCounts:
    """Return how much of each kind of work every seat did, as the record of a play keeps it."""
    record = episode.aftermath or {}
    work: WorkCounts = record.get("work", {})
    return work


def _divisions(episode: Episode, work: WorkCounts) -> dict[str, Shares]:
    """Return the divisions of one play that divide something, by their names."""
    columns = episode.columns
    # Each is in reward. As parts of a whole they can be held against one another.
    amounts: dict[str, dict[Seat, float | None]] = {
        "claimed": {seat: row.claimed for seat, row in columns.items()},
        "agreed": {seat: row.agreed for seat, row in columns.items()},
        "paid": dict(episode.payoffs),
        "evidence": dict(evidence_shares(work)) if work else {},
        "measured": {seat: row.measured for seat, row in columns.items()},
    }
    shares = {}
    for name, row in amounts.items():
        division = shares_of(row)
        if division is not None:
            shares[name] = division
    return shares


def _means(name: str, divisions: Sequence[Shares]) -> dict[Seat, SampleEstimate]:
    """Return each seat's mean share. Without any division there is none."""
    seats = divisions[0] if divisions else ()
    means = {}
    for seat in seats:
        means[seat] = _mean(f"{name} {seat}", [shares[seat] for shares in divisions])
    return means


def _mean(name: str, values: Sequence[float]) -> SampleEstimate:
    return estimate(values, "mean", generator(0, name))


def _ranges(counts: Sequence[WorkCounts]) -> dict[Seat, Range]:
    """Return the expected shares in percent by the work of all plays together."""
    # Of few plays the counts of each are small, and parts of small counts jump.
    together: dict[Seat, dict[Kind, float]] = {}
    for work in counts:
        for seat, amounts in work.items():
            whole = together.setdefault(seat, {})
            for kind, amount in amounts.items():
                whole[kind] = whole.get(kind, 0.0) + amount
    spans = work_evidence(together)
    return {seat: Range(100 * low, 100 * high) for seat, (low, high) in spans.items()}
