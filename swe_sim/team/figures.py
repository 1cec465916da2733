"""The figures of a software team beside those of any run: what passed, and who is worth what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from shapley_coop.records import Coalition, Seat
from shapley_coop.shapley import exact
from shapley_coop.shapley.coalitions import named_coalitions
from shapley_coop.shapley.exact_values.interactions import pair_interactions
from shapley_coop.shapley.exact_values.values import Index
from swe_sim.team.aftermath import Aftermath, Approvals
from swe_sim.team.game import VALUE


class CoalitionValue(NamedTuple):
    """What a coalition of seats is worth, as it was measured."""

    value: float
    stderr: float
    """0 where plays of it could not differ."""
    n: int
    """Plays that it is a mean over. Of plays that could not differ only one was made."""


@dataclass(frozen=True, slots=True)
class TeamFigures:
    """What a run of a software team came to."""

    pass_rate: float
    """Weighted share of hidden tests that pass, a mean over the episodes."""
    start_rate: float
    """The same of the starting tree, which was there before anybody worked."""
    solo_pass_rate: float | None
    """The same of a programmer alone with as many turns. None if none was asked."""
    approvals: dict[Seat, Approvals]
    """Of each seat that can approve, over all episodes."""
    turns: float
    """Turns in which some seat did something, a mean over the episodes."""
    evidence: dict[Seat, float]
    """What work evidence gives each seat of what its team added, a mean over the episodes."""
    coalitions: dict[Coalition, CoalitionValue]
    """Empty where credit was not measured by values of coalitions."""
    seats: tuple[Seat, ...]

    @property
    def retention(self) -> float | None:
        """What the team keeps of what a programmer reaches alone. None where that is nothing."""
        if not self.solo_pass_rate:
            return None
        return self.pass_rate / self.solo_pass_rate

    @property
    def false_approvals(self) -> dict[Seat, float | None]:
        """The share of each seat's approvals that fail hidden tests. None if it gave none."""
        shares: dict[Seat, float | None] = {}
        for seat, (given, wrong) in self.approvals.items():
            shares[seat] = wrong / given if given else None
        return shares

    def index(self, name: Index) -> dict[Seat, float] | None:
        """Return an index of all seats, such as `banzhaf`, or None where values are missing."""
        table = self._table()
        if table is None:
            return None
        values = exact(table, name).values
        return dict(zip(self.seats, values.tolist(), strict=True))

    def interactions(self) -> list[dict[str, Any]] | None:
        """Return by how much two seats are worth more together, for every pair (Owen, 1972)."""
        table = self._table()
        if table is None or len(self.seats) < 2:
            return None
        matrix = pair_interactions(table)
        pairs = []
        for i, first in enumerate(self.seats):
            for j in range(i + 1, len(self.seats)):
                value = float(matrix[i, j])
                pairs.append({"seats": [first, self.seats[j]], "value": value})
        return pairs

    def coalition_rows(self) -> list[dict[str, Any]]:
        """Return every coalition with its value and how many plays it rests on."""
        rows = []
        for coalition, known in self.coalitions.items():
            members = [seat for seat in self.seats if seat in coalition]
            rows.append({"seats": members, **known._asdict()})
        return rows

    def _table(self) -> np.ndarray[Any, np.dtype[np.float64]] | None:
        everyone = named_coalitions(self.seats)
        if any(coalition not in self.coalitions for coalition in everyone):
            return None
        return np.array([self.coalitions[coalition].value for coalition in everyone])


def team_figures(
    seats: Sequence[Seat],
    plays: Sequence[Aftermath],
    solo: Sequence[Aftermath],
    coalitions: Sequence[Mapping[Coalition, CoalitionValue]],
    payments: Sequence[float],
) -> TeamFigures:
    """Return the figures of the episodes of a run.

    Args:
        seats: the seats of the team.
        plays: every episode that was played to its end, at least one.
        solo: the episodes of a programmer alone, or none.
        coalitions: what coalitions are worth, by episode.
        payments: what the game paid all seats together, by episode.
    """
    approvals: dict[Seat, Approvals] = {}
    for play in plays:
        for seat, (given, wrong) in play.approvals.items():
            before = approvals.get(seat, Approvals(0, 0))
            approvals[seat] = Approvals(before.given + given, before.wrong + wrong)
    evidence = dict.fromkeys(seats, 0.0)
    for play, total in zip(plays, payments, strict=True):
        # What was there before is nobody's, as in measured credit.
        added = total - VALUE * play.start_rate
        for seat, share in play.evidence.items():
            evidence[seat] += share * added / len(plays)
    return TeamFigures(
        pass_rate=fmean(play.pass_rate for play in plays),
        start_rate=fmean(play.start_rate for play in plays),
        solo_pass_rate=fmean(play.pass_rate for play in solo) if solo else None,
        approvals=approvals,
        turns=fmean(play.turns for play in plays),
        evidence=evidence,
        coalitions=_means(coalitions),
        seats=tuple(seats),
    )


def _means(
    coalitions: Sequence[Mapping[Coalition, CoalitionValue]],
) -> dict[Coalition, CoalitionValue]:
    """Return means over episodes of the coalitions that are known in all of them."""
    if not coalitions:
        return {}
    means = {}
    for coalition in coalitions[0]:
        known = [values[coalition] for values in coalitions if coalition in values]
        if len(known) < len(coalitions):
            continue
        error = sqrt(sum(one.stderr**2 for one in known)) / len(known)
        means[coalition] = CoalitionValue(
            fmean(one.value for one in known), error, sum(one.n for one in known)
        )
    return means
