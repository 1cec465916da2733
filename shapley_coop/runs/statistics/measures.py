"""What a study measures of an episode: a name, a meaning, and how the number is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from shapley_coop.records import Episode, SeatCredit
from shapley_coop.runs.intervals import mean_of, sum_of
from shapley_coop.runs.outcomes import payoff_gap

Kind = Literal["share", "mean"]
"""Whether a measure is yes or no in each episode, or an amount."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of an episode."""

    name: str
    """Its key in `--json`."""
    meaning: str
    """A full sentence for people who meet it for the first time."""
    value: Callable[[Episode], float | None]
    """Reads it. None where it cannot be known of an episode."""
    kind: Kind = "mean"
    of_all: bool = False
    """Whether it counts in every episode, also in one that broke or met a limit."""
    higher_is_better: bool | None = None
    """None where neither is."""
    least: float = -math.inf
    """What it cannot be below, so that no interval is."""
    most: float = math.inf
    """What it cannot be above."""

    def values(self, episodes: Iterable[Episode]) -> dict[int, float]:
        """Return the measure by the seed of the episode, where it is known.

        Episodes of one seed, as several runs may hold, are one draw: their mean stands for them.
        """
        by_seed: dict[int, list[float]] = {}
        for episode in episodes:
            # What a cut episode would have come to nobody knows, but what it spent is spent.
            if not self.of_all and episode.status != "done":
                continue
            value = self.value(episode)
            if value is not None and math.isfinite(value):
                by_seed.setdefault(episode.seed, []).append(value)
        return {seed: mean_of(values) for seed, values in by_seed.items()}


def welfare(episode: Episode) -> float:
    """Return what all seats hold together."""
    return sum_of(episode.payoffs.values())


def optimum(episode: Episode) -> float | None:
    """Return the most that agreements can reach, else what the rules make all seats worth."""
    # Agreements may reach less than the rules allow, and only they can be asked for.
    best = episode.attainable
    if best is not None and best.total is not None:
        return best.total
    potentials = [column.potential for column in episode.columns.values()]
    known = [value for value in potentials if value is not None]
    if not known or len(known) < len(potentials):
        return None
    return sum_of(known)


def efficiency(episode: Episode) -> float | None:
    """Return welfare as a part of the optimum, where that is above 0."""
    best = optimum(episode)
    if best is None or best <= 0:
        return None
    return welfare(episode) / best


def surplus_share(episode: Episode) -> float | None:
    """Return which part of the surplus over all outside options was reached."""
    best = optimum(episode)
    outside = [column.outside for column in episode.columns.values()]
    secured = [value for value in outside if value is not None]
    if best is None or not secured or len(secured) < len(outside):
        return None
    # Where nothing can be gained together, no part of it was reached or missed.
    surplus = best - sum_of(secured)
    if surplus <= 0:
        return None
    return (welfare(episode) - sum_of(secured)) / surplus


def gini(values: Sequence[float]) -> float | None:
    """Return the Gini coefficient: 0 where all hold the same, (n - 1) / n where one holds all.

    It is half the mean absolute difference of two holders as a part of the mean (Gini, 1912). None
    where somebody holds less than nothing or nobody holds anything, since it says nothing there.
    """
    total = sum_of(values)
    if not values or min(values) < 0 or total <= 0:
        return None
    count = len(values)
    ranked = sorted(values)
    weighted = sum_of(rank * value for rank, value in enumerate(ranked, start=1))
    return 2 * weighted / (count * total) - (count + 1) / count


def _gini(episode: Episode) -> float | None:
    return gini(list(episode.payoffs.values()))


def _gap(episode: Episode) -> float | None:
    return payoff_gap(episode) if episode.payoffs else None


def _success(episode: Episode) -> float:
    return float(episode.success)


def _rounds(episode: Episode) -> float:
    return float(episode.rounds)


def _forfeits(episode: Episode) -> float:
    return float(sum(episode.forfeits.values()))


def _breaches(episode: Episode) -> float:
    return float(len(episode.breaches))


def _overclaim(episode: Episode) -> float | None:
    return _mean(column.overclaim for column in episode.columns.values())


def _claimed_distance(episode: Episode) -> float | None:
    return _mean(map(_claimed_error, episode.columns.values()))


def _claimed_error(column: SeatCredit) -> float | None:
    if column.claimed is None or column.measured is None:
        return None
    # A claim may count from another worth of nobody than the measured credit does.
    return abs(column.claimed - (column.measured + column.zero_shift))


def _agreed_distance(episode: Episode) -> float | None:
    return _mean(map(_agreed_error, episode.columns.values()))


def _agreed_error(column: SeatCredit) -> float | None:
    if column.agreed is None or column.measured is None:
        return None
    return abs(column.agreed - column.measured)


def _core_excess(episode: Episode) -> float | None:
    checks = episode.checks
    if checks is None or checks.core is None:
        return None
    return checks.core.excess


def _rational_seats(episode: Episode) -> float | None:
    verdicts = [column.rational for column in episode.columns.values()]
    known = [float(verdict) for verdict in verdicts if verdict is not None]
    return mean_of(known) if known else None


def _tokens(episode: Episode) -> float:
    return float(episode.tokens)


def _cost(episode: Episode) -> float | None:
    costs = [row.cost for row in episode.spend]
    known = [cost for cost in costs if cost is not None]
    # One price that is not known leaves the whole open, and does not make it cheaper.
    if len(known) < len(costs):
        return None
    return sum_of(known)


def _latency(episode: Episode) -> float:
    return episode.seconds


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean_of(known) if known else None


MEASURES = (
    Measure(
        "success",
        "Share of all episodes that reached the goal of their game.",
        _success,
        kind="share",
        of_all=True,
        higher_is_better=True,
        least=0,
        most=1,
    ),
    Measure(
        "welfare",
        "What all seats hold together in the end.",
        welfare,
        higher_is_better=True,
    ),
    Measure(
        "efficiency",
        "Welfare as a part of the most that agreements can reach.",
        efficiency,
        higher_is_better=True,
    ),
    Measure(
        "surplus_share",
        "Part of what agreements can add to all outside options that was reached.",
        surplus_share,
        higher_is_better=True,
    ),
    Measure(
        "payoff_gap",
        "What the best paid seat holds more than the worst paid one.",
        _gap,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "gini",
        "Gini coefficient of what seats hold, where nobody holds less than nothing.",
        _gini,
        higher_is_better=False,
        least=0,
        most=1,
    ),
    Measure(
        "rational_seats",
        "Share of the seats that end at or above their outside option.",
        _rational_seats,
        higher_is_better=True,
        least=0,
        most=1,
    ),
    Measure(
        "rounds",
        "Rounds of talk before play.",
        _rounds,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "forfeits",
        "Turns that were lost because no answer could be used.",
        _forfeits,
        of_all=True,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "breaches",
        "Promises that were not kept.",
        _breaches,
        of_all=True,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "overclaim", "What seats claim beyond their potential, a mean.", _overclaim
    ),
    Measure(
        "claimed_distance",
        "How far claims lie from measured credit, a mean over seats without signs.",
        _claimed_distance,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "agreed_distance",
        "How far what was agreed lies from measured credit, a mean over seats without signs.",
        _agreed_distance,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "core_excess",
        "What the coalition with the best objection could gain by itself.",
        _core_excess,
        higher_is_better=False,
    ),
    Measure(
        "tokens",
        "Tokens sent and answered.",
        _tokens,
        of_all=True,
        least=0,
    ),
    Measure(
        "cost",
        "US dollars, where every price is known.",
        _cost,
        of_all=True,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "latency",
        "Seconds that an episode took.",
        _latency,
        of_all=True,
        least=0,
    ),
)
"""In the order of every table: how it ended, what was said, what it cost."""

MEASURE_BY_NAME = {measure.name: measure for measure in MEASURES}
