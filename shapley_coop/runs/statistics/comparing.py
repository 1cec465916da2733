"""What differs between runs: in their configurations, and in how their episodes came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shapley_coop.config.listing import list_settings
from shapley_coop.config.sections import Config
from shapley_coop.records import Episode
from shapley_coop.runs.figures import finite_values
from shapley_coop.runs.statistics.differences import Contrast
from shapley_coop.runs.statistics.estimates import SampleEstimate
from shapley_coop.runs.statistics.tables import (
    correct_together,
    estimates_of,
    raw_differences,
)

CORRECTION = (
    "Each p is the chance of a difference at least as large if the runs were alike, by "
    "permutation. It is corrected by Holm's method (1979) for all differences tested here."
)


_ESTIMATED = frozenset(
    ("success_interval", "rounds_interval", "payoff_difference_interval")
)


class SettingDifference(NamedTuple):
    """A setting that is not the same in all runs."""

    field: str
    values: tuple[Any, ...]
    """Its value in each run, in their order. None where a run has no such setting."""


class RunsComparison(NamedTuple):
    """What differs between runs, each held against the first."""

    settings: tuple[SettingDifference, ...]
    estimates: tuple[dict[str, SampleEstimate], ...]
    """Every measure of each run."""
    differences: tuple[dict[str, Contrast], ...]
    """By how much each run but the first exceeds the first, by measure."""

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints beside the figures of the runs."""
        estimates = [_plain(table) for table in self.estimates]
        differences = []
        for place, gaps in enumerate(self.differences, start=1):
            row = {"run": place, "against": 0, "measures": _plain(gaps)}
            differences.append(row)
        return {
            "configuration": [row._asdict() for row in self.settings],
            "estimates": estimates,
            "differences": differences,
        }


def compare_episodes(
    configs: Sequence[Config], episodes: Sequence[Sequence[Episode]]
) -> RunsComparison:
    """Return what differs between runs.

    Args:
        configs: what was played, a run each.
        episodes: what came of it, in the same order.
    """
    first, *others = episodes
    tables = []
    for config, other in zip(configs[1:], others, strict=True):
        # A seed draws the same dice in the same game alone.
        pair = config.game == configs[0].game
        tables.append(raw_differences(first, other, pair=pair))
    return RunsComparison(
        settings=setting_differences(configs),
        estimates=tuple(estimates_of(played) for played in episodes),
        differences=tuple(correct_together(tables)),
    )


def setting_differences(configs: Sequence[Config]) -> tuple[SettingDifference, ...]:
    """Return the settings that are not the same in all configurations, in their order."""
    tables = []
    for config in configs:
        settings = list_settings(config, (), {})
        tables.append({setting.field: setting.value for setting in settings})
    fields = dict.fromkeys(field for table in tables for field in table)
    rows = []
    for field in fields:
        # Games have parameters of their own, which others lack.
        values = tuple(table.get(field) for table in tables)
        if any(value != values[0] for value in values):
            rows.append(SettingDifference(field, values))
    return tuple(rows)


def figures_beside_estimates(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of a run without the intervals of what estimates tell too.

    A report is quick and takes Student's t, and estimates resample, so that one figure would have
    two intervals.
    """
    return {name: value for name, value in figures.items() if name not in _ESTIMATED}


def _plain(
    table: Mapping[str, SampleEstimate] | Mapping[str, Contrast],
) -> dict[str, Any]:
    # What is beyond every number has no place in JSON.
    return {name: finite_values(row.as_json()) for name, row in table.items()}
