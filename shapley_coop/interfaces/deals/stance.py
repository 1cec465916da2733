"""Whether a seat has a payment to offer or to ask for, and how much: the paper's short chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from shapley_coop.records import TOLERANCE, Beliefs, Seat

Side = Literal["offer", "ask", "neither"]
"""Whether a seat has something to pay for, to be paid for, or no price to name."""


class Stance(NamedTuple):
    """What follows for a seat at a table from what it believes."""

    side: Side
    """Whether it should offer or ask for a payment."""
    pay: float | None = None
    """R: what it gets if nothing is paid between seats. None if nobody said."""
    bound: float | None = None
    """R - φ: it offers at most this, or asks for at least minus this. None if R is not known."""


def stance_by_price(pay: float, due: float) -> Stance:
    """Return the stance of a seat that gets `pay` and is due `due`, and nothing else is known."""
    bound = pay - due
    if bound > TOLERANCE:
        return Stance("offer", pay, bound)
    return Stance("ask" if bound < -TOLERANCE else "neither", pay, bound)


def stance(
    beliefs: Beliefs, seats: Sequence[Seat], due: float, pay: float | None
) -> Stance:
    """Return what a seat's own beliefs make of it before play.

    The three steps are those of the short-term chain of thought (Shapley-Coop 2025, Sect. 3):
    what all can reach together (eq. 4), the sign of the seat's own effect on others (eq. 6), and
    the strategy. A seat that helps others at its own cost asks for a price, one that gains from
    the others offers one. How much follows from the bound R - φ (Fig. 2).

    Args:
        beliefs: what the seat stated.
        seats: all seats of the game.
        due: φ, what the seat is due by these beliefs.
        pay: R, what the game itself will pay the seat. None if it is not known, so that the sign
            of the effect alone decides.
    """
    if not _gains_together(beliefs, seats):
        return Stance("neither", pay, None if pay is None else pay - due)
    if pay is None:
        sides: dict[str, Side] = {"positive": "ask", "negative": "offer"}
        return Stance(sides.get(beliefs.externality, "neither"))
    by_price = stance_by_price(pay, due)
    # Nobody has a reason to pay a seat that does nothing good for others, by its own word.
    if by_price.side == "ask" and beliefs.externality != "positive":
        return by_price._replace(side="neither")
    return by_price


def _gains_together(beliefs: Beliefs, seats: Sequence[Seat]) -> bool:
    """Whether the pot is more than what the seats get each alone, as far as that was stated."""
    if any(seat not in beliefs.values for seat in seats):
        return True
    alone = sum(beliefs.values[seat] for seat in seats)
    return beliefs.pot > alone + TOLERANCE
