"""How much a language model may write, by the number of seats."""

from __future__ import annotations

FEW_SEATS = 8
"""Up to this many seats, offers are kept short for small models."""


def most_clauses(seats: int) -> int:
    """Return the most clauses in one offer of n seats.

    n - 1 payments bring about every division of money, so up to eight seats n clauses do. Each
    seat beyond them adds a second one, such as a fine for leaving the plan.
    """
    return max(seats, 2 * seats - FEW_SEATS)
