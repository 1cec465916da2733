"""Shapley values of the coalition values that an agent stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from shapley_coop.credit.labels import label
from shapley_coop.interfaces.deals.money import shift_to_sum
from shapley_coop.records import Beliefs, Coalition, Seat
from shapley_coop.shapley import exact
from shapley_coop.shapley.coalitions import named_coalitions

ALL_COALITIONS_UP_TO = 4
"""Seats up to which a seat states the values of all coalitions."""


def coalitions_to_value(seats: Sequence[Seat]) -> Mapping[str, Coalition]:
    """Return the coalitions whose values a seat is asked to state, by label.

    Up to `ALL_COALITIONS_UP_TO` seats these are all coalitions. Of more seats they are ∅, each
    seat alone, all but each seat, and everyone.
    """
    return _coalitions_to_value(tuple(seats))


# Every seat of every table asks for the same few coalitions, again and again.
@lru_cache(maxsize=16)
def _coalitions_to_value(seats: tuple[Seat, ...]) -> Mapping[str, Coalition]:
    if len(seats) <= ALL_COALITIONS_UP_TO:
        coalitions = named_coalitions(seats)
    else:
        everyone = frozenset(seats)
        singles = [frozenset({seat}) for seat in seats]
        all_but_one = [everyone - single for single in singles]
        coalitions = [frozenset(), *singles, *all_but_one, everyone]
    by_label = {label(coalition, seats): coalition for coalition in coalitions}
    # What is remembered for all callers must not be changed by one of them.
    return MappingProxyType(by_label)


def shapley_of(beliefs: Beliefs, seats: Sequence[Seat]) -> dict[Seat, float]:
    """Return the Shapley values that follow from stated coalition values.

    They are exact where all coalitions were asked for. Of more seats only the smallest and the
    largest were: a seat's value is the mean of its marginal contributions to ∅ and to N-i, all
    shifted alike so that they sum to v(N) - v(∅). That is exact when marginals change linearly
    with size.

    Raises:
        KeyError: a coalition that was asked for has no value.
    """
    value: dict[Coalition, float] = {}
    for name, coalition in coalitions_to_value(seats).items():
        value[coalition] = beliefs.values[name]
    if len(seats) <= ALL_COALITIONS_UP_TO:
        table = [value[coalition] for coalition in named_coalitions(seats)]
        phi = exact(table).values.tolist()
        return dict(zip(seats, phi, strict=True))
    # Of more seats only the ends of each seat's marginal contributions are known.
    everyone = frozenset(seats)
    empty = value[frozenset()]
    grand = value[everyone]
    rough: dict[Seat, float] = {}
    for seat in seats:
        alone = frozenset({seat})
        first = value[alone] - empty
        # The order of these sums is that of recorded runs, whose numbers must not move.
        rough[seat] = (first + grand - value[everyone - alone]) / 2
    # What the marginals miss of v(N) is nobody's in particular, so all carry it alike.
    return shift_to_sum(rough, grand - empty)
