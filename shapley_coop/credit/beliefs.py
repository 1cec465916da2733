"""Shapley values of the coalition values that an agent stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from shapley_coop.credit.labels import label
from shapley_coop.records import Beliefs, Coalition, Seat
from shapley_coop.shapley import exact
from shapley_coop.shapley.coalitions import named_coalitions

ALL_COALITIONS_UP_TO = 4


def asked(seats: Sequence[Seat]) -> Mapping[str, Coalition]:
    """Return the coalitions whose values a seat is asked to state, by label.

    All of them up to 4 seats; above that ∅, every singleton, every N-i, and N.
    """
    return _asked(tuple(seats))


@lru_cache(maxsize=16)
def _asked(seats: tuple[Seat, ...]) -> Mapping[str, Coalition]:
    if len(seats) <= ALL_COALITIONS_UP_TO:
        sets = named_coalitions(seats)
    else:
        everyone = frozenset(seats)
        singles = [frozenset({seat}) for seat in seats]
        sets = [
            frozenset(),
            *singles,
            *(everyone - single for single in singles),
            everyone,
        ]
    return MappingProxyType({label(coalition, seats): coalition for coalition in sets})


def shapley_of(beliefs: Beliefs, seats: Sequence[Seat]) -> dict[Seat, float]:
    """Return the Shapley values that follow from stated coalition values.

    Up to 4 seats they are exact. Above, only the smallest and largest coalitions were asked for:
    a seat's value is the mean of its marginal contributions to ∅ and to N-i, all shifted alike so
    that they sum to v(N) - v(∅). That is exact when marginals change linearly with size.

    Raises:
        KeyError: a coalition that was asked for has no value.
    """
    value = {
        coalition: beliefs.values[name] for name, coalition in asked(seats).items()
    }
    n = len(seats)
    if n <= ALL_COALITIONS_UP_TO:
        table = [value[coalition] for coalition in named_coalitions(seats)]
        return dict(zip(seats, exact(table).values.tolist(), strict=True))
    everyone = frozenset(seats)
    empty, grand = value[frozenset()], value[everyone]
    rough = {
        seat: (value[frozenset({seat})] - empty + grand - value[everyone - {seat}]) / 2
        for seat in seats
    }
    shift = (grand - empty - sum(rough.values())) / n
    return {seat: rough[seat] + shift for seat in seats}
