"""Tables of the software team that was played here, beside what the paper printed in Table 3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shapley_coop.records.words import number, percent
from shapley_coop.runs.statistics.estimates import SampleEstimate
from shapley_coop.studies.paper.configurations import players_text
from shapley_coop.studies.paper.played_work import (
    CONFIGURATIONS,
    SEATS,
    TASKS,
    PlayedWork,
    played_work,
)
from shapley_coop.studies.paper.reproduction import Bar, PlayedCell
from shapley_coop.studies.paper.work_published import PROJECTS
from shapley_coop.studies.results import StudyResult
from shapley_coop.studies.tables import StudyTable, estimate_text

PlayedProjects = Mapping[tuple[str, str], PlayedWork]
"""By project and configuration, the work that was played."""
_LABELS = {
    "claimed": "as claimed",
    "agreed": "as agreed",
    "paid": "as paid",
    "evidence": "by evidence",
}


def work_by_configuration(cells: Iterable[PlayedCell]) -> PlayedProjects:
    """Return the work of every project and configuration of which an episode was played."""
    plays = {}
    for cell in cells:
        episodes = [row for row in cell.episodes if row.status == "done"]
        if episodes:
            key = (cell.settings["project"], cell.settings["configuration"])
            plays[key] = played_work(episodes)
    return plays


def work_tables(result: StudyResult, plays: PlayedProjects) -> list[StudyTable]:
    """Return a table for each project that was played by the whole method, role by role."""
    tables = []
    for project, task in TASKS.items():
        work = plays.get((project, "sc"))
        # Where no sandbox holds nothing can be played, and the paper's tables still stand.
        if work is None:
            continue
        rows = [_role_row(project, role, work) for role in PROJECTS[project]]
        header = (
            project,
            "range, Table 3",
            "Table 3",
            "range here",
            "by evidence",
            "claimed",
            "agreed",
            "paid",
            "measured",
        )
        players = players_text(row.cell for row in result.outcomes)
        note = (
            f"{players} The task is {task}, n = {work.pass_rate.n}, and "
            f"{percent(work.pass_rate.value)} of its hidden tests pass. Shares in percent, means "
            "over episodes. Measured is credit by hidden tests, and evidence what a seat did."
        )
        title = f"Software team, {project} played here"
        tables.append(StudyTable(title, header, tuple(rows), (note,)))
    return tables


def _role_row(project: str, role: str, work: PlayedWork) -> tuple[str, ...]:
    seat = SEATS[role]
    printed = PROJECTS[project][role]
    # Somebody may play another team by `--set game.roles=…`, in which a role is missing.
    span = "-"
    if seat in work.ranges:
        span = "{:.1f} to {:.1f}".format(*work.ranges[seat])
    shares = [
        _mean_text(work.divisions[name].get(seat))
        for name in ("evidence", "claimed", "agreed", "paid", "measured")
    ]
    ends = "{:.1f} to {:.1f}".format(*printed.range)
    return (role, ends, number(printed.reward), span, *shares)


def _mean_text(figure: SampleEstimate | None) -> str:
    if figure is None or figure.value is None:
        return "-"
    return f"{figure.value:.1f}"


def credit_table(plays: PlayedProjects) -> StudyTable:
    """Return how far each division lies from measured credit, project by project."""
    rows: list[tuple[str, ...]] = []
    for project in TASKS:
        for configuration in CONFIGURATIONS:
            work = plays.get((project, configuration.name))
            if work is not None:
                label = f"{project}, {configuration.label}"
                rows += _credit_rows(label, work)
    header = ("division", "points from credit", "n")
    notes = (
        "The mean absolute difference of a division's shares from those of measured credit, "
        "episode by episode. Who is paid for work that hidden tests do not reward lies far off.",
    )
    return StudyTable(
        "Software team, divisions against credit", header, tuple(rows), notes
    )


def _credit_rows(label: str, work: PlayedWork) -> Iterable[tuple[str, ...]]:
    even = work.even_from_credit
    figures = {words: work.from_credit[name] for name, words in _LABELS.items()}
    for words, figure in {**figures, "equal split": even}.items():
        # Seats that state nothing, or sign nothing, leave nothing to be judged.
        if figure.n:
            yield (f"{label}, {words}", estimate_text(figure), f"{figure.n:,}")


def credit_bars(plays: PlayedProjects) -> tuple[Bar, ...]:
    """Return what the divisions of the whole method are held to."""
    bars = []
    for project in TASKS:
        work = plays.get((project, "sc"))
        if work is None:
            continue
        paid, even = work.from_credit["paid"], work.even_from_credit
        # Without a program that passes something there is nothing to divide.
        holds = None
        if paid.value is not None and even.value is not None:
            holds = paid.value < even.value
        what = f"{project}: what SC paid, from credit"
        bar = f"below an equal split ({number(even.value)})"
        bars.append(Bar(what, bar, estimate_text(paid), holds))
    return tuple(bars)
