"""How the pot is divided after play: by a rule of the protocol, by beliefs, or as was signed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.beliefs import stated_credit
from shapley_coop.credit.sampling import affordable_seats, is_sampled
from shapley_coop.credit.worth.realised import REALISED
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.deals.money import apportion, micro, shift_units
from shapley_coop.interfaces.game import CountWorth, Game
from shapley_coop.negotiation.book import Divide, Holdings
from shapley_coop.records import Beliefs, Credit, Redistribution, Seat

Partition = Callable[[int], Mapping[Seat, int]]
"""From a pot to the parts of seats that sum to it, in micro-units."""


def check_division(
    game: Game, protocol: NegotiationProtocol, settings: WorthSettings
) -> None:
    """Refuse a division of the pot that could not be carried out after play.

    Args:
        game: any instance of the game.
        protocol: how the pot is divided.
        settings: how credit is measured that it is divided by.

    Raises:
        ConfigError: Banzhaf values of too many seats would be needed, or beliefs would divide
            that nobody states or that another rule does not ask for.
    """
    many = len(game.seats)
    if protocol.split == "banzhaf" and _would_sample(game, settings):
        raise ConfigError(
            f"protocol.split=banzhaf needs the values of all 2^{many} coalitions of {many} "
            f"seats, and worth.exact_seats allows {affordable_seats(settings)}; divide by "
            f"'shapley', which is sampled, or raise the limit",
            field="protocol.split",
        )
    if not protocol.split_on_beliefs:
        return
    if protocol.split != "shapley":
        raise ConfigError(
            f"protocol.split_on_beliefs divides by what seats stated, but protocol.split is "
            f"{protocol.split!r}; set protocol.split=shapley",
            field="protocol.split_on_beliefs",
        )
    if not (protocol.short_term or protocol.long_term):
        raise ConfigError(
            f"protocol.split_on_beliefs needs seats that state beliefs; protocol "
            f"{protocol.name!r} has neither short_term nor long_term on",
            field="protocol.split_on_beliefs",
        )


def _would_sample(game: Game, settings: WorthSettings) -> bool:
    """Return whether a game has more seats than all coalitions are valued of."""
    seats = game.seats
    if len(seats) <= affordable_seats(settings):
        return False
    if REALISED.absence(game, settings) != game.oracle_absence:
        return True
    # Only a formula can be asked for the values of more coalitions than could be played.
    worth = game.realised_oracle(dict.fromkeys(seats, ()))
    if worth is None:
        return True
    by_coalition = (
        expand_counts(worth, seats) if isinstance(worth, CountWorth) else worth
    )
    return is_sampled(by_coalition, len(seats), settings)


def division_rule(
    rule: Redistribution,
    seats: Sequence[Seat],
    *,
    credit: Credit | None,
    figures: Mapping[Seat, float],
) -> Divide | None:
    """Return how a rule of the protocol divides the pot. None means that it does not.

    No rule gives anything to a seat that is known to have changed nothing in the play, or takes
    anything from it. Only the values of all coalitions prove that, so sampled credit knows of none.
    `shapley` and `banzhaf` give every other seat its credit, then shift these alike until the
    parts sum to the pot (additive efficient normalisation, which Hammer and Holzman 1992 use for
    Banzhaf). Shapley values of the play as realised sum to the pot by themselves, so that only
    the rounding to micro-units is shifted. `equal` divides evenly, `proportional` by figures.

    Args:
        rule: the protocol's redistribution.
        seats: all seats of the game.
        credit: credit of the play as realised, with v(nobody) = 0 and v(everyone) = pot. Without
            it nothing can be divided by it, and no seat is known to have changed nothing.
        figures: what each seat contributed, as the game or the rewards say.
    """
    active = _active_seats(seats, credit)
    if rule == "equal":
        return _among(seats, _evenly(active))
    if rule == "proportional":
        return _among(seats, _by_figures({seat: figures[seat] for seat in active}))
    if rule in ("shapley", "banzhaf") and credit is not None:
        parts = {seat: micro(credit.values[seat]) for seat in active}
        return _among(seats, lambda pot: shift_units(parts, pot))
    return None


def division_on_beliefs(
    beliefs: Mapping[Seat, Beliefs], seats: Sequence[Seat]
) -> Divide:
    """Return how beliefs divide a pot: each seat that stated some divides an equal part of it.

    A statement divides its part by the credit that it implies, where credit below 0 counts as 0.
    So no seat gets more than the pot or pays in, and a false statement moves no more than the part
    that it divides. A pot that is not above 0 stays where it is, since a division of it could only
    take from seats.

    Args:
        beliefs: what seats stated, at least one of them.
        seats: all seats of the game.
    """
    shares = dict.fromkeys(seats, 0.0)
    for statement in beliefs.values():
        credit = stated_credit(statement, seats)
        gains = {seat: max(0.0, credit[seat]) for seat in seats}
        total = sum(gains.values())
        # A statement that gives nobody anything, or more than there are numbers for, says nothing
        # of who should have its part.
        if total == 0 or not math.isfinite(total):
            gains, total = dict.fromkeys(seats, 1.0), float(len(seats))
        for seat in seats:
            shares[seat] += gains[seat] / total

    def divide(holdings: Holdings) -> Holdings:
        pot = sum(holdings.values())
        return apportion(pot, shares) if pot > 0 else holdings

    return divide


def division_as_signed(shares: Mapping[Seat, float]) -> Divide:
    """Return how shares that all seats signed divide what they hold."""

    def divide(holdings: Holdings) -> Holdings:
        # In the order of the holdings, since it decides who gets the last unit.
        in_order = {seat: shares[seat] for seat in holdings}
        return apportion(sum(holdings.values()), in_order)

    return divide


def _active_seats(seats: Sequence[Seat], credit: Credit | None) -> list[Seat]:
    """Return the seats that changed something, or all where nobody is known to have."""
    null = set(credit.null_seats) if credit is not None else set()
    active = [seat for seat in seats if seat not in null]
    return active or list(seats)


def _among(seats: Sequence[Seat], partition: Partition) -> Divide:
    """Return a division of the pot among some seats, under which all others hold nothing."""

    def divide(holdings: Holdings) -> Holdings:
        parts = partition(sum(holdings.values()))
        return {seat: parts.get(seat, 0) for seat in seats}

    return divide


def _evenly(seats: Sequence[Seat]) -> Partition:
    return lambda pot: apportion(pot, dict.fromkeys(seats, 1.0))


def _by_figures(figures: Mapping[Seat, float]) -> Partition:
    """Divide a gain by the figures above 0, a loss by those below, evenly where there are none."""

    def divide(pot: int) -> Mapping[Seat, int]:
        # A seat that did harm has no part in a gain, and one that did good none in a loss.
        sign = 1 if pot >= 0 else -1
        weights = {seat: max(0.0, sign * value) for seat, value in figures.items()}
        return apportion(pot, weights)

    return divide
