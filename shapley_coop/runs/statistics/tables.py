"""Every measure of some episodes with its interval, and every difference between two sets."""

from __future__ import annotations

from collections.abc import Sequence

from shapley_coop.config.seeds import generator
from shapley_coop.records import Episode
from shapley_coop.runs.outcomes import chance_of
from shapley_coop.runs.statistics.differences import Contrast, correct, difference
from shapley_coop.runs.statistics.estimates import SampleEstimate, estimate
from shapley_coop.runs.statistics.measures import MEASURES


def estimates_of(episodes: Sequence[Episode]) -> dict[str, SampleEstimate]:
    """Return every measure of some episodes by its name. Equal episodes give equal intervals."""
    sample = chance_of(episodes) is not False
    estimates = {}
    for measure in MEASURES:
        values = list(measure.values(episodes).values())
        # Resamples of one measure do not hang on which others there are.
        rng = generator(0, "bootstrap", measure.name)
        estimates[measure.name] = estimate(
            values,
            measure.kind,
            rng,
            sample=sample,
            least=measure.least,
            most=measure.most,
        )
    return estimates


def raw_differences(
    first: Sequence[Episode], second: Sequence[Episode], *, pair: bool = True
) -> dict[str, Contrast]:
    """Return by how much the second set of plays exceeds the first, before any correction.

    Args:
        first: some plays.
        second: others.
        pair: whether equal seeds of both are equal luck.
    """
    sample = chance_of(first) is not False or chance_of(second) is not False
    gaps = {}
    for measure in MEASURES:
        left = measure.values(first)
        right = measure.values(second)
        rng = generator(0, "difference", measure.name)
        gaps[measure.name] = difference(
            left,
            right,
            measure.kind,
            rng,
            sample=sample,
            pair=pair,
            widest=measure.most - measure.least,
        )
    return gaps


def correct_together(
    tables: Sequence[dict[str, Contrast]],
) -> list[dict[str, Contrast]]:
    """Return tables of differences with chances corrected for all of them together."""
    # Whoever looks at more differences finds more by luck, whichever run they are of.
    every = [gap for table in tables for gap in table.values()]
    corrected = iter(correct(every))
    return [dict(zip(table, corrected, strict=False)) for table in tables]
