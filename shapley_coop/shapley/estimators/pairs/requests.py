"""The order in which a game is asked for complementary pairs, and for the ends."""

from collections.abc import Iterator
from math import ceil

import numpy as np

from shapley_coop.shapley.coalitions import full
from shapley_coop.shapley.estimators.pairs.balanced_design import (
    fresh_pairs,
    pair_count,
    unpaired_side,
)
from shapley_coop.shapley.estimators.pairs.choosing import Choosing, PairChooser
from shapley_coop.shapley.estimators.pairs.constant_sum import (
    is_constant_sum,
    sums_to_total,
)
from shapley_coop.shapley.evaluations import Evaluations

_PILOT_MIN = 10  # pairs before a game may be taken for constant-sum
_VERIFY_EVERY = 8  # one in so many coalitions asked alone has its complement asked too


def pair_requests(
    data: Evaluations,
    budget: int,
    rng: np.random.Generator,
    end_draws: int,
    choose: PairChooser,
    ahead: int = 0,
    draws: int = 1,
) -> Iterator[int | Choosing]:
    """Yield the coalitions to ask for: both ends, then the pairs that are chosen.

    A choice is yielded `ahead` requests before it is needed, and again for as long as it
    was not made when it is. The ends are asked `end_draws` times, spread over the run.
    After a pilot, where every pair sums to v(N) + v(empty), one side of each further pair
    is enough and the budget buys twice as many. `budget` counts what `data` holds already.
    Each pair is asked for `draws` times before the next one.
    """
    n = data.n
    everyone = full(n)
    yield from (everyone, 0) * draws
    extra = end_draws - draws
    for_pairs = budget - 2 * end_draws
    affordable = max(for_pairs // (2 * draws), 0)
    total = min(affordable, pair_count(n))
    check = max(_PILOT_MIN, n // 2)
    # A pair is two requests for each draw.
    lead = ceil(ahead / (2 * draws))
    pairs = _chosen_pairs(data, total, rng, choose, lead)
    # Spread over the whole budget: a run that stops early would pay for ends that it has no use of.
    spacing = max(affordable // max(extra, 1), 2)
    previous: list[int] = []
    for mask in pairs:
        if isinstance(mask, Choosing):
            yield mask
            continue
        if len(previous) == check and draws == 1:
            if is_constant_sum(data):
                yield from _one_sided_requests(data, previous, budget, rng)
                return
            # Answers may come in late, so the question is put again.
            check *= 2
        previous.append(mask)
        yield from (mask, everyone ^ mask) * draws
        if extra and len(previous) % spacing == 0:
            yield from (everyone, 0)
            extra -= 1
    for _ in range(extra):
        yield from (everyone, 0)
    if draws > 1:
        # What is left does not pay for another pair drawn so often.
        while data.total < budget:
            yield from (everyone, 0)
            for mask in previous:
                yield from (mask, everyone ^ mask)
    elif n > 1:
        yield from _remaining_requests(data, budget, rng)


def _chosen_pairs(
    data: Evaluations,
    total: int,
    rng: np.random.Generator,
    choose: PairChooser,
    lead: int,
) -> Iterator[int | Choosing]:
    """Yield the smaller sides of `total` pairs, and each choice `lead` pairs early."""
    if not total:
        return
    first_child = rng.spawn(1)[0]
    pairs = choose(data, [], total, first_child)
    coming: Choosing | None = None
    k = 0
    while k < total:
        is_due = k >= len(pairs) - lead
        more_to_come = len(pairs) < total
        if coming is None and more_to_come and is_due:
            child = rng.spawn(1)[0]
            # Pairs are added to the list later, so the choice gets a copy.
            coming = Choosing(choose, list(pairs), total - len(pairs), child)
            yield coming
        if coming is not None and coming.pairs is not None:
            pairs += coming.pairs
            coming = None
        elif coming is not None and k == len(pairs):
            yield coming
        else:
            yield pairs[k]
            k += 1


def _remaining_requests(
    data: Evaluations,
    budget: int,
    rng: np.random.Generator,
) -> Iterator[int]:
    """Spend what is left after whole pairs on complements of what is known, then on pairs."""
    everyone = full(data.n)
    known = [mask for mask in data if 0 < mask < everyone]
    for mask in known:
        if everyone ^ mask not in data and data.total < budget:
            yield everyone ^ mask
    remaining = max(budget - data.total, 0)
    affordable = remaining // 2 + 1
    for mask in fresh_pairs(data.n, known, affordable, rng):
        if data.total < budget:
            yield from (mask, everyone ^ mask)


def _one_sided_requests(
    data: Evaluations,
    previous: list[int],
    budget: int,
    rng: np.random.Generator,
) -> Iterator[int]:
    """Yield one side of each further pair, and of every eighth both, until one pair differs."""
    everyone = full(data.n)
    affordable = max(budget - data.total, 0)
    fresh = fresh_pairs(data.n, previous, affordable, rng)
    # Answers may come in late, so pairs wait here until both sides have a value.
    waiting: list[int] = []
    sides = unpaired_side(fresh, data.n, rng)
    for k, mask in enumerate(sides, start=1):
        yield mask
        if k % _VERIFY_EVERY:
            continue
        yield everyone ^ mask
        waiting.append(mask)
        one_side = [m for m in waiting if m in data]
        complete = [m for m in one_side if everyone ^ m in data]
        if not all(sums_to_total(data, m) for m in complete):
            # It only looked constant-sum: complete the pairs after all.
            yield from _remaining_requests(data, budget, rng)
            return
        waiting = [m for m in waiting if m not in complete]
