"""What was seen of each coalition of a team: mean score and cost, and how sure the score is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import sqrt
from statistics import fmean

from shapley_coop.shapley.coalitions import players
from shapley_coop.shapley.evaluation.journal import JournalEntry
from shapley_coop.teams.attribution import CoalitionScore
from shapley_coop.teams.run_errors import run_noises


def coalition_scores(
    names: Sequence[str], entries: Sequence[JournalEntry], spread: float | None
) -> tuple[CoalitionScore, ...]:
    """Return what was seen of each coalition, small ones first.

    Args:
        names: of all members.
        entries: all runs.
        spread: the standard deviation of one run of any coalition. None leaves it to the runs of
            each coalition to tell their own.
    """
    by_mask: dict[int, list[JournalEntry]] = defaultdict(list)
    for entry in entries:
        by_mask[entry.mask].append(entry)
    noises = run_noises(entries) if spread is None else {}
    rows = []
    for mask, draws in by_mask.items():
        deviation = sqrt(noises[mask].variance) if spread is None else spread
        rows.append(
            CoalitionScore(
                present=tuple(names[place] for place in players(mask)),
                score=fmean(draw.value for draw in draws),
                stderr=deviation / sqrt(len(draws)),
                runs=len(draws),
                cost=fmean(draw.cost for draw in draws),
            )
        )
    return tuple(sorted(rows, key=lambda row: (len(row.present), row.present)))
