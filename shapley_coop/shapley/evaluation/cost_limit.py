"""A limit on cost that evaluations at once do not pass together."""

from __future__ import annotations

from shapley_coop.shapley.evaluation.evaluator import Evaluator

_ROUNDING = 1e-9
"""By which sums of costs may be off, as a part of the limit."""


class CostLimit:
    """Holds back evaluations that could go beyond what all of them may cost.

    For each evaluation under way, and for the next one, the largest cost so far is put aside, and
    no more are made at once than have told their cost. So a limit is passed only as far as
    evaluations under way cost more than all before them.
    """

    def __init__(self, most: float | None, evaluator: Evaluator) -> None:
        """Hold an evaluator to a limit in the unit of its costs. None means that there is none."""
        self._most, self._evaluator = most, evaluator

    @property
    def text(self) -> str:
        """Why no other evaluation starts."""
        return f"another evaluation could go beyond a cost of {self._most:g}"

    def admits_another(self) -> bool:
        """Say whether another evaluation may start now."""
        if self._most is None:
            return True
        evaluator = self._evaluator
        if evaluator.under_way >= max(evaluator.costs_known, 1):
            return False
        reserve = (evaluator.under_way + 1) * evaluator.largest_cost
        return evaluator.cost + reserve <= self._most * (1 + _ROUNDING)
