"""Worth by rollout: the members of a coalition play again, live."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import numpy as np

from shapley_coop.credit.worth.shapes import tabled
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import CoalitionWorth
from shapley_coop.records import Coalition, Seat
from shapley_coop.shapley.coalitions import named_coalitions


async def rollout(
    seats: Sequence[Seat], play: Callable[[Coalition], Awaitable[float]], limit: int
) -> CoalitionWorth:
    """Return the worth of every coalition by live play, all coalitions at once.

    Args:
        seats: the n seats.
        play: plays a coalition under the episode's own seed (common random numbers) and returns
            the total reward.
        limit: most seats for which all 2^n coalitions are played.

    Raises:
        ConfigError: there are more seats than `limit`.
    """
    n = len(seats)
    if n > limit:
        raise ConfigError(
            f"rollout of all coalitions of {n} seats is 2^{n} live games; worth.exact_seats "
            f"allows {limit}. Use worth.kind=replay or oracle, or raise the limit"
        )
    coalitions = named_coalitions(seats)
    return tabled(seats, np.array(await asyncio.gather(*(play(c) for c in coalitions))))
