"""The raid of the paper played again: Tables 4 to 6, Fig. 4, and divisions against a stated worth.

The paper judges a division by the mean share of scores, which it calls expected. A Shapley value
it is for an additive game alone, so a division is judged here by both, and each is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from shapley_coop.records import Episode
from shapley_coop.records.words import number
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
from shapley_coop.studies.paper.divisions import (
    distance,
    distance_by_seat,
    even_shares,
    mean_distance,
    shares_of,
)
from shapley_coop.studies.paper.published import (
    ALLOCATIONS,
    mean_score,
    score_shares,
)
from shapley_coop.studies.paper.reproduction import (
    Bar,
    PlayedCell,
    Reproduction,
    by_configuration,
    played_cells,
)
from shapley_coop.studies.results import StudyResult
from shapley_coop.studies.tables import StudyTable, estimate_text

NAME = "raid"
RULE = "raid-planner"
EPISODES = 20
LEVELS = (1, 2, 3)
_SCORES = PaperConfiguration(
    "scores",
    "split by scores",
    {"protocol": "shapley-coop", "protocol.split": "proportional"},
)
CONFIGURATIONS = (*PAPER, FAIR, EQUAL, _SCORES)
WORTH = "realised"
"""The worth that divisions are judged by: what members earn themselves by what they did."""
Levels = Mapping[int, Mapping[str, PlayedCell]]
"""By level, the cells by the names of their configurations."""
HEROES = 4
_EVEN = (100 / HEROES,) * HEROES


class DivisionErrors(NamedTuple):
    """How far divisions lie from two yardsticks, in percentage points."""

    credit: SampleEstimate
    """From the shares of measured credit."""
    scores: SampleEstimate
    """From the shares of scores, which the paper calls expected."""
    even_credit: SampleEstimate
    """How far an equal split of the same battles lies from the shares of measured credit."""


def cells(players: Seating, episodes: int, seed: int) -> list[StudyCell]:
    """Return the cells of the reproduction: every configuration at every level.

    Heroes are paid for their actions as well, as the paper's prompt promises them.
    """
    rows = []
    for level in LEVELS:
        common = {
            "game.id": NAME,
            "game.level": level,
            "game.action_rewards": True,
            "worth.kind": WORTH,
            "run.episodes": episodes,
            "run.seed": seed,
        }
        rows += cells_of(CONFIGURATIONS, common, players, level=level)
    return rows


def reproduce(result: StudyResult) -> Reproduction:
    """Return the tables of the raid from what was played."""
    played = played_cells(result)
    levels = {level: by_configuration(played, level=level) for level in LEVELS}
    errors = {}
    for level, cells_ in levels.items():
        errors[level] = {
            name: division_errors(cell.episodes) for name, cell in cells_.items()
        }
    players = players_text(outcome.cell for outcome in result.outcomes)
    tables = (_wins(levels, players), _shares(levels), _errors(errors))
    wrong = ("expected", "pivotal", "table 5", "table 6", "table 7", "table 10", "wins")
    return Reproduction(result, played, tables, _bars(levels, errors), wrong)


def division_errors(episodes: Iterable[Episode]) -> DivisionErrors:
    """Return how far the divisions of some battles lie from credit and from scores.

    Battles that were lost are left out: of a loss nobody has a share.
    """
    # The same battles by three yardsticks, so that they can be held beside each other.
    by_credit, by_scores, even = [], [], []
    for episode in episodes:
        if episode.status != "done" or episode.credit is None:
            continue
        paid = shares_of(episode.payoffs)
        credit = shares_of(episode.credit.values)
        scores = shares_of(episode.contributions or {})
        if paid is None or credit is None or scores is None:
            continue
        by_credit.append(distance_by_seat(paid, credit))
        by_scores.append(distance_by_seat(paid, scores))
        even.append(distance_by_seat(even_shares(credit), credit))
    distances = (by_credit, by_scores, even)
    return DivisionErrors(*(mean_distance("division", row) for row in distances))


def _wins(levels: Levels, players: str) -> StudyTable:
    rows = []
    for level, cells_ in levels.items():
        for configuration in CONFIGURATIONS:
            cell = cells_[configuration.name]
            own = cell.estimates
            # Fig. 4 shows these two alone.
            printed = "-"
            if configuration.name in {"neg", "sc"}:
                printed = number(mean_score(level, configuration.name))
            rows.append(
                (
                    f"L{level} {configuration.label}",
                    estimate_text(own["success"]),
                    estimate_text(own["welfare"]),
                    printed,
                    number(_mean_score(cell.episodes)),
                    estimate_text(own["rational_seats"]),
                    estimate_text(own["tokens"]),
                    cell.plays,
                )
            )
    header = (
        "configuration",
        "win rate",
        "welfare",
        "score a hero, Fig. 4",
        "score a hero, here",
        "seats above outside option",
        "tokens",
        "n",
    )
    notes = (f"{players} The paper prints no win rate.",)
    return StudyTable("Raid, wins and contributions", header, tuple(rows), notes)


def _mean_score(episodes: Iterable[Episode]) -> float | None:
    """Return damage, healing and absorbed damage of a hero, a mean over heroes and battles."""
    scores = [
        float(np.mean(list(episode.contributions.values())))
        for episode in episodes
        if episode.contributions
    ]
    return float(np.mean(scores)) if scores else None


def _shares(levels: Levels) -> StudyTable:
    """Return how the pot was divided, hero by hero, beside the paper's divisions."""
    rows = []
    for level in LEVELS:
        printed = ALLOCATIONS[level]
        played = levels[level]["sc"].episodes
        # Shares are worked out battle by battle: large pots must not count for more.
        paid = _mean_shares(episode.payoffs for episode in played)
        credit = _mean_shares(
            episode.credit.values for episode in played if episode.credit
        )
        recomputed = score_shares(level)
        for hero in range(HEROES):
            mark = " *" if abs(recomputed[hero] - printed.expected[hero]) > 0.05 else ""
            figures = (
                printed.sts[hero],
                printed.sc[hero],
                printed.expected[hero],
                recomputed[hero],
            )
            texts = [number(figure) for figure in figures]
            texts[2] += mark
            rows.append((f"L{level} A{hero + 1}", *texts, paid[hero], credit[hero]))
    header = (
        "share in %",
        "STS, paper",
        "SC, paper",
        "expected, paper",
        "recomputed",
        "SC here",
        f"credit here ({WORTH})",
    )
    notes = ("A star marks a published share that its own table contradicts.",)
    return StudyTable("Raid, divisions hero by hero", header, tuple(rows), notes)


def _mean_shares(rows: Iterable[Mapping[str, float]]) -> list[str]:
    divisions = [shares for shares in map(shares_of, rows) if shares is not None]
    if not divisions:
        return ["-"] * HEROES
    means = []
    for seat in divisions[0]:
        parts = [shares[seat] for shares in divisions]
        means.append(number(float(np.mean(parts))))
    return means


def _errors(errors: Mapping[int, Mapping[str, DivisionErrors]]) -> StudyTable:
    rows = []
    for level in LEVELS:
        printed = ALLOCATIONS[level]
        for label, shares in (
            ("SC, paper", printed.sc),
            ("STS, paper", printed.sts),
            ("equal split, paper's battles", _EVEN),
        ):
            published = number(distance(shares, printed.expected))
            corrected = number(distance(shares, score_shares(level)))
            rows.append((f"L{level} {label}", "-", f"{published} ({corrected})", "3"))
        for configuration in CONFIGURATIONS:
            own = errors[level][configuration.name]
            label = f"L{level} {configuration.label}"
            texts = (estimate_text(own.credit), estimate_text(own.scores))
            rows.append((label, *texts, f"{own.credit.n:,}"))
    header = ("error in points", f"from credit ({WORTH})", "from score shares", "n")
    notes = (
        "The mean absolute difference of shares. For the paper it is that of its mean division "
        "from what it calls expected, and in brackets from what its tables give. Ours is a mean "
        "over battles that were won, each judged by its own credit and its own scores. Rules "
        "divide by the credit that the engine shows them, so SC is exact where they play.",
    )
    return StudyTable("Raid, errors of divisions", header, tuple(rows), notes)


def _bars(
    levels: Levels, errors: Mapping[int, Mapping[str, DivisionErrors]]
) -> tuple[Bar, ...]:
    bars = []
    for level in LEVELS:
        wins = levels[level]["sc"].estimates["success"]
        held = None if wins.value is None else wins.value == 1
        bars.append(Bar(f"L{level} wins of SC", "100 %", estimate_text(wins), held))
        own = errors[level]["sc"]
        paper = distance(ALLOCATIONS[level].sc, ALLOCATIONS[level].expected)
        even = own.even_credit.value
        text = (
            f"below equal split ({number(even)}) and the paper's SC ({number(paper)})"
        )
        value = own.credit.value
        holds = None
        if value is not None and even is not None:
            holds = value < even and value < paper
        what = f"L{level} error of SC from credit ({WORTH})"
        bars.append(Bar(what, text, estimate_text(own.credit), holds))
    return tuple(bars)
