"""What a seat is asked to state of a game, and the credit that its statements amount to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import nan
from types import MappingProxyType

from shapley_coop.credit.labels import EVERYONE, NOBODY, label
from shapley_coop.records import Beliefs, Coalition, Seat
from shapley_coop.records.words import number
from shapley_coop.shapley import exact
from shapley_coop.shapley.coalitions import named_coalitions

ALL_COALITIONS_UP_TO = 4
"""Seats up to which a seat states the values of all coalitions."""
STATED_SHARES = "stated shares"
"""The method of credit that seats stated outright, so that nothing was computed from values."""
STATED_TO = 0.01
"""How exactly a seat is taken to state a figure: to two decimals."""


def coalitions_to_value(seats: Sequence[Seat]) -> Mapping[str, Coalition]:
    """Return the coalitions whose values a seat is asked to state, by label.

    Up to `ALL_COALITIONS_UP_TO` seats these are all coalitions. Of more seats there are none: no
    Shapley value follows from some coalitions alone, so shares are stated (`seats_to_share`).
    """
    return _coalitions_to_value(tuple(seats))


# Every seat of every table asks for the same few coalitions, again and again.
@lru_cache(maxsize=16)
def _coalitions_to_value(seats: tuple[Seat, ...]) -> Mapping[str, Coalition]:
    by_label: dict[str, Coalition] = {}
    if len(seats) <= ALL_COALITIONS_UP_TO:
        for coalition in named_coalitions(seats):
            by_label[label(coalition, seats)] = coalition
    # What is remembered for all callers must not be changed by one of them.
    return MappingProxyType(by_label)


def seats_to_share(seats: Sequence[Seat]) -> tuple[Seat, ...]:
    """Return the seats whose shares of the pot a seat is asked to state, instead of values.

    They are all seats, or none where the values of all coalitions are stated.
    """
    return () if len(seats) <= ALL_COALITIONS_UP_TO else tuple(seats)


def gap_in(beliefs: Beliefs, seats: Sequence[Seat]) -> str:
    """Return what beliefs lack of what a seat is asked to state, in words. Empty if nothing."""
    missing = set(coalitions_to_value(seats)) - set(beliefs.values)
    if missing:
        return f"no value for {sorted(missing)}"
    shareless = set(seats_to_share(seats)) - set(beliefs.shares or {})
    return f"no share for {sorted(shareless)}" if shareless else ""


def stated_credit(beliefs: Beliefs, seats: Sequence[Seat]) -> dict[Seat, float]:
    """Return what each seat is due by the beliefs of one seat.

    Up to four seats these are the Shapley values that follow from the stated values of all
    coalitions, exactly, and NaN where none follow because the values are too large. Of more seats
    they are the shares as they were stated.

    Raises:
        KeyError: a value or a share that was asked for is missing.
    """
    if seats_to_share(seats):
        shares = beliefs.shares or {}
        return {seat: shares[seat] for seat in seats}
    labels = [label(coalition, seats) for coalition in named_coalitions(seats)]
    stated = [beliefs.values[name] for name in labels]
    try:
        phi = exact(stated).values.tolist()
    except ValueError:
        # A seat may state values whose differences are larger than any number.
        return dict.fromkeys(seats, nan)
    return dict(zip(seats, phi, strict=True))


def stated_zero(beliefs: Beliefs) -> float:
    """Return what nobody is worth by the beliefs of a seat. Shares are stated above nothing."""
    return beliefs.values.get(NOBODY, 0.0)


def contradiction(beliefs: Beliefs, seats: Sequence[Seat]) -> str:
    """Return where the stated pot and the rest of the beliefs contradict each other, in words.

    The pot is what everyone is worth together, which is also the sum of all shares. Empty means
    that they agree to two decimals of each figure.
    """
    if beliefs.shares is not None:
        total = sum(beliefs.shares.values())
        beside = f"shares that sum to {number(total)}"
    else:
        total = beliefs.values[EVERYONE]
        beside = f"{number(total)} for {EVERYONE}"
    # Each share is rounded by itself, so the error of their sum grows with the seats.
    if abs(beliefs.pot - total) <= STATED_TO * len(seats):
        return ""
    return f"a pot of {number(beliefs.pot)}, but {beside}"
