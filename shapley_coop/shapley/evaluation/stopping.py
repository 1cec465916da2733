"""When to stop: rules on evaluations, cost, time, interval width and ranking, that compose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from shapley_coop.shapley.result import Estimate


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands."""

    evaluations: int
    cost: float
    """In the unit of the evaluator's reported costs. 0 where it reports none."""
    seconds: float
    estimate: Estimate | None
    """The latest estimate. None until one is due."""


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """A reason to stop: `a | b` stops at either, `a & b` when both say so."""

    is_met: Callable[[Progress], bool]
    text: str
    needs_estimate: bool = False
    """Whether the rule looks at the estimate, which is made on a schedule."""

    def __or__(self, other: "StoppingRule") -> "StoppingRule":
        return StoppingRule(
            partial(_either, self, other),
            f"({self.text} or {other.text})",
            self.needs_estimate or other.needs_estimate,
        )

    def __and__(self, other: "StoppingRule") -> "StoppingRule":
        return StoppingRule(
            partial(_both, self, other),
            f"({self.text} and {other.text})",
            self.needs_estimate or other.needs_estimate,
        )


def any_of(rules: Sequence[StoppingRule]) -> StoppingRule | None:
    """Return the rule that stops at any of several, or None where there are none."""
    if not rules:
        return None
    either = rules[0]
    for rule in rules[1:]:
        either = either | rule
    return either


def max_evaluations(count: int) -> StoppingRule:
    """Stop once so many draws of v are paid for."""
    _require_positive(count, "evaluations")
    return StoppingRule(partial(_evaluations_reach, count), f"{count} evaluations")


def max_cost(cost: float) -> StoppingRule:
    """Stop once the evaluator has reported this total cost."""
    _require_positive(cost, "cost")
    return StoppingRule(partial(_cost_reaches, cost), f"cost {cost:g}")


def max_seconds(seconds: float) -> StoppingRule:
    """Stop after this time. Evaluations in flight then are awaited."""
    _require_positive(seconds, "seconds")
    return StoppingRule(partial(_seconds_reach, seconds), f"{seconds:g} s")


def half_width(tolerance: float, *, level: float = 0.95) -> StoppingRule:
    """Stop when every value's interval is at most +- `tolerance` wide, in the unit of v."""
    _require_positive(tolerance, "tolerance")
    text = f"{level:.0%} intervals within +-{tolerance:g}"
    is_met = partial(_widths_are_within, tolerance, level)
    return StoppingRule(is_met, text, needs_estimate=True)


def settled_ranking(level: float = 0.95) -> StoppingRule:
    """Stop when each neighbouring pair of the ranking is in this order with this chance."""
    # A chance of 1 can be met, where values are known exactly. One of 0 always is.
    if not 0 < level <= 1:
        raise ValueError(
            f"a ranking is settled at a chance above 0 and up to 1; got {level!r}"
        )
    is_met = partial(_ranking_is_settled, level)
    return StoppingRule(is_met, f"ranking settled at {level:.0%}", needs_estimate=True)


# Partials of these, unlike functions within functions, can be sent to another process.


def _either(one: StoppingRule, other: StoppingRule, progress: Progress) -> bool:
    return one.is_met(progress) or other.is_met(progress)


def _both(one: StoppingRule, other: StoppingRule, progress: Progress) -> bool:
    return one.is_met(progress) and other.is_met(progress)


def _evaluations_reach(count: int, progress: Progress) -> bool:
    return progress.evaluations >= count


def _cost_reaches(cost: float, progress: Progress) -> bool:
    return progress.cost >= cost


def _seconds_reach(seconds: float, progress: Progress) -> bool:
    return progress.seconds >= seconds


def _widths_are_within(tolerance: float, level: float, progress: Progress) -> bool:
    if progress.estimate is None:
        return False
    return bool((progress.estimate.half_widths(level) <= tolerance).all())


def _ranking_is_settled(level: float, progress: Progress) -> bool:
    if progress.estimate is None:
        return False
    return progress.estimate.ranking_confidence() >= level


def _require_positive(value: float, name: str) -> None:
    if not value > 0:
        raise ValueError(f"a stop at {name} needs a positive number; got {value!r}")
