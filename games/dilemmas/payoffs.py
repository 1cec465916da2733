"""Payoff tables: what a list of payoffs must look like, and how a table is written as text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError

Profile = tuple[int, ...]
"""One action index a seat, in seat order."""
MOST_LISTED = 16
"""Profiles that a table of three or more seats shows."""


def payoff_table(
    game: str, actions: Sequence[str], payoffs: Any
) -> NDArray[np.float64]:
    """Return the payoffs as an array (actions, ..., actions, seats).

    Raises:
        ConfigError: the nesting is ragged, an axis has another length than there are actions, or
            a reward is no finite number.
    """
    try:
        table = np.array(payoffs, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"{game}: the payoffs are not rectangular or not numbers ({error}); nest one list an "
            f"action of each seat, and in the innermost list give one number a seat"
        ) from error
    # The last axis holds the rewards, and every other one the actions of a seat.
    seats = table.ndim - 1
    expected = (len(actions),) * seats + (seats,)
    if table.ndim < 2 or table.shape != expected:
        names = ", ".join(actions)
        raise ConfigError(
            f"{game}: the payoffs have shape {table.shape}, expected {expected}: one axis of "
            f"{len(actions)} actions ({names}) a seat, then one number a seat"
        )
    if not np.isfinite(table).all():
        raise ConfigError(
            f"{game}: every payoff must be a finite number, got {payoffs!r}"
        )
    return table


def profiles_of(table: NDArray[np.float64]) -> Iterator[Profile]:
    """Yield every profile of a table, that of the first actions first."""
    axes = [range(length) for length in table.shape[:-1]]
    return itertools.product(*axes)


def cell_text(table: NDArray[np.float64], profile: Profile) -> str:
    """Return the rewards of a profile."""
    return ", ".join(f"{reward:g}" for reward in table[profile])


def _marked(
    table: NDArray[np.float64], profile: Profile, latest: Profile | None
) -> str:
    """Return the rewards of a profile, in brackets if it was played last."""
    numbers = cell_text(table, profile)
    return f"[{numbers}]" if profile == latest else numbers


def table_lines(
    table: NDArray[np.float64],
    actions: Sequence[str],
    seats: Sequence[str],
    latest: Profile | None,
) -> list[str]:
    """Return a table as lines of text: of two seats as a grid, of more as a list of profiles."""
    if len(seats) == 2:
        return _grid(table, actions, seats, latest)
    return _list(table, actions, latest)


def _grid(
    table: NDArray[np.float64],
    actions: Sequence[str],
    seats: Sequence[str],
    latest: Profile | None,
) -> list[str]:
    rows = []
    for first in range(len(actions)):
        profiles = [(first, second) for second in range(len(actions))]
        rows.append([_marked(table, profile, latest) for profile in profiles])
    # All columns are as wide as the widest text, so that the rewards stand below each other.
    texts = [*itertools.chain(*rows), *actions]
    wide = max(map(len, texts))
    name = max(map(len, actions))
    lines = [f"{seats[0]} down, {seats[1]} across"]
    for head, texts_of_row in zip(("", *actions), (actions, *rows), strict=True):
        cells = "  ".join(text.center(wide) for text in texts_of_row)
        line = f"{head:<{name}}  {cells}"
        lines.append(line.rstrip())
    return lines


def _list(
    table: NDArray[np.float64], actions: Sequence[str], latest: Profile | None
) -> list[str]:
    lines = []
    # A table of many seats has too many profiles to show them all.
    for profile in itertools.islice(profiles_of(table), MOST_LISTED):
        names = ", ".join(actions[action] for action in profile)
        lines.append(f"{names}: {_marked(table, profile, latest)}")
    hidden = table[..., 0].size - len(lines)
    if hidden > 0:
        lines.append(f"... and {hidden} more")
    return lines
