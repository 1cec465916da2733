"""Demands on a team's credit, such as `planner > 0`, and whether runs have decided them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite, sqrt
from typing import Literal, NamedTuple

from shapley_coop.errors import ConfigError, unknown
from shapley_coop.shapley import Estimate
from shapley_coop.shapley.result import normal_width
from shapley_coop.teams.attribution import Attribution

Status = Literal["passed", "failed", "undecided"]
SCORE = "score"
COST_PER_POINT = "cost_per_point"
_FORM = re.compile(r"\s*(?P<left>.+?)\s*(?P<sign>>=|<=|>|<)\s*(?P<right>.+?)\s*")
_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class Figure(NamedTuple):
    """A number with its standard error."""

    value: float
    stderr: float


class Demand(NamedTuple):
    """What is asked of a team: one side above or below the other."""

    text: str
    left: str | float
    sign: str
    right: str | float

    @property
    def names(self) -> tuple[str, ...]:
        """The figures that it speaks of."""
        return tuple(side for side in (self.left, self.right) if isinstance(side, str))


class DemandOutcome(NamedTuple):
    """Whether a demand is met."""

    demand: Demand
    status: Status
    difference: Figure
    """The left side minus the right one."""


def parse_demand(text: str, members: Sequence[str]) -> Demand:
    """Return a demand such as `planner > 0`, `planner > coder` or `cost_per_point <= 0.2`.

    Args:
        text: two sides with `>`, `>=`, `<` or `<=` between them. A side is a number, a member,
            which stands for its Shapley value, `score` for the score of the whole team, or
            `cost_per_point` for what the whole team costs for each point above nobody's score.
        members: the names of all members.

    Raises:
        ConfigError: it has another form, or names nobody.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ConfigError(
            f"{text!r} is no demand; write one such as '{members[0]} > 0' or "
            f"'{COST_PER_POINT} <= 0.2'",
            field="assert",
        )
    left, right = (_side(match[side], members) for side in ("left", "right"))
    return Demand(text.strip(), left, match["sign"], right)


def _side(text: str, members: Sequence[str]) -> str | float:
    """Return one side of a demand: a name, or a number.

    Raises:
        ConfigError: it is neither, or a member that is called like a figure of the team.
    """
    figures = (SCORE, COST_PER_POINT)
    if text in figures and text in members:
        raise ConfigError(
            f"{text!r} is a member, and a figure of the whole team; call the member otherwise",
            field="assert",
        )
    # A member may be called 1.
    if text in members or text in figures:
        return text
    try:
        number = float(text)
    except ValueError:
        raise ConfigError(
            unknown("member", text, (*members, *figures)), field="assert"
        ) from None
    # Nothing lies above or below what is no number, so that such a demand would always fail.
    if not isfinite(number):
        raise ConfigError(f"{text!r} is no finite number", field="assert")
    return number


def value_figures(estimate: Estimate, members: Sequence[str]) -> dict[str, Figure]:
    """Return the value of each member."""
    rows = zip(members, estimate.values.tolist(), estimate.stderr.tolist(), strict=True)
    return {name: Figure(value, stderr) for name, value, stderr in rows}


def team_figures(attribution: Attribution) -> dict[str, Figure]:
    """Return the score of the whole team, and what a point above nobody's score costs."""
    counts = {len(row.present): row.runs for row in attribution.coalitions}
    whole = attribution.whole
    estimate = attribution.estimate
    score_error = estimate.noise / sqrt(whole.runs)
    gain = whole.score - estimate.empty
    gain_error = estimate.noise * sqrt(1 / whole.runs + 1 / counts[0])
    ratio, error = float("inf"), 0.0
    if gain > 0:
        ratio = whole.cost / gain
        # The cost of a run is known far better than its score, so the score's error counts.
        error = ratio * gain_error / gain
    return {
        SCORE: Figure(whole.score, score_error),
        COST_PER_POINT: Figure(ratio, error),
    }


def judge(demand: Demand, figures: Mapping[str, Figure], level: float) -> DemandOutcome:
    """Return whether a demand is met, at a level of confidence.

    Args:
        demand: speaks of some of the figures.
        figures: what is known by now.
        level: the chance that a verdict is right.
    """
    left, right = _figure(demand.left, figures), _figure(demand.right, figures)
    error = sqrt(left.stderr**2 + right.stderr**2)
    difference = Figure(left.value - right.value, error)
    status: Status = "undecided"
    # Nothing is certain, so no verdict is right for sure.
    if level < 1:
        status = _status(demand, difference, level)
    return DemandOutcome(demand, status, difference)


def _figure(side: str | float, figures: Mapping[str, Figure]) -> Figure:
    return figures[side] if isinstance(side, str) else Figure(side, 0.0)


def _status(demand: Demand, difference: Figure, level: float) -> Status:
    width = normal_width(level) * difference.stderr
    is_true = _SIGNS[demand.sign]
    ends = {
        is_true(difference.value - width, 0.0),
        is_true(difference.value + width, 0.0),
    }
    if len(ends) == 2:
        return "undecided"
    return "passed" if ends == {True} else "failed"
