"""Demands on a team's credit, such as `planner > 0`, and whether runs have decided them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from math import hypot, inf, isfinite, sqrt
from typing import Literal, NamedTuple

import numpy as np

from shapley_coop.errors import ConfigError, unknown
from shapley_coop.shapley import Estimate
from shapley_coop.shapley.result import student_width
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
    """A number and how well it is known."""

    value: float
    stderr: float
    freedom: float = inf
    """Degrees of freedom of the standard error."""


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


class TeamFigures:
    """What is known of the figures that demands speak of."""

    def __init__(self, estimate: Estimate, members: Sequence[str]) -> None:
        """Know the value of each member, in the order of the estimate."""
        self._estimate = estimate
        self._places = {name: place for place, name in enumerate(members)}
        self._of_team: dict[str, Figure] = {}

    def add_team(self, attribution: Attribution) -> None:
        """Know the score of the whole team too, and what a point above nobody's score costs."""
        whole, nobody = attribution.whole, attribution.coalitions[0]
        gain = whole.score - nobody.score
        ratio, error = inf, 0.0
        if gain > 0:
            ratio = whole.cost / gain
            # The cost of a run is known far better than its score, so the score's error counts.
            error = ratio * hypot(whole.stderr, nobody.stderr) / gain
        freedom = max(min(whole.runs, nobody.runs) - 1, 1)
        self._of_team[SCORE] = Figure(whole.score, whole.stderr, max(whole.runs - 1, 1))
        self._of_team[COST_PER_POINT] = Figure(ratio, error, freedom)

    def tell_of(self, demand: Demand) -> bool:
        """Say whether all figures that a demand speaks of are known."""
        return all(
            name in self._places or name in self._of_team for name in demand.names
        )

    def difference(self, demand: Demand) -> Figure:
        """Return the left side of a demand minus the right one."""
        left, right = self._figure(demand.left), self._figure(demand.right)
        variance = left.stderr**2 + right.stderr**2 - 2 * self._shared(demand)
        # Rounding may leave a variance of 0 a little below it.
        error = sqrt(max(variance, 0.0))
        freedom = min(left.freedom, right.freedom)
        return Figure(left.value - right.value, error, freedom)

    def _figure(self, side: str | float) -> Figure:
        if not isinstance(side, str):
            return Figure(side, 0.0)
        if side in self._of_team and side not in self._places:
            return self._of_team[side]
        place = self._places[side]
        estimate = self._estimate
        freedom = inf if estimate.freedom is None else float(estimate.freedom[place])
        return Figure(
            float(estimate.values[place]), float(estimate.stderr[place]), freedom
        )

    def _shared(self, demand: Demand) -> float:
        """Return the covariance of the errors of two members' values, or else 0."""
        covariance = self._estimate.covariance
        if covariance is None:
            return 0.0
        places = [self._places[name] for name in demand.names if name in self._places]
        return float(covariance[places[0], places[1]]) if len(places) == 2 else 0.0


def judge(demand: Demand, figures: TeamFigures, level: float) -> DemandOutcome:
    """Return whether a demand is met, at a level of confidence.

    Args:
        demand: speaks of some of the figures.
        figures: what is known by now.
        level: the chance that a verdict is right.
    """
    difference = figures.difference(demand)
    status: Status = "undecided"
    # Nothing is certain, so no verdict is right for sure.
    if level < 1:
        status = _status(demand, difference, level)
    return DemandOutcome(demand, status, difference)


def _status(demand: Demand, difference: Figure, level: float) -> Status:
    width = 0.0
    if difference.stderr > 0:
        # A verdict errs to one side alone, where an interval of this level errs to both.
        reach = student_width(np.array([difference.freedom]), 2 * level - 1)
        width = float(reach[0]) * difference.stderr
    is_true = _SIGNS[demand.sign]
    ends = {
        is_true(difference.value - width, 0.0),
        is_true(difference.value + width, 0.0),
    }
    if len(ends) == 2:
        return "undecided"
    return "passed" if ends == {True} else "failed"
