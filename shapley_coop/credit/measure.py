"""Measured credit: from a characteristic function to a value per seat."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.draws import (
    credit_by_draw,
    credit_errors,
    draws_of,
    errors_by_draw,
    errors_of_means,
    estimates_by_draw,
)
from shapley_coop.credit.labels import count_label, label
from shapley_coop.credit.sampling import (
    Basis,
    affordable_seats,
    credit_of_estimate,
    is_sampled,
)
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.worth import CoalitionWorth, CountWorth, Worth
from shapley_coop.records import Absence, Credit, Seat, WorthKind
from shapley_coop.shapley import estimate, exact, exact_by_types
from shapley_coop.shapley.arrays import Bools, Counts, Floats
from shapley_coop.shapley.coalitions import (
    all_coalitions,
    all_counts,
    named_coalitions,
)
from shapley_coop.shapley.units import equal_between

CreditIndex = Literal["shapley", "banzhaf"]
"""The values of a game that credit can be."""
LISTED = 1024
"""The most coalition values that a credit lists."""


def measure(
    worth: Worth,
    seats: Sequence[Seat],
    settings: WorthSettings,
    *,
    kind: WorthKind,
    absence: Absence | None,
    index: CreditIndex = "shapley",
    calls: int = 0,
    rng: np.random.Generator | None = None,
) -> Credit:
    """Return every seat's Shapley (or Banzhaf) value under a characteristic function.

    Values are exact by counts where seats come in kinds, and exact over all 2^n coalitions of
    few seats. For more seats they are those that the game knows, or estimated from
    `settings.evaluations` coalition values, with a standard error.

    Args:
        worth: v(S) in reward units.
        seats: the n seats, in the order of the worth.
        settings: up to how many seats every coalition is valued, see `is_sampled`.
        kind: the worth kind, for the record.
        absence: the absence rule, for the record.
        index: which value of the game.
        calls: the model calls that the worth cost, for the record.
        rng: draws coalitions where credit is sampled.

    Raises:
        ConfigError: Banzhaf values of too many seats are asked for.
        ValueError: credit has to be sampled and there is no `rng`.
    """
    basis = Basis(kind, absence, calls)
    if isinstance(worth, CountWorth):
        # A thousand seats of three kinds have few counts, though no end of coalitions.
        if index == "shapley":
            return _measure_counts(worth, basis)
        worth = expand_counts(worth, seats)
    n = len(seats)
    if not is_sampled(worth, n, settings):
        return _measure_all(worth, seats, index, basis)
    if index != "shapley":
        raise ConfigError(
            f"{index} credit of {n} seats needs 2^{n} coalition values; worth.exact_seats "
            f"allows {affordable_seats(settings)}; divide by 'shapley', which is sampled",
            field="worth.exact_seats",
        )
    if worth.shapley is not None:
        return _measure_in_closed_form(worth, seats, worth.shapley, basis)
    # A sample as large as all coalitions is all of them, and those prove which seats are null.
    if settings.evaluations >= 1 << n:
        return _measure_all(worth, seats, index, basis)
    if rng is None:
        raise ValueError(
            f"credit of {n} seats is sampled, since worth.exact_seats allows "
            f"{affordable_seats(settings)}; pass a generator as rng"
        )
    return _measure_sample(worth, seats, settings.evaluations, basis, rng)


def _measure_all(
    worth: CoalitionWorth, seats: Sequence[Seat], index: CreditIndex, basis: Basis
) -> Credit:
    """Return exact credit from the values of all coalitions."""
    coalitions = all_coalitions(len(seats))
    table = worth.values(coalitions)
    result = exact(table, index)
    draws = draws_of(worth, coalitions)
    count = draws.shape[1]
    stderr = [0.0] * len(seats)
    freedom = coalition_stderr = plays = None
    if count:
        stderr, degrees = credit_errors(draws, index)
        freedom = dict(zip(seats, degrees, strict=True))
        coalition_stderr = _list_coalitions(errors_of_means(draws).tolist(), seats)
    if worth.plays is not None:
        plays = _list_coalitions(worth.plays(coalitions).tolist(), seats)
    return Credit(
        values=dict(zip(seats, result.values.tolist(), strict=True)),
        stderr=dict(zip(seats, stderr, strict=True)),
        freedom=freedom,
        draws=count or None,
        shared_error=count > 0 and worth.shares_draws,
        method=index,
        worth=basis.kind,
        absence=basis.absence,
        empty=float(table[0]),
        grand=float(table[-1]),
        evaluations=len(table),
        calls=basis.calls,
        coalitions=_list_coalitions(table.tolist(), seats),
        coalition_stderr=coalition_stderr,
        coalition_plays=plays,
        stopped_by=worth.stopped_by,
        null_seats=_null_seats(table, seats),
    )


def _measure_in_closed_form(
    worth: CoalitionWorth,
    seats: Sequence[Seat],
    values: Sequence[float],
    basis: Basis,
) -> Credit:
    """Return the Shapley values that the game itself knows."""
    n = len(seats)
    ends = np.array([[False] * n, [True] * n])
    empty, grand = worth.values(ends).tolist()
    return Credit(
        values=dict(zip(seats, values, strict=True)),
        stderr=dict.fromkeys(seats, 0.0),
        method="shapley",
        worth=basis.kind,
        absence=basis.absence,
        empty=empty,
        grand=grand,
        evaluations=len(ends),
        calls=basis.calls,
    )


def _measure_sample(
    worth: CoalitionWorth,
    seats: Sequence[Seat],
    budget: int,
    basis: Basis,
    rng: np.random.Generator,
) -> Credit:
    """Return credit that is estimated from a sample of coalitions."""
    n = len(seats)
    asked: list[Bools] = []

    def values(matrix: Bools) -> Floats:
        asked.append(matrix)
        return worth.values(matrix)

    # Draws of chance are estimated from the same coalitions, hence by an equal generator.
    again = copy.deepcopy(rng)
    result = estimate(values, n, budget=budget, noise=False, rng=rng)
    count = max(draws_of(worth, matrix).shape[1] for matrix in asked)
    by_draw = np.zeros((count, n))
    # One draw is the whole mean, and it cannot tell its error.
    if count > 1:
        by_draw = estimates_by_draw(worth, count, budget, again)
    return credit_of_estimate(
        result, seats, basis, by_draw=by_draw, shared_error=worth.shares_draws
    )


def _measure_counts(worth: CountWorth, basis: Basis) -> Credit:
    """Return exact credit from the values of all counts of seats of each kind."""
    sizes = [len(group) for group in worth.kinds]
    counts = all_counts(sizes)
    result = exact_by_types(worth.values, sizes)
    listed = len(counts) <= LISTED
    draws = np.empty((len(counts), 0))
    if worth.draws is not None:
        draws = worth.draws(counts)
    count = draws.shape[1]
    stderr = [0.0] * len(sizes)
    freedom = coalition_stderr = None
    if count:
        by_draw = credit_by_draw(draws, lambda column: _value_kinds(column, sizes))
        stderr, degrees = errors_by_draw(by_draw)
        freedom = _give_to_seats(degrees, worth.kinds)
        if listed:
            coalition_stderr = _list_counts(errors_of_means(draws), worth.kinds)
    values = worth.values(counts)
    # Naming every count costs more than valuing it, so it is left out where there are many.
    coalitions = _list_counts(values, worth.kinds) if listed else None
    return Credit(
        values=_give_to_seats(result.values.tolist(), worth.kinds),
        stderr=_give_to_seats(stderr, worth.kinds),
        freedom=freedom,
        draws=count or None,
        shared_error=count > 0 and worth.shares_draws,
        method="shapley",
        worth=basis.kind,
        absence=basis.absence,
        empty=float(result.empty),
        grand=float(result.grand),
        evaluations=len(counts),
        calls=basis.calls,
        coalitions=coalitions,
        coalition_stderr=coalition_stderr,
        null_seats=_null_kinds(values, worth.kinds),
    )


def _null_seats(table: Floats, seats: Sequence[Seat]) -> tuple[Seat, ...]:
    """Return the seats that change the value of no coalition in a table of all 2^n values."""
    n = len(seats)
    # Bit i of an index says whether seat i is in, so its axis is the i-th from the end.
    by_member = table.reshape((2,) * n)
    axes = [n - 1 - place for place in range(n)]
    return tuple(
        seat
        for seat, axis in zip(seats, axes, strict=True)
        if _changes_nothing(by_member, axis)
    )


def _null_kinds(values: Floats, kinds: Sequence[Sequence[Seat]]) -> tuple[Seat, ...]:
    """Return the seats of the kinds whose number changes none of the values by counts."""
    by_count = values.reshape([len(group) + 1 for group in kinds])
    null: list[Seat] = []
    for axis, group in enumerate(kinds):
        if _changes_nothing(by_count, axis):
            null += group
    return tuple(null)


def _changes_nothing(values: Floats, axis: int) -> bool:
    """Return whether values are the same, up to rounding, wherever they stand along an axis."""
    steps = np.abs(np.diff(values, axis=axis))
    rounding = equal_between(float(values.min()), float(values.max()))
    return bool(steps.max(initial=0.0) <= rounding)


def _list_coalitions(values: list[Any], seats: Sequence[Seat]) -> dict[str, Any] | None:
    """Return what is known of all coalitions by their label, or None if they are many."""
    if len(values) > LISTED:
        return None
    names = [label(coalition, seats) for coalition in named_coalitions(seats)]
    return dict(zip(names, values, strict=True))


def _list_counts(values: Floats, kinds: Sequence[Sequence[Seat]]) -> dict[str, float]:
    """Return values by how many of each kind are in."""
    counts = all_counts([len(group) for group in kinds])
    names = [count_label(row, kinds) for row in counts.tolist()]
    return dict(zip(names, values.tolist(), strict=True))


def _value_kinds(values: Floats, sizes: Sequence[int]) -> Floats:
    """Return Shapley values by kind from the values of `all_counts`."""
    shape = tuple(size + 1 for size in sizes)

    def look_up(counts: Counts) -> Floats:
        # `all_counts` runs like the places of an array with one axis for each kind.
        places = np.ravel_multi_index(tuple(counts.T), shape)
        by_count: Floats = values[places]
        return by_count

    return exact_by_types(look_up, sizes).values


def _give_to_seats(
    by_kind: Sequence[float], kinds: Sequence[Sequence[Seat]]
) -> dict[Seat, float]:
    """Give every seat the value of its kind, since seats of a kind are interchangeable."""
    values: dict[Seat, float] = {}
    for group, value in zip(kinds, by_kind, strict=True):
        values.update(dict.fromkeys(group, value))
    return values
