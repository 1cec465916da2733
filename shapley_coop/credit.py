"""Measured credit: from a characteristic function to a value per seat, and shares of a pot."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shapley_coop.config import WorthRules
from shapley_coop.errors import ConfigError
from shapley_coop.game import CoalitionWorth, CountWorth
from shapley_coop.ledger import apportion, micro
from shapley_coop.records import Absence, Credit, Redistribution, Seat, WorthKind
from shapley_coop.shapley import estimate, exact, exact_by_types
from shapley_coop.worth import Worth, expanded

Method = Literal["shapley", "banzhaf"]

Divisible = Mapping[Seat, int]
"""Holdings in micro-units."""

LISTED = 1024
"""Coalition values that a credit lists."""
ORACLE_SEATS = 18
"""Seats up to which every coalition is valued where the game itself computes the values."""


def label(coalition: Sequence[Seat] | frozenset[Seat], seats: Sequence[Seat]) -> str:
    """Return the one name of a coalition: `nobody`, `everyone`, `everyone but a`, or `a+b`."""
    inside = frozenset(coalition)
    members = [seat for seat in seats if seat in inside]
    if not members:
        return "nobody"
    if len(members) == len(seats):
        return "everyone"
    if len(members) == len(seats) - 1 and len(seats) > 2:
        (absent,) = set(seats) - set(members)
        return f"everyone but {absent}"
    return "+".join(members)


def measure(
    worth: Worth,
    seats: Sequence[Seat],
    rules: WorthRules,
    *,
    kind: WorthKind,
    absence: Absence | None,
    method: Method = "shapley",
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
        worth = expanded(worth, seats)
    n = len(seats)
    if n > max(rules.exact_seats, ORACLE_SEATS if kind == "oracle" else 0):
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
        coalition_stderr=None if draws is None else _listed(_standard_error(draws), seats),
    )


def _sampled(
    worth: CoalitionWorth,
    seats: Sequence[Seat],
    rules: WorthRules,
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


def all_coalitions(n: int) -> NDArray[np.bool_]:
    """Return the bool matrix (2^n, n) of all coalitions; bit i of the row number is player i."""
    return (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)


def _listed(table: NDArray[np.float64], seats: Sequence[Seat]) -> dict[str, float] | None:
    if len(table) > LISTED:
        return None
    names = (
        label([seat for i, seat in enumerate(seats) if k >> i & 1], seats)
        for k in range(len(table))
    )
    return dict(zip(names, table.tolist(), strict=True))


def _by_kinds(worth: CountWorth, kind: WorthKind, absence: Absence | None, calls: int) -> Credit:
    sizes = [len(group) for group in worth.kinds]
    result = exact_by_types(worth.values, sizes)
    draws = None if worth.draws is None else worth.draws(_all_counts(sizes))
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
        coalitions=_named_counts(worth, worth.values(_all_counts(sizes))) if listed else None,
        coalition_stderr=(
            _named_counts(worth, _standard_error(draws)) if listed and draws is not None else None
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


def _to_seats(by_kind: Sequence[float], kinds: Sequence[Sequence[Seat]]) -> dict[Seat, float]:
    return {seat: value for group, value in zip(kinds, by_kind, strict=True) for seat in group}


def _all_counts(sizes: Sequence[int]) -> NDArray[np.int64]:
    """Return the rows of how many of each kind are in, the last kind fastest."""
    shape = tuple(size + 1 for size in sizes)
    return np.stack(np.unravel_index(np.arange(int(np.prod(shape))), shape), axis=1)


def _by_counts(table: NDArray[np.float64], sizes: Sequence[int]) -> NDArray[np.float64]:
    """Return Shapley values by kind from the values of `_all_counts`."""
    shape = tuple(size + 1 for size in sizes)
    return exact_by_types(lambda c: table[np.ravel_multi_index(tuple(c.T), shape)], sizes).values


def _named_counts(worth: CountWorth, values: NDArray[np.float64]) -> dict[str, float]:
    """Return values by how many of each kind are in; a kind is named by its first seat."""
    counts = _all_counts([len(group) for group in worth.kinds])
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


def arbitrated(rule: Redistribution, *, deadlocked: bool, agreed: bool) -> bool:
    """Return whether an arbiter divides: a table died, nothing was agreed, and no rule divides."""
    return deadlocked and not agreed and rule in ("none", "negotiated")


def division_rule(
    rule: Redistribution,
    agreed: Mapping[Seat, float] | None,
    credit: Credit | None,
    contributions: Mapping[Seat, float],
) -> Callable[[Divisible], Divisible] | None:
    """Return how holdings are redistributed, in micro-units of the same sum; None: they are not.

    Agreed shares come first. `shapley` and `banzhaf` give every seat its credit, then shift all
    seats alike until the parts sum to the pot (additive efficient normalisation; Hammer and
    Holzman 1992 use it for Banzhaf), which also divides a loss. `proportional` divides by the
    game's contribution figures, `equal` evenly.

    Args:
        rule: the protocol's redistribution.
        agreed: shares of the pot that all seats signed.
        credit: measured credit; without it nothing can be divided by it.
        contributions: a figure for each seat.
    """
    seats = tuple(contributions)
    if agreed is not None:
        return lambda held: apportion(sum(held.values()), {seat: agreed[seat] for seat in held})
    if rule == "equal":
        return lambda held: apportion(sum(held.values()), dict.fromkeys(seats, 1.0))
    if rule == "proportional":
        positive = {seat: max(0.0, value) for seat, value in contributions.items()}
        return lambda held: apportion(sum(held.values()), positive)
    if rule in ("shapley", "banzhaf") and credit is not None:
        parts = {seat: micro(credit.values[seat]) for seat in seats}
        return lambda held: _shifted(parts, sum(held.values()))
    return None


def _shifted(parts: Mapping[Seat, int], pot: int) -> dict[Seat, int]:
    shift = apportion(pot - sum(parts.values()), dict.fromkeys(parts, 1.0))
    return {seat: part + shift[seat] for seat, part in parts.items()}
