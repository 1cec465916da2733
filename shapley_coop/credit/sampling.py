"""Whether all coalitions are valued or a sample of them, and credit from a sample.

The choice is made by counts and never by a clock: a run that is played again on a slower machine
has to value the same coalitions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.draws import errors_by_draw
from shapley_coop.interfaces.worth import CountWorth, Worth
from shapley_coop.records import Absence, Credit, Seat, WorthKind
from shapley_coop.shapley import Estimate
from shapley_coop.shapley.arrays import Floats

PLAYED_SEATS = 12
"""Seats up to which every coalition is valued whatever that costs, unless the settings say so."""
FORMULA_SEATS = 18
"""Seats up to which every coalition is valued where a formula gives the values."""
MOST_SEATS = 20
"""The most seats whose coalitions are all valued without being asked for, for want of memory."""
ESTIMATE_ACTIONS = 500
"""What an estimate costs beside its plays, for each value of its sample, in actions of a replay.

An estimate from 2,000 values takes one to five seconds of arithmetic, by the threads that it gets.
An action of a shipped game is replayed in 2 to 8 microseconds (`docs/concepts.md`).
"""


def affordable_seats(settings: WorthSettings) -> int:
    """Return up to how many seats every coalition is valued, whatever a value costs."""
    return PLAYED_SEATS if settings.exact_seats is None else settings.exact_seats


def is_sampled(worth: Worth, seats: int, settings: WorthSettings) -> bool:
    """Return whether Shapley credit of this many seats is estimated from a sample.

    Where the settings leave it open, all coalitions are valued if replaying them takes no more
    actions than replaying a sample and estimating from it are worth.
    """
    if isinstance(worth, CountWorth) or seats <= affordable_seats(settings):
        return False
    # A formula costs no play, so all coalitions of more seats are affordable.
    if worth.formula:
        return seats > FORMULA_SEATS
    if settings.exact_seats is not None or worth.actions is None:
        return True
    if seats > MOST_SEATS:
        return True
    whole = (1 << seats) * worth.actions
    sample = settings.evaluations * (worth.actions + ESTIMATE_ACTIONS)
    return whole > sample


class Basis(NamedTuple):
    """What a credit says of where its values came from."""

    kind: WorthKind
    absence: Absence | None
    calls: int = 0


def credit_of_estimate(
    result: Estimate,
    seats: Sequence[Seat],
    basis: Basis,
    *,
    by_draw: Floats,
    shared_error: bool = False,
) -> Credit:
    """Return credit that was estimated from a sample of coalitions.

    It names no null seats, since a seat may change the value of a coalition that was not drawn.

    Args:
        result: the estimate.
        seats: the n seats.
        basis: where the values came from.
        by_draw: the (m, n) values that m draws of chance led to each by itself. m is 0 where
            chance has no say.
        shared_error: whether the draws are the same in every episode.
    """
    # Which coalitions were drawn and how chance fell have nothing to do with each other.
    chance = errors_by_draw(by_draw.T)
    stderr = np.hypot(result.stderr, chance.stderr)
    freedom = None
    if len(by_draw):
        freedom = dict(zip(seats, chance.freedom, strict=True))
    return Credit(
        values=dict(zip(seats, result.values.tolist(), strict=True)),
        stderr=dict(zip(seats, stderr.tolist(), strict=True)),
        freedom=freedom,
        draws=len(by_draw) or None,
        shared_error=shared_error and len(by_draw) > 0,
        method=f"shapley by {result.method}",
        worth=basis.kind,
        absence=basis.absence,
        empty=result.empty,
        grand=result.grand,
        evaluations=result.evaluations,
        calls=basis.calls,
    )
