"""The values of coalitions of an episode, as the figures of a software team take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapley_coop.records import Coalition, Episode

if TYPE_CHECKING:
    from swe_sim.team.figures import CoalitionValue


def coalition_values(episode: Episode) -> dict[Coalition, CoalitionValue]:
    """Return the values of the coalitions of an episode, or nothing if it lists none."""
    from shapley_coop.credit.labels import label
    from shapley_coop.shapley.coalitions import named_coalitions
    from swe_sim.team.figures import CoalitionValue

    credit = episode.credit
    if credit is None or credit.coalitions is None:
        return {}
    errors = credit.coalition_stderr or {}
    # Where chance has no say in any coalition, each was played once.
    n = credit.draws or 1
    values = {}
    for coalition in named_coalitions(episode.seats):
        name = label(coalition, episode.seats)
        if name in credit.coalitions:
            error = errors.get(name, 0.0)
            values[coalition] = CoalitionValue(credit.coalitions[name], error, n)
    return values
