"""When to stop: rules on evaluations, cost, time, interval width and ranking, that compose."""

from collections.abc import Callable
from dataclasses import dataclass

from shapley_coop.shapley.result import Estimate, normal_width


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands."""

    evaluations: int
    cost: float
    """In the unit of the evaluator's reported costs; 0 where it reports none."""
    seconds: float
    estimate: Estimate | None
    """The latest estimate; None until one is due."""


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """A stopping rule; `a | b` stops at either, `a & b` when both say so."""

    met: Callable[[Progress], bool]
    text: str
    needs_estimate: bool = False
    """Whether the rule looks at the estimate, which is made on a schedule."""

    def __or__(self, other: "StoppingRule") -> "StoppingRule":
        return StoppingRule(
            lambda p: self.met(p) or other.met(p),
            f"({self.text} or {other.text})",
            self.needs_estimate or other.needs_estimate,
        )

    def __and__(self, other: "StoppingRule") -> "StoppingRule":
        return StoppingRule(
            lambda p: self.met(p) and other.met(p),
            f"({self.text} and {other.text})",
            self.needs_estimate or other.needs_estimate,
        )


def max_evaluations(count: int) -> StoppingRule:
    """Stop once so many draws of v are paid for."""
    _positive(count, "evaluations")
    return StoppingRule(lambda p: p.evaluations >= count, f"{count} evaluations")


def max_cost(cost: float) -> StoppingRule:
    """Stop once the evaluator has reported this total cost."""
    _positive(cost, "cost")
    return StoppingRule(lambda p: p.cost >= cost, f"cost {cost:g}")


def max_seconds(seconds: float) -> StoppingRule:
    """Stop after this time; evaluations in flight are awaited."""
    _positive(seconds, "seconds")
    return StoppingRule(lambda p: p.seconds >= seconds, f"{seconds:g} s")


def half_width(tolerance: float, *, level: float = 0.95) -> StoppingRule:
    """Stop when every value's interval is at most +- `tolerance` wide, in the unit of v."""
    _positive(tolerance, "tolerance")
    z = normal_width(level)

    def met(progress: Progress) -> bool:
        found = progress.estimate
        return found is not None and bool((z * found.stderr <= tolerance).all())

    return StoppingRule(
        met, f"{level:.0%} intervals within +-{tolerance:g}", needs_estimate=True
    )


def settled_ranking(level: float = 0.95) -> StoppingRule:
    """Stop when each neighbouring pair of the ranking is in this order with this chance."""
    if not 0 < level <= 1:
        raise ValueError(
            f"a ranking is settled at a chance above 0 and up to 1; got {level!r}"
        )

    def met(progress: Progress) -> bool:
        found = progress.estimate
        return found is not None and found.ranking_confidence() >= level

    return StoppingRule(met, f"ranking settled at {level:.0%}", needs_estimate=True)


def _positive(value: float, name: str) -> None:
    if not value > 0:
        raise ValueError(f"a stop at {name} needs a positive number; got {value!r}")
