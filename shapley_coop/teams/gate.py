"""A gate on a team's credit: it judges demands as runs come in, and a verdict stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import Any

from shapley_coop.shapley.evaluation.stopping import Progress, StoppingRule
from shapley_coop.teams.attribution import LEVEL, Attribution
from shapley_coop.teams.demands import (
    Demand,
    DemandOutcome,
    Figure,
    TeamFigures,
    judge,
)

_SPENDING = 3
_LAST = 0.8
"""The part of a budget after which all errors that are left are kept for the end."""


class DemandGate:
    """Judges demands at each look at the runs of one study.

    Every demand is a chance to err, so each has an equal part of all errors (Bonferroni's
    inequality), and so is every look. After a part t of the budget all looks together may err t^3
    times as often as in the end (alpha spending: Kim and DeMets, 1987), so that early ones decide
    what is plain and most is left for the last. A verdict that one look reaches is paid for by
    that, so it stands, whatever runs that were in flight say.

    Args:
        demands: what is asked of the team.
        members: the names of all members, in the order of the values.
        budget: the most runs.
        level: the chance that no verdict is wrong.
    """

    def __init__(
        self,
        demands: Sequence[Demand],
        members: Sequence[str],
        budget: int,
        level: float = LEVEL,
    ) -> None:
        self._demands = tuple(demands)
        self._members = tuple(members)
        self._budget = budget
        self._error = (1 - level) / max(len(set(demands)), 1)
        """The chance that the verdict on one demand may be wrong."""
        self._verdicts: dict[Demand, DemandOutcome] = {}
        """Of the demands that are decided."""
        self._last_look = 0
        """The runs at the last look."""

    def rule(self) -> StoppingRule | None:
        """Return the rule to look at the runs and to stop once every demand is decided.

        A demand on cost or on the score of the whole team is decided in the end alone. None means
        that nothing is demanded.
        """
        if not self._demands:
            return None
        text = " and ".join(demand.text for demand in self._demands)
        return StoppingRule(self._look, f"decided: {text}", needs_estimate=True)

    def _look(self, progress: Progress) -> bool:
        """Judge what is open by the latest estimate, and say whether nothing is left open."""
        estimate = progress.estimate
        if estimate is None:
            return False
        runs = estimate.evaluations
        # The rule is asked more often than there is a new estimate.
        if self._last_look < runs <= _LAST * self._budget:
            figures = TeamFigures(estimate, self._members)
            level = self._level_of(self._share(runs))
            for demand in self._demands:
                if figures.tell_of(demand):
                    self._judge(demand, figures, level)
            self._last_look = runs
        return len(self._verdicts) == len(set(self._demands))

    def _share(self, runs: int) -> float:
        """Return the part of all errors that may fall to a look at so many runs."""
        return self._spent(runs) - self._spent(self._last_look)

    def _spent(self, runs: int) -> float:
        """Return the part of all errors that looks at up to so many runs may make."""
        return min(runs / self._budget, 1.0) ** _SPENDING

    def _level_of(self, share: float) -> float:
        return 1 - self._error * share

    def _judge(self, demand: Demand, figures: TeamFigures, level: float) -> None:
        outcome = judge(demand, figures, level)
        if demand not in self._verdicts and outcome.status != "undecided":
            self._verdicts[demand] = outcome

    def outcomes(self, attribution: Attribution) -> list[DemandOutcome]:
        """Return what came of each demand: the verdict that was reached, or that of all runs.

        The last look may err as often as is left.
        """
        figures = TeamFigures(attribution.estimate, self._members)
        left = self._share(self._budget)
        # Of what is judged in the end alone nothing is spent.
        shares = [left if figures.tell_of(demand) else 1.0 for demand in self._demands]
        figures.add_team(attribution)
        rows = []
        for demand, share in zip(self._demands, shares, strict=True):
            last = judge(demand, figures, self._level_of(share))
            rows.append(self._verdicts.get(demand, last))
        return rows

    def as_json(self) -> dict[str, Any]:
        """Return the verdicts that were reached and when it was looked last, for `recall`."""
        verdicts = {
            demand.text: _as_row(verdict) for demand, verdict in self._verdicts.items()
        }
        return {"last_look": self._last_look, "verdicts": verdicts}

    def recall(self, record: Mapping[str, Any]) -> None:
        """Take over the verdicts that an equal gate has reached on the same runs.

        Raises:
            ValueError, TypeError, KeyError: this is not what `as_json` returned.
        """
        if not self._demands:
            return
        verdicts = {}
        for demand in self._demands:
            if demand.text in record["verdicts"]:
                row = record["verdicts"][demand.text]
                verdicts[demand] = _from_row(demand, row)
        self._last_look = int(record["last_look"])
        self._verdicts = verdicts


def _as_row(verdict: DemandOutcome) -> list[Any]:
    value, stderr, freedom = verdict.difference
    # JSON has no infinite number.
    return [verdict.status, value, stderr, freedom if isfinite(freedom) else None]


def _from_row(demand: Demand, row: Sequence[Any]) -> DemandOutcome:
    status, value, stderr, freedom = row
    if status not in {"passed", "failed"}:
        raise ValueError(f"{status!r} is no verdict")
    known = inf if freedom is None else float(freedom)
    return DemandOutcome(demand, status, Figure(float(value), float(stderr), known))
