"""What a seat believes that knows what coalitions are worth, for agents that compute it."""

from __future__ import annotations

from collections.abc import Mapping

from shapley_coop.records import TOLERANCE, Beliefs, Externality, Seat


def beliefs_from(
    values: Mapping[str, float], seat: Seat, reason: str, *, own: float | None = None
) -> Beliefs:
    """Return the beliefs of a seat that knows the value of every coalition.

    Args:
        values: the value of every coalition that the seat is asked about, by label.
        seat: who believes. What it does is good for others if it adds to what they are worth.
        reason: how the values came about, in words.
        own: what the game itself pays the seat if all goes well. None if that is not known.
    """
    pot = values["everyone"]
    return Beliefs(
        pot=pot,
        externality=effect(pot, _without(values, seat)),
        own=own,
        values=dict(values),
        reason=reason,
    )


def beliefs_in_shares(
    shares: Mapping[Seat, float],
    reason: str,
    *,
    externality: Externality,
    own: float | None = None,
) -> Beliefs:
    """Return the beliefs of a seat that knows what every seat is due, such as Shapley values.

    Seats state these where the seats are too many to state the value of every coalition.

    Args:
        shares: what each seat of the game is due, in reward. They sum to the pot.
        reason: how the shares came about, in words.
        externality: whether what the seat does is good or bad for the others.
        own: what the game itself pays the seat if all goes well. None if that is not known.
    """
    return Beliefs(
        pot=sum(shares.values()),
        externality=externality,
        own=own,
        shares=dict(shares),
        reason=reason,
    )


def effect(with_seat: float, without_seat: float) -> Externality:
    """Return whether a seat adds to what the others are worth, takes from it, or neither."""
    added = with_seat - without_seat
    # Sums of the same rewards in another order differ by rounding, which is no effect.
    if abs(added) <= TOLERANCE:
        return "none"
    return "positive" if added > 0 else "negative"


def _without(values: Mapping[str, float], seat: Seat) -> float:
    """Return the value of everyone but a seat."""
    by_exception = f"everyone but {seat}"
    if by_exception in values:
        return values[by_exception]
    # Of two seats, the coalition of all but one goes by the name of the other seat.
    (other,) = set(values) - {"nobody", "everyone", seat}
    return values[other]
