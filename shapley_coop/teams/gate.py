"""A gate on a team's credit: it judges demands as runs come in, and a verdict stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shapley_coop.shapley.evaluation.stopping import Progress, StoppingRule
from shapley_coop.teams.attribution import LEVEL, Attribution
from shapley_coop.teams.demands import (
    Demand,
    DemandOutcome,
    Figure,
    judge,
    team_figures,
    value_figures,
)


class DemandGate:
    """Judges demands at each look at the runs of one study.

    Every look is a chance to err. So each may err as often only as the runs that came since the
    last one are a part of the budget, and all of them together as often as the level says (alpha
    spending: Lan and DeMets, 1983; the looks are added up by Bonferroni's inequality). A verdict
    that one look reaches is paid for by that, so it stands, whatever runs that were in flight say.

    Args:
        demands: what is asked of the team.
        members: the names of all members, in the order of the values.
        budget: the most runs.
        level: the chance that the verdict on a demand is not wrong.
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
        self._level = level
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
        if runs > self._last_look:
            figures = value_figures(estimate, self._members)
            level = self._level_of(self._share(runs))
            for demand in self._demands:
                if figures.keys() >= set(demand.names):
                    self._judge(demand, figures, level)
            self._last_look = runs
        return len(self._verdicts) == len(set(self._demands))

    def _share(self, runs: int) -> float:
        """Return the part of all errors that may fall to a look at so many runs."""
        seen = min(self._last_look, self._budget)
        return (min(runs, self._budget) - seen) / self._budget

    def _level_of(self, share: float) -> float:
        return 1 - (1 - self._level) * share

    def _judge(
        self, demand: Demand, figures: Mapping[str, Figure], level: float
    ) -> None:
        outcome = judge(demand, figures, level)
        if demand not in self._verdicts and outcome.status != "undecided":
            self._verdicts[demand] = outcome

    def outcomes(self, attribution: Attribution) -> list[DemandOutcome]:
        """Return what came of each demand: the verdict that was reached, or that of all runs.

        The last look may err as often as is left.
        """
        values = value_figures(attribution.estimate, self._members)
        figures = values | team_figures(attribution)
        left = self._share(self._budget)
        rows = []
        for demand in self._demands:
            # Of what is judged in the end alone nothing is spent.
            share = left if values.keys() >= set(demand.names) else 1.0
            last = judge(demand, figures, self._level_of(share))
            rows.append(self._verdicts.get(demand, last))
        return rows

    def as_json(self) -> dict[str, Any]:
        """Return the verdicts that were reached and when it was looked last, for `recall`."""
        verdicts = {
            demand.text: [verdict.status, *verdict.difference]
            for demand, verdict in self._verdicts.items()
        }
        return {"last_look": self._last_look, "verdicts": verdicts}

    def recall(self, record: Mapping[str, Any]) -> None:
        """Take over the verdicts that an equal gate has reached on the same runs.

        Raises:
            ValueError, TypeError, KeyError: this is not what `as_json` returned.
        """
        verdicts = {}
        for demand in self._demands:
            if demand.text in record["verdicts"]:
                status, value, stderr = record["verdicts"][demand.text]
                if status not in {"passed", "failed"}:
                    raise ValueError(f"{status!r} is no verdict")
                difference = Figure(float(value), float(stderr))
                verdicts[demand] = DemandOutcome(demand, status, difference)
        self._last_look = int(record["last_look"])
        self._verdicts = verdicts
