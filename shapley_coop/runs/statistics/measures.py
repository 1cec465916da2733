"""What a study measures of an episode: a name, a meaning, and how the number is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from shapley_coop.records import Episode
from shapley_coop.runs.intervals import mean_of
from shapley_coop.runs.statistics import readings

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


MEASURES = (
    Measure(
        "success",
        "Share of all episodes that reached the goal of their game.",
        readings.success,
        kind="share",
        of_all=True,
        higher_is_better=True,
        least=0,
        most=1,
    ),
    Measure(
        "welfare",
        "What all seats hold together in the end.",
        readings.welfare,
        higher_is_better=True,
    ),
    Measure(
        "efficiency",
        "Welfare as a part of the most that agreements can reach.",
        readings.efficiency,
        higher_is_better=True,
    ),
    Measure(
        "surplus_share",
        "Part of what agreements can add to all outside options that was reached.",
        readings.surplus_share,
        higher_is_better=True,
    ),
    Measure(
        "payoff_gap",
        "What the best paid seat holds more than the worst paid one.",
        readings.gap,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "gini",
        "Gini coefficient of what seats hold, where nobody holds less than nothing.",
        readings.payoff_gini,
        higher_is_better=False,
        least=0,
        most=1,
    ),
    Measure(
        "rational_seats",
        "Share of the seats that end at or above their outside option.",
        readings.rational_seats,
        higher_is_better=True,
        least=0,
        most=1,
    ),
    Measure(
        "rounds",
        "Rounds of talk before play.",
        readings.rounds,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "forfeits",
        "Turns that were lost because no answer could be used.",
        readings.forfeits,
        of_all=True,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "breaches",
        "Promises that were not kept.",
        readings.breaches,
        of_all=True,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "overclaim",
        "What seats claim beyond their potential, a mean.",
        readings.overclaim,
    ),
    Measure(
        "claimed_distance",
        "How far claims lie from measured credit, a mean over seats without signs.",
        readings.claimed_distance,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "agreed_distance",
        "How far what was agreed lies from measured credit, a mean over seats without signs.",
        readings.agreed_distance,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "core_excess",
        "What the coalition with the best objection could gain by itself.",
        readings.core_excess,
        higher_is_better=False,
    ),
    Measure(
        "tokens",
        "Tokens sent and answered.",
        readings.tokens,
        of_all=True,
        least=0,
    ),
    Measure(
        "cost",
        "US dollars, where every price is known.",
        readings.cost,
        of_all=True,
        higher_is_better=False,
        least=0,
    ),
    Measure(
        "latency",
        "Seconds that an episode took.",
        readings.latency,
        of_all=True,
        least=0,
    ),
)
"""In the order of every table: how it ended, what was said, what it cost."""

MEASURE_BY_NAME = {measure.name: measure for measure in MEASURES}
