"""Credit by rollout of a sample of coalitions, where all coalitions would be too many to play."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import fmean

import numpy as np

from shapley_coop.credit.sampling import Basis, credit_of_estimate
from shapley_coop.credit.worth.shapes import table_of_draws
from shapley_coop.interfaces.waiting import run_together_in_order
from shapley_coop.interfaces.worth_method import CoalitionPlay
from shapley_coop.records import Coalition, Credit, Seat
from shapley_coop.shapley import Estimate, Session
from shapley_coop.shapley.coalitions import players

CoalitionPlays = Callable[[Coalition], Awaitable[tuple[CoalitionPlay, ...]]]
"""Plays a coalition: once, or as many times as wanted where chance has a say."""


async def sample_live(
    seats: Sequence[Seat],
    play: CoalitionPlays,
    *,
    budget: int,
    rng: np.random.Generator,
    basis: Basis,
) -> Credit:
    """Return credit that is estimated from live plays of a sample of coalitions.

    Coalitions are asked for in batches, each of them played at once. A batch is told in the order
    in which it was asked for, so that the next one does not hang on who answered first: a run that
    is played again asks the same.

    Args:
        seats: the n seats.
        play: plays a coalition. All coalitions of one replicate draw the same random numbers.
        budget: the most coalitions that are played, at least n + 2.
        rng: draws the coalitions. It is left alone.
        basis: the worth kind and the absence rule, for the record.
    """
    session = Session(len(seats), budget, rng=copy.deepcopy(rng))
    plays_of: dict[int, tuple[CoalitionPlay, ...]] = {}
    while requests := session.ask(budget):
        coalitions = []
        for request in requests:
            members = players(request.mask)
            coalitions.append(frozenset(seats[place] for place in members))
        batch = await run_together_in_order(
            *(play(coalition) for coalition in coalitions)
        )
        for request, plays in zip(requests, batch, strict=True):
            plays_of[request.mask] = plays
            session.tell(request.mask, fmean(played.worth for played in plays))
    # Fits take seconds of arithmetic, in which other episodes go on.
    return await asyncio.to_thread(_credit, seats, plays_of, rng=rng, basis=basis)


def _credit(
    seats: Sequence[Seat],
    plays_of: Mapping[int, Sequence[CoalitionPlay]],
    *,
    rng: np.random.Generator,
    basis: Basis,
) -> Credit:
    """Return the credit of what was played, with the errors of the sample and of chance."""
    masks = list(plays_of)
    table = table_of_draws(list(plays_of.values()))
    draws = table.shape[1]
    means = [fmean(played.worth for played in plays) for plays in plays_of.values()]
    n = len(seats)
    # Where chance has a say, values that differ everywhere are smoothed rather than believed.
    noise = None if draws else False
    result = _fit(n, masks, means, rng, noise)
    by_draw = np.zeros((draws, n))
    if draws > 1:
        for number in range(draws):
            drawn = table[:, number].tolist()
            by_draw[number] = _fit(n, masks, drawn, rng, noise).values
    return credit_of_estimate(result, seats, basis, by_draw=by_draw)


def _fit(
    n: int,
    masks: Sequence[int],
    values: Sequence[float],
    rng: np.random.Generator,
    noise: bool | None,
) -> Estimate:
    """Return the estimate from known values alone."""
    session = Session(n, len(masks), rng=copy.deepcopy(rng), noise=noise)
    session.seed(zip(masks, values, strict=True))
    return session.estimate()
