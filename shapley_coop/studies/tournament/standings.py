"""The standings of a tournament: payoffs, ratings, the population, and each entrant's conduct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from shapley_coop.config.seeds import generator
from shapley_coop.records.words import number, percent
from shapley_coop.runs.figures import finite_values
from shapley_coop.runs.intervals import mean_of
from shapley_coop.runs.statistics.estimates import SampleEstimate
from shapley_coop.studies.results import StudyResult, trouble_tables
from shapley_coop.studies.tables import (
    StudyTable,
    column_heads,
    estimate_text,
    interval_text,
)
from shapley_coop.studies.tournament.conduct import Conduct, conduct_of
from shapley_coop.studies.tournament.dynamics import Population, replicate
from shapley_coop.studies.tournament.pairings import (
    Meeting,
    cells_of_chance,
    estimate_over_seeds,
    meetings_of,
)
from shapley_coop.studies.tournament.ratings import MeetingScore, Rating, rate

Payoffs = Mapping[str, Mapping[str, SampleEstimate]]
"""What an entrant earns, by who it is and whom it meets."""


class Standings(NamedTuple):
    """What came of a tournament."""

    result: StudyResult
    entrants: tuple[str, ...]
    payoffs: Payoffs
    ratings: Mapping[str, Rating]
    population: Population | None
    """Where replicator dynamics lead. None while some pair has not met."""
    conduct: Mapping[str, Conduct]

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        rows = {}
        for name in self.entrants:
            conduct = self.conduct[name]
            kept = conduct.promises
            row = {
                "rating": self.ratings[name]._asdict(),
                "payoffs": {
                    other: cell.as_json() for other, cell in self.payoffs[name].items()
                },
                "population": self._share(name),
                "surplus_share": conduct.surplus.as_json(),
                "overclaim": conduct.claims.as_json(),
                "claim_error": conduct.claim_error.as_json(),
                "promises": kept._asdict() | {"kept_share": kept.kept_share},
                "exploitability": conduct.exploitability.as_json(),
                "invasion_gain": self.invasion_gain(name),
            }
            rows[name] = finite_values(row)
        settled = None if self.population is None else self.population.settled
        return {
            **self.result.ending(),
            "entrants": rows,
            "population_settled": settled,
            "cells": [outcome.as_json() for outcome in self.result.outcomes],
            "spent": self.result.spending._asdict(),
        }

    def invasion_gain(self, entrant: str) -> float | None:
        """Return what the best other earns where it meets an entrant, less what that earns itself.

        Above 0, a population of the entrant alone can be invaded.
        """
        own = self.payoffs[entrant][entrant].value
        others = [
            self.payoffs[name][entrant].value
            for name in self.entrants
            if name != entrant
        ]
        known = [value for value in others if value is not None]
        if own is None or not known:
            return None
        return max(known) - own

    def tables(self) -> list[StudyTable]:
        """Return the standings as tables, the best rated first."""
        ranked = sorted(self.entrants, key=lambda name: -self.ratings[name].points)
        tables = [self._ratings(ranked), self._matrix(ranked), self._conduct(ranked)]
        return [*tables, *trouble_tables(self.result)]

    def _share(self, name: str) -> float | None:
        if self.population is None:
            return None
        return self.population.shares[self.entrants.index(name)]

    def _share_text(self, name: str) -> str:
        share = self._share(name)
        # Who dies out has a share that only falls for ever.
        return "-" if share is None else f"{100 * share:.1f} %"

    def _ratings(self, ranked: Sequence[str]) -> StudyTable:
        rows = []
        for name in ranked:
            rating = self.ratings[name]
            points = number(rating.points, sign=True)
            cells = [estimate.value for estimate in self.payoffs[name].values()]
            known = [value for value in cells if value is not None]
            mean = number(mean_of(known)) if known else "-"
            texts = (
                points + interval_text(rating.interval, sign=True),
                mean,
                self._share_text(name),
                number(self.invasion_gain(name), sign=True),
                f"{rating.meetings:,}",
            )
            rows.append((name, *texts))
        notes = [
            "Ratings are Bradley and Terry's (1952): 400 points more are ten times the odds to "
            "come out ahead, every pair is taken to have drawn once more, and n counts meetings "
            "with others, where equal plays without chance are one. Intervals are told by leaving "
            "out each seed in turn, and there is none where all came out alike.",
            "The population is where replicator dynamics lead from equal shares. An invader's gain "
            "is what the best other earns against an entrant beyond what that earns by itself.",
        ]
        if self.population is not None and not self.population.settled:
            notes.append("The population had not come to rest.")
        header = (
            "entrant",
            "rating",
            "mean payoff",
            "population",
            "invader's gain",
            "n",
        )
        title = f"Tournament {self.result.name}"
        return StudyTable(title, header, tuple(rows), tuple(notes))

    def _matrix(self, ranked: Sequence[str]) -> StudyTable:
        rows = []
        for name in ranked:
            cells = [estimate_text(self.payoffs[name][other]) for other in ranked]
            rows.append((name, *cells))
        counts = {cell.n for row in self.payoffs.values() for cell in row.values()}
        least, most = min(counts), max(counts)
        over = f"{most:,}" if least == most else f"{least:,} to {most:,}"
        note = (
            f"Each mean is over {over} seeds. Both orders of a pair share their seeds, and "
            "are one draw at each."
        )
        header = ("earns against", *column_heads(ranked))
        return StudyTable("Who earns what against whom", header, tuple(rows), (note,))

    def _conduct(self, ranked: Sequence[str]) -> StudyTable:
        rows = []
        for name in ranked:
            row = self.conduct[name]
            kept = row.promises
            promised = "-"
            if kept.given:
                promised = f"{percent(kept.kept_share)} of {kept.given:,}"
            figures = (row.surplus, row.claims, row.claim_error, row.exploitability)
            most = max(figure.n for figure in figures)
            surplus, claims, error, gain = (_counted(row, most) for row in figures)
            unpaid = f"{kept.unpaid:,}"
            texts = (surplus, claims, error, promised, unpaid, gain, f"{most:,}")
            rows.append((name, *texts))
        header = (
            "against the oracle",
            "share of surplus",
            "over-claim",
            "claim error",
            "promises kept",
            "unpaid",
            "exploitability",
            "n",
        )
        notes = (
            "The surplus is what agreements can add to all outside options. Exploitability is what "
            "one seat could have gained by another fixed plan where the entrant met itself. n "
            "counts seeds: all that an entrant did at one of them is one draw. A figure that rests "
            "on fewer has an n of its own.",
        )
        return StudyTable("What entrants did", header, tuple(rows), notes)


def _counted(figure: SampleEstimate, most: int) -> str:
    """Return a figure, with its n where that is not the one of its row."""
    text = estimate_text(figure)
    return text if figure.n == most else f"{text} (n {figure.n:,})"


def standings(result: StudyResult, entrants: Sequence[str]) -> Standings:
    """Return the standings of a tournament that was played, as far as it was."""
    meetings = meetings_of(result)
    payoffs = {
        name: {other: _payoff(name, other, meetings) for other in entrants}
        for name in entrants
    }
    return Standings(
        result=result,
        entrants=tuple(entrants),
        payoffs=payoffs,
        ratings=_ratings(entrants, meetings),
        population=_population(entrants, payoffs),
        conduct={name: conduct_of(name, meetings) for name in entrants},
    )


def _payoff(name: str, other: str, meetings: Sequence[Meeting]) -> SampleEstimate:
    """Return what an entrant earns where it meets another, whichever of them is first."""
    # Both orders count: where an entrant sits must not matter.
    pair = [row for row in meetings if {row.first, row.second} == {name, other}]

    def payoff(meeting: Meeting) -> list[float]:
        held = meeting.payoff(name)
        return [] if held is None else [held]

    return estimate_over_seeds(pair, payoff, generator(0, "payoff", name, other))


def _ratings(entrants: Sequence[str], meetings: Sequence[Meeting]) -> dict[str, Rating]:
    places = {name: place for place, name in enumerate(entrants)}
    chance = cells_of_chance(meetings)
    plays = Counter((meeting.first, meeting.second) for meeting in meetings)
    scores = []
    for meeting in meetings:
        won = meeting.score()
        # Who meets itself says nothing of who is stronger.
        if won is not None and meeting.first != meeting.second:
            pair = (meeting.first, meeting.second)
            # The same play made once more is no more evidence of anything.
            weight = 1.0 if chance[pair] else 1 / plays[pair]
            first, second = places[meeting.first], places[meeting.second]
            seed = meeting.episode.seed
            scores.append(MeetingScore(first, second, won, seed, weight))
    return dict(zip(entrants, rate(len(entrants), scores), strict=True))


def _population(entrants: Sequence[str], payoffs: Payoffs) -> Population | None:
    values = [[payoffs[name][other].value for other in entrants] for name in entrants]
    if any(value is None for row in values for value in row):
        return None
    return replicate(np.array(values, dtype=float))
