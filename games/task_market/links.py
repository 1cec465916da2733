"""Links of a task market: which pairs of seats can communicate."""

from __future__ import annotations

from collections.abc import Sequence

from shapley_coop.errors import ConfigError, unknown
from shapley_coop.records import Seat


def linked_pairs(
    links: Sequence[Sequence[int]], roster: Sequence[Seat]
) -> tuple[tuple[Seat, Seat], ...]:
    """Return the pairs of seats that links between seat numbers name.

    Raises:
        ConfigError: a link is no pair of different seats.
    """
    numbers = set(range(len(roster)))
    pairs = []
    for link in links:
        ends = set(link)
        two_seats = len(link) == len(ends) == 2
        if not two_seats or not ends <= numbers:
            problem = unknown("link", str(list(link)), roster)
            raise ConfigError(
                f"task-market: {problem}; a link is two numbers of different seats"
            )
        first, second = link
        pairs.append((roster[first], roster[second]))
    return tuple(pairs)
