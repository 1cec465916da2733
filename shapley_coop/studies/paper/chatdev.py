"""The software team of the paper: its divisions of work beside those of the same roles played here.

The paper divides after the fact, by counts that were condensed by hand from the logs of another
program. What follows from these counts is worked out anew, and stands beside work that is judged.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shapley_coop.records.words import number
from shapley_coop.shapley.work_evidence import (
    KINDS,
    Range,
    WorkCounts,
    evidence_shares,
    work_evidence,
)
from shapley_coop.studies.paper.reproduction import (
    Bar,
    Reproduction,
    played_cells,
)
from shapley_coop.studies.paper.work_published import (
    OTHER_REWARDS,
    PROJECTS,
    TeamRole,
)
from shapley_coop.studies.paper.work_tables import (
    credit_bars,
    credit_table,
    work_by_configuration,
    work_tables,
)
from shapley_coop.studies.results import StudyResult
from shapley_coop.studies.tables import StudyTable

NAME = "chatdev"
Shares = Mapping[str, float]


RULE = "rule-team"
EPISODES = 5


def reproduce(result: StudyResult) -> Reproduction:
    """Return the tables of the software team, as it was printed and as it was played here."""
    played = played_cells(result)
    plays = work_by_configuration(played)
    # What was printed comes first, so that a reader knows what ours stands beside.
    tables = [_project(name) for name in PROJECTS]
    tables.append(_errors())
    tables += [*work_tables(result, plays), credit_table(plays)]
    wrong = ("weights", "work log", "human")
    bars = (*_bars(), *credit_bars(plays))
    return Reproduction(result, played, tuple(tables), bars, wrong)


def counts_of(project: Mapping[str, TeamRole]) -> WorkCounts:
    """Return what each role did of each kind of work."""
    return {
        name: dict(zip(KINDS, role.work, strict=True)) for name, role in project.items()
    }


def ranges(project: Mapping[str, TeamRole]) -> dict[str, Range]:
    """Return the expected share of each role in percent, at least and at most."""
    spans = work_evidence(counts_of(project))
    return {name: Range(100 * low, 100 * high) for name, (low, high) in spans.items()}


def adjustment(share: float, bounds: Range) -> float:
    """Return how far a share has to move to the nearest end of its range. 0 within it."""
    low, high = bounds
    return min(max(share, low), high) - share


def middle_shares(project: Mapping[str, TeamRole]) -> dict[str, float]:
    """Return a division of all by the middles of the ranges, in percent.

    The middles sum to less than the whole, since the weights do.
    """
    shares = evidence_shares(counts_of(project))
    return {name: 100 * share for name, share in shares.items()}


def mean_adjustment(shares: Shares, project: Mapping[str, TeamRole]) -> float:
    """Return by how much the shares of roles lie outside of their ranges, a mean without signs."""
    bounds = ranges(project)
    errors = [abs(adjustment(shares[name], bounds[name])) for name in project]
    return float(np.mean(errors))


def _project(name: str) -> StudyTable:
    project = PROJECTS[name]
    own = ranges(project)
    middles = middle_shares(project)
    label, other = OTHER_REWARDS[name]
    even = 100 / len(project)
    rows = []
    for role, row in project.items():
        printed = "{:.1f} to {:.1f}".format(*row.range)
        recomputed = "{:.1f} to {:.1f}".format(*own[role])
        texts = ["/".join(map(str, row.work)), printed, recomputed]
        texts += [
            f"{share:.1f} ({_signed(adjustment(share, own[role]))})"
            for share in (row.reward, other[role], even, middles[role])
        ]
        rows.append((role, *texts))
    header = (
        name,
        "code/decisions/documents/fixes",
        "range, paper",
        "recomputed",
        "Table 3",
        label,
        "equal split",
        "by middles",
    )
    note = (
        "Shares in percent. In brackets stands by how much a share has to move to the nearest end "
        "of its range. A division by the middles of the ranges lies within them by construction."
    )
    return StudyTable(f"Software team, {name}", header, tuple(rows), (note,))


def _signed(value: float) -> str:
    return "0" if abs(value) < 0.05 else f"{value:+.1f}"


def _divisions(name: str) -> dict[str, Shares]:
    """Return the divisions of a project by their names."""
    project = PROJECTS[name]
    label, other = OTHER_REWARDS[name]
    return {
        "Table 3": {role: row.reward for role, row in project.items()},
        label: other,
        "equal split": dict.fromkeys(project, 100 / len(project)),
        "by middles": middle_shares(project),
    }


def _errors() -> StudyTable:
    rows = []
    for name, project in PROJECTS.items():
        for label, shares in _divisions(name).items():
            outside = sum(
                abs(adjustment(shares[role], bounds)) >= 0.05
                for role, bounds in ranges(project).items()
            )
            distance = number(mean_adjustment(shares, project))
            text = f"{outside} of {len(project)}"
            rows.append((f"{name}, {label}", distance, text, "1"))
    header = ("division", "mean distance in points", "roles outside", "n")
    return StudyTable("Software team, errors of divisions", header, tuple(rows))


def _bars() -> tuple[Bar, ...]:
    bars = []
    for name, project in PROJECTS.items():
        own = ranges(project)
        worst = max(
            abs(one - other)
            for role, row in project.items()
            for one, other in zip(own[role], row.range, strict=True)
        )
        bars.append(
            Bar(
                f"{name}: ranges follow from the counts",
                "within 0.06 points",
                f"{worst:.2f}",
                worst <= 0.06,
            )
        )
    return tuple(bars)
