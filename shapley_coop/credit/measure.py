"""Measured credit: from a characteristic function to a value per seat, and shares of a pot."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.labels import label
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import CoalitionWorth, CountWorth
from shapley_coop.interfaces.worth import Worth
from shapley_coop.records import Absence, Credit, Seat, WorthKind
from shapley_coop.shapley import estimate, exact, exact_by_types
from shapley_coop.shapley.coalitions import (
    all_coalitions,
    all_counts,
    named_coalitions,
)

Method = Literal["shapley", "banzhaf"]


LISTED = 1024
"""Coalition values that a credit lists."""


def measure(
    worth: Worth,
    seats: Sequence[Seat],
    rules: WorthSettings,
    *,
    kind: WorthKind,
    absence: Absence | None,
    method: Method = "shapley",
    exact_seats: int = 0,
    calls: int = 0,
    rng: np.random.Generator | None = None,
) -> Credit:
    """Return every seat's Shapley (or Banzhaf) value under a characteristic function.

    Exact by counts where seats come in kinds; exact over all 2^n coalitions up to
    `rules.exact_seats` seats; above that estimated from `rules.evaluations` coalition values,
    drawn by `rng`, with a standard error.

    Raises:
        ConfigError: Banzhaf values of too many seats are asked for.
        ValueError: credit has to be sampled and there is no `rng`.
    """
    if isinstance(worth, CountWorth) and method == "shapley":
        return _by_kinds(worth, kind, absence, calls)
    if isinstance(worth, CountWorth):
        worth = expand_counts(worth, seats)
    n = len(seats)
    if n > max(rules.exact_seats, exact_seats):
        if method != "shapley":
            raise ConfigError(
                f"{method} credit of {n} seats needs 2^{n} coalition values; worth.exact_seats "
                f"allows {rules.exact_seats}; divide by 'shapley', which is sampled"
            )
        if rng is None:
            raise ValueError(
                f"credit of {n} seats is sampled, since worth.exact_seats allows "
                f"{rules.exact_seats}; pass a generator as rng"
            )
        return _sampled(worth, seats, rules, kind, absence, calls, rng)
    coalitions = all_coalitions(n)
    table = worth.values(coalitions)
    result = exact(table, method)
    draws = None if worth.draws is None else worth.draws(coalitions)
    spread = _stderr(draws, n, lambda drawn: exact(drawn, method).values)
    return Credit(
        values=dict(zip(seats, result.values.tolist(), strict=True)),
        stderr=dict(zip(seats, spread, strict=True)),
        method=method,
        worth=kind,
        absence=absence,
        empty=float(table[0]),
        grand=float(table[-1]),
        evaluations=len(table),
        calls=calls,
        coalitions=_listed(table, seats),
        coalition_stderr=None
        if draws is None
        else _listed(_standard_error(draws), seats),
    )


def _sampled(
    worth: CoalitionWorth,
    seats: Sequence[Seat],
    rules: WorthSettings,
    kind: WorthKind,
    absence: Absence | None,
    calls: int,
    rng: np.random.Generator,
) -> Credit:
    found = estimate(
        worth.values,
        len(seats),
        budget=rules.evaluations,
        noise=False,
        rng=rng,
    )
    return Credit(
        values=dict(zip(seats, found.values.tolist(), strict=True)),
        stderr=dict(zip(seats, found.stderr.tolist(), strict=True)),
        method=f"shapley by {found.method}",
        worth=kind,
        absence=absence,
        empty=found.empty,
        grand=found.grand,
        evaluations=found.evaluations,
        calls=calls,
    )


def _listed(
    table: NDArray[np.float64], seats: Sequence[Seat]
) -> dict[str, float] | None:
    if len(table) > LISTED:
        return None
    names = (label(coalition, seats) for coalition in named_coalitions(seats))
    return dict(zip(names, table.tolist(), strict=True))


def _by_kinds(
    worth: CountWorth, kind: WorthKind, absence: Absence | None, calls: int
) -> Credit:
    sizes = [len(group) for group in worth.kinds]
    result = exact_by_types(worth.values, sizes)
    draws = None if worth.draws is None else worth.draws(all_counts(sizes))
    spread = _stderr(draws, len(sizes), lambda drawn: _by_counts(drawn, sizes))
    listed = int(np.prod([size + 1 for size in sizes])) <= LISTED
    return Credit(
        values=_to_seats(result.values.tolist(), worth.kinds),
        stderr=_to_seats(spread, worth.kinds),
        method="shapley",
        worth=kind,
        absence=absence,
        empty=float(result.empty),
        grand=float(result.grand),
        evaluations=int(np.prod([size + 1 for size in sizes])),
        calls=calls,
        coalitions=_named_counts(worth, worth.values(all_counts(sizes)))
        if listed
        else None,
        coalition_stderr=(
            _named_counts(worth, _standard_error(draws))
            if listed and draws is not None
            else None
        ),
    )


def _stderr(
    draws: NDArray[np.float64] | None,
    players: int,
    credit: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> list[float]:
    """Return the standard error of credit from the credit of each draw; 0 where all is exact."""
    if draws is None:
        return [0.0] * players
    phi = np.array([credit(np.ascontiguousarray(drawn)) for drawn in draws.T])
    spread: list[float] = _standard_error(phi.T).tolist()
    return spread


def _standard_error(draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of the mean of each row."""
    spread: NDArray[np.float64] = draws.std(axis=1, ddof=1) / math.sqrt(draws.shape[1])
    return spread


def _to_seats(
    by_kind: Sequence[float], kinds: Sequence[Sequence[Seat]]
) -> dict[Seat, float]:
    return {
        seat: value
        for group, value in zip(kinds, by_kind, strict=True)
        for seat in group
    }


def _by_counts(table: NDArray[np.float64], sizes: Sequence[int]) -> NDArray[np.float64]:
    """Return Shapley values by kind from the values of `all_counts`."""
    shape = tuple(size + 1 for size in sizes)
    return exact_by_types(
        lambda c: table[np.ravel_multi_index(tuple(c.T), shape)], sizes
    ).values


def _named_counts(worth: CountWorth, values: NDArray[np.float64]) -> dict[str, float]:
    """Return values by how many of each kind are in; a kind is named by its first seat."""
    counts = all_counts([len(group) for group in worth.kinds])
    names = [
        " + ".join(
            f"{number} like {group[0]}"
            for number, group in zip(row, worth.kinds, strict=True)
            if number
        )
        or "nobody"
        for row in counts.tolist()
    ]
    return dict(zip(names, values.tolist(), strict=True))
