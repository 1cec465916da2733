"""The Escape Room of the paper played again: Fig. 3, Table 9, and what they leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from shapley_coop.records import Episode
from shapley_coop.records.words import number, percent
from shapley_coop.runs.statistics.estimates import SampleEstimate
from shapley_coop.studies.cells import StudyCell
from shapley_coop.studies.paper.configurations import (
    EQUAL,
    FAIR,
    PAPER,
    PaperConfiguration,
    Seating,
    cells_of,
    players_text,
)
from shapley_coop.studies.paper.published import ESCAPE_ROOM, TABLE_9, Quartiles
from shapley_coop.studies.paper.reproduction import (
    Bar,
    PlayedCell,
    Reproduction,
    by_configuration,
    played_cells,
)
from shapley_coop.studies.results import StudyResult
from shapley_coop.studies.tables import StudyTable, estimate_text, share_text

NAME = "escape-room"
RULE = "rational"
EPISODES = 20
"""As many as the paper's figures fit."""
_BANZHAF = PaperConfiguration(
    "banzhaf",
    "SC, Banzhaf",
    {"protocol": "shapley-coop", "protocol.split": "banzhaf"},
)
CONFIGURATIONS = (*PAPER, FAIR, EQUAL, _BANZHAF)
LARGER = ((5, 2), (10, 3))
"""Seats and levers of rooms with more than two seats."""
Configurations = Mapping[str, PlayedCell]
"""By the name of a configuration, what its cell came to."""


def cells(players: Seating, episodes: int, seed: int) -> list[StudyCell]:
    """Return the cells of the reproduction: every configuration, then larger rooms."""
    run = {"run.episodes": episodes, "run.seed": seed}
    rooms = cells_of(CONFIGURATIONS, {"game.id": NAME, **run}, players)
    for seats, levers in LARGER:
        common = {
            "game.id": "escape-room-n",
            "game.seats": seats,
            "game.levers": levers,
            **run,
        }
        # What larger rooms are to show is the whole method alone.
        sc = [row for row in PAPER if row.name == "sc"]
        rooms += cells_of(sc, common, players, room=f"ER({seats},{levers})")
    return rooms


def reproduce(result: StudyResult) -> Reproduction:
    """Return the tables of the Escape Room from what was played."""
    played = played_cells(result)
    rows = by_configuration(played)
    players = players_text(outcome.cell for outcome in result.outcomes)
    tables = (
        _figure_3(rows, players),
        _lacking(rows),
        _table_9(rows),
        _larger(played),
    )
    return Reproduction(result, played, tables, _bars(rows["sc"]), ("fig 3", "outcome"))


def _figure_3(cells_: Configurations, players: str) -> StudyTable:
    rows = []
    for configuration in PAPER:
        name = configuration.name
        printed = ESCAPE_ROOM[name]
        cell = cells_[name]
        own = cell.estimates
        rows.append(
            (
                configuration.label,
                percent(printed.success),
                share_text(own["success"].value, own["success"].interval),
                printed.payoffs,
                _payoffs(cell.episodes),
                number(printed.rounds),
                estimate_text(own["rounds"]),
                number(printed.difference),
                estimate_text(own["payoff_gap"]),
                cell.plays,
            )
        )
    header = (
        "Fig. 3",
        "success, paper",
        "here",
        "payoffs, paper",
        "here",
        "rounds, paper",
        "here",
        "difference, paper",
        "here",
        "n",
    )
    note = (
        f"{players} The paper's seats are played by DeepSeek-v3. Rounds here are those of talk "
        "before play in which some seat spoke, offered or answered."
    )
    return StudyTable("Escape Room, beside the paper", header, tuple(rows), (note,))


def _lacking(cells_: Configurations) -> StudyTable:
    """Return what the paper does not report: more baselines, rationality, welfare, tokens."""
    shown = ("success", "welfare", "payoff_gap", "rational_seats", "rounds", "tokens")
    rows = []
    for configuration in CONFIGURATIONS:
        cell = cells_[configuration.name]
        figures = [estimate_text(cell.estimates[name]) for name in shown]
        rows.append((configuration.label, *figures, cell.plays))
    header = (
        "configuration",
        "success",
        "welfare",
        "payoff gap",
        "seats above outside option",
        "rounds",
        "tokens",
        "n",
    )
    return StudyTable("What the paper leaves out", header, tuple(rows))


def _table_9(cells_: Configurations) -> StudyTable:
    rows = []
    for name, printed in TABLE_9.items():
        for agent, quartiles in enumerate(printed):
            own = _quartiles(cells_[name].episodes, agent)
            value = "Shapley" if name == "sc" else "Banzhaf"
            texts = [
                f"{number(theirs)} / {number(ours)}"
                for theirs, ours in zip(quartiles, own, strict=True)
            ]
            rows.append((f"A{agent + 1}, {value}", *texts))
    header = ("Table 9, paper / here", "mean", "Q1", "median", "Q3")
    return StudyTable("Banzhaf and Shapley", header, tuple(rows))


def _quartiles(episodes: Sequence[Episode], agent: int) -> tuple[float | None, ...]:
    payoffs = [
        played.payoffs[played.seats[agent]] for played in episodes if played.payoffs
    ]
    if not payoffs:
        return (None,) * len(Quartiles._fields)
    low, middle, high = np.percentile(payoffs, (25, 50, 75))
    return (float(np.mean(payoffs)), float(low), float(middle), float(high))


def _larger(played: Sequence[PlayedCell]) -> StudyTable:
    rows = []
    for seats, levers in LARGER:
        room = f"ER({seats},{levers})"
        cell = by_configuration(played, room=room)["sc"]
        own = cell.estimates
        shown = [
            estimate_text(own[name]) for name in ("success", "welfare", "efficiency")
        ]
        rows.append((room, _best(cell.episodes), *shown, cell.plays))
    header = ("full method", "best total", "success", "total", "part of the best", "n")
    return StudyTable("More than two seats", header, tuple(rows))


def _best(episodes: Sequence[Episode]) -> str:
    """Return the most that agreements can reach, which is the same in every play of a room."""
    reach = [episode.attainable for episode in episodes if episode.attainable]
    return number(reach[0].total) if reach else "-"


def _bars(cell: PlayedCell) -> tuple[Bar, ...]:
    own = cell.estimates
    success, rounds, gap = own["success"], own["rounds"], own["payoff_gap"]
    printed = ESCAPE_ROOM["sc"]
    return (
        Bar(
            "success of the full method",
            "100 %",
            share_text(success.value, success.interval),
            _is(success, 1.0),
        ),
        Bar(
            "rounds of the full method",
            f"at most {printed.rounds}",
            estimate_text(rounds),
            _at_most(rounds, printed.rounds),
        ),
        Bar(
            "difference of payoffs of the full method",
            f"at most {printed.difference}",
            estimate_text(gap),
            _at_most(gap, printed.difference),
        ),
    )


def _is(figure: SampleEstimate, value: float) -> bool | None:
    return None if figure.value is None else figure.value == value


def _at_most(figure: SampleEstimate, bound: float | None) -> bool | None:
    if figure.value is None or bound is None:
        return None
    return figure.value <= bound


def _payoffs(episodes: Sequence[Episode]) -> str:
    means = [number(_quartiles(episodes, agent)[0]) for agent in range(2)]
    return " / ".join(means)
