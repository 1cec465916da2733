"""What an attribution came to: credit of every member, and what else the runs show."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from shapley_coop.shapley import Estimate, banzhaf, pair_interactions
from shapley_coop.shapley.result import normal_width

LEVEL = 0.95
"""The confidence level of intervals."""


class CoalitionScore(NamedTuple):
    """What the runs of some members came to."""

    present: tuple[str, ...]
    score: float
    """The mean score."""
    stderr: float
    """The standard error of the score by the chance of these runs, infinite if they do not tell."""
    runs: int
    cost: float
    """The mean cost of a run."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """Which member of a team contributed what, with intervals."""

    members: tuple[str, ...]
    estimate: Estimate
    """The Shapley values in the order of the members, with how they were estimated."""
    coalitions: tuple[CoalitionScore, ...]
    """Every coalition that was run, the smaller ones first."""
    costs: Estimate | None
    """The Shapley values of what runs cost. None if no cost was reported."""
    runs: int
    """Runs that the values rest on, resumed ones included."""
    paid_runs: int
    """Runs that were made now."""
    cost: float
    """What all these runs cost together."""
    stopped_by: str
    failures: dict[tuple[str, ...], str]
    """The coalitions that failed for good, with what they said."""

    @property
    def values(self) -> dict[str, float]:
        """The Shapley value of each member, in the unit of the score."""
        return self._by_member(self.estimate.values)

    @property
    def stderr(self) -> dict[str, float]:
        """The standard error of each value."""
        return self._by_member(self.estimate.stderr)

    @property
    def interval(self) -> dict[str, tuple[float, float]]:
        """The 95 % interval of each value."""
        return self.interval_at(LEVEL)

    def interval_at(self, level: float) -> dict[str, tuple[float, float]]:
        """Return an interval for each value, at a level of confidence."""
        low, high = self.estimate.interval(level)
        ends = zip(self.members, low.tolist(), high.tolist(), strict=True)
        return {name: (least, most) for name, least, most in ends}

    @property
    def ranking(self) -> tuple[str, ...]:
        """The members, the greatest value first."""
        # Stable, so that members of equal value keep the order in which they were named.
        order = np.argsort(-self.estimate.values, kind="stable")
        return tuple(self.members[place] for place in order)

    @property
    def ranking_confidence(self) -> float:
        """The least chance, over neighbours in the ranking, that their order is right.

        It is 1/2 where two are tied.
        """
        return self.estimate.ranking_confidence()

    @property
    def ties(self) -> tuple[tuple[str, str], ...]:
        """The neighbours in the ranking that are worth the same for certain."""
        return tuple(
            (self.members[one], self.members[other])
            for one, other in self.estimate.ties()
        )

    @property
    def cost_per_point(self) -> dict[str, float | None] | None:
        """What a point of score that a member brings costs: its share of cost over its value.

        None for a member that is not shown to bring anything, and None at all where no cost was
        reported.
        """
        if self.costs is None:
            return None
        shares = self._by_member(self.costs.values)
        ratios: dict[str, float | None] = {}
        for name, (least, _) in self.interval.items():
            ratios[name] = shares[name] / self.values[name] if least > 0 else None
        return ratios

    @property
    def loss_without(self) -> dict[str, float]:
        """What the whole team loses without one member (leave-one-out), where that was run."""
        scores = {frozenset(row.present): row.score for row in self.coalitions}
        everyone = frozenset(self.members)
        losses = {}
        for name in self.members:
            without = everyone - {name}
            if without in scores:
                losses[name] = scores[everyone] - scores[without]
        return losses

    @property
    def table(self) -> np.ndarray[Any, np.dtype[np.float64]] | None:
        """The 2^n mean scores, bit i for member i, or None if not every coalition was run."""
        if len(self.coalitions) < 1 << len(self.members):
            return None
        # The engine counts coalitions by bits, and members are named in the order of the bits.
        table = np.zeros(len(self.coalitions))
        place = {name: bit for bit, name in enumerate(self.members)}
        for row in self.coalitions:
            table[sum(1 << place[name] for name in row.present)] = row.score
        return table

    @property
    def interactions(self) -> dict[tuple[str, str], float] | None:
        """How much more two members bring together than apart (Shapley interaction index).

        None if not every coalition was run.
        """
        table = self.table
        if table is None or len(self.members) < 2:
            return None
        matrix = pair_interactions(table)
        pairs = combinations(range(len(self.members)), 2)
        return {
            (self.members[i], self.members[j]): float(matrix[i, j]) for i, j in pairs
        }

    @property
    def banzhaf(self) -> dict[str, float] | None:
        """The Banzhaf value of each member, or None if not every coalition was run."""
        table = self.table
        return None if table is None else self._by_member(banzhaf(table).values)

    @property
    def whole(self) -> CoalitionScore:
        """What the runs of all members together came to."""
        return max(self.coalitions, key=lambda row: len(row.present))

    @property
    def sufficient(self) -> CoalitionScore:
        """The cheapest team that was run and is not shown to be worse than the whole one.

        Not shown: its score is within the 95 % interval of the difference. Of equal costs the
        team with fewer members counts.
        """
        whole = self.whole
        noise = self.estimate.noise
        width = normal_width(LEVEL)
        # A team that was run twice is known less well than one that was run often.
        able = []
        for row in self.coalitions:
            error = noise * np.sqrt(1 / row.runs + 1 / whole.runs)
            if row.score >= whole.score - width * error:
                able.append(row)
        return min(able, key=lambda row: (row.cost, len(row.present), -row.score))

    @property
    def front(self) -> tuple[CoalitionScore, ...]:
        """The teams that were run of which no other has a greater score for no more cost.

        Where members are swapped for cheaper ones and not left out, this is the Pareto front of
        score against cost. Without costs the number of members counts as cost.
        """
        priced = self.costs is not None
        best = float("-inf")
        rows = []
        for row in sorted(
            self.coalitions,
            key=lambda row: (row.cost if priced else len(row.present), -row.score),
        ):
            if row.score > best:
                best = row.score
                rows.append(row)
        return tuple(rows)

    def as_json(self) -> dict[str, Any]:
        """Return it as the command `attribute` prints it."""
        return {
            "members": list(self.members),
            "values": self.values,
            "stderr": {name: _finite(error) for name, error in self.stderr.items()},
            "interval": {
                name: [_finite(low), _finite(high)]
                for name, (low, high) in self.interval.items()
            },
            "ranking": list(self.ranking),
            "ranking_confidence": self.ranking_confidence,
            "ties": [list(pair) for pair in self.ties],
            "loss_without": self.loss_without,
            "interactions": self._interaction_rows(),
            "banzhaf": self.banzhaf,
            "cost_per_point": self.cost_per_point,
            "sufficient": _row(self.sufficient),
            "front": [_row(row) for row in self.front],
            "coalitions": [_row(row) for row in self.coalitions],
            "runs": self.runs,
            "paid_runs": self.paid_runs,
            "cost": self.cost,
            "score": self.whole.score,
            "score_of_nobody": self.estimate.empty,
            "method": self.estimate.method,
            "reason": self.estimate.reason,
            "stopped_by": self.stopped_by,
            "failures": [
                {"present": list(present), "error": words}
                for present, words in self.failures.items()
            ],
        }

    def _interaction_rows(self) -> list[dict[str, Any]] | None:
        pairs = self.interactions
        if pairs is None:
            return None
        return [
            {"members": list(pair), "value": value} for pair, value in pairs.items()
        ]

    def _by_member(self, values: Any) -> dict[str, float]:
        return dict(zip(self.members, np.asarray(values).tolist(), strict=True))


def _row(score: CoalitionScore) -> dict[str, Any]:
    return score._asdict() | {"stderr": _finite(score.stderr)}


def _finite(value: float) -> float | None:
    """Return a number as JSON can hold it: an error that runs do not tell is infinite."""
    return value if isfinite(value) else None
