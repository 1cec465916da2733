"""Complementary pairs: which to ask for, which are known, and games that need no pairs."""

from collections.abc import Iterator

import numpy as np

from shapley_coop.shapley.choosing import Choice, Choosing
from shapley_coop.shapley.coalitions import full, to_matrix
from shapley_coop.shapley.estimators.design import (
    fresh_pairs,
    pair_count,
    unpaired_side,
)
from shapley_coop.shapley.estimators.surrogates.process import Pairs
from shapley_coop.shapley.evaluations import Evaluations

_PILOT_MIN = 10
_VERIFY_EVERY = (
    8  # of the coalitions asked alone, so many have their complement asked too
)
_EXACT = 1e-9
_FEW_DIFFER = 0.1  # of the mean square of the odd values


def pair_requests(
    data: Evaluations,
    budget: int,
    rng: np.random.Generator,
    end_draws: int,
    choose: Choice,
    ahead: int = 0,
) -> Iterator[int | Choosing]:
    """Yield the coalitions to ask for: both ends, then the complementary pairs that are chosen.

    A choice is yielded `ahead` requests before it is needed, and again for as long as it was not
    made when it is. The ends are asked `end_draws` times, spread over the run. After a pilot,
    where every pair sums to v(N) + v(empty), one side of each further pair is enough and the
    budget buys twice as many. `budget` counts what `data` holds already.
    """
    n, everyone = data.n, full(data.n)
    yield from (everyone, 0)
    extra = end_draws - 1
    total = min(max((budget - 2 * end_draws) // 2, 0), pair_count(n))
    check = max(_PILOT_MIN, n // 2)
    pairs = _chosen(data, total, rng, choose, (ahead + 1) // 2)
    asked: list[int] = []
    for mask in pairs:
        if isinstance(mask, Choosing):
            yield mask
            continue
        if len(asked) == check:
            if constant_sum(data):
                yield from _single_requests(data, asked, budget, rng)
                return
            check *= 2  # answers may come in late
        asked.append(mask)
        yield from (mask, everyone ^ mask)
        if extra and len(asked) % 2 == 0:
            yield from (everyone, 0)
            extra -= 1
    for _ in range(extra):
        yield from (everyone, 0)
    if n > 1:
        yield from _odd_one(data, budget, rng)


def _chosen(
    data: Evaluations, total: int, rng: np.random.Generator, choose: Choice, lead: int
) -> Iterator[int | Choosing]:
    """Yield the smaller sides of `total` pairs, and each choice `lead` pairs early."""
    asked = choose(data, [], total, rng.spawn(1)[0]) if total else []
    coming: Choosing | None = None
    k = 0
    while k < total:
        if coming is None and len(asked) < total and k >= len(asked) - lead:
            coming = Choosing(choose, list(asked), total - len(asked), rng.spawn(1)[0])
            yield coming
        if coming is not None and coming.pairs is not None:
            asked += coming.pairs
            coming = None
        elif coming is not None and k == len(asked):
            yield coming
        else:
            yield asked[k]
            k += 1


def _odd_one(data: Evaluations, budget: int, rng: np.random.Generator) -> Iterator[int]:
    """Spend what is left after whole pairs: complements of what is known, then new pairs."""
    everyone = full(data.n)
    known = [mask for mask in data if 0 < mask < everyone]
    for mask in known:
        if everyone ^ mask not in data and data.total < budget:
            yield everyone ^ mask
    left = max(budget - data.total, 0) // 2 + 1
    for mask in fresh_pairs(data.n, known, left, rng):
        if data.total < budget:
            yield from (mask, everyone ^ mask)


def _single_requests(
    data: Evaluations, used: list[int], budget: int, rng: np.random.Generator
) -> Iterator[int]:
    """Yield one side of each further pair, and of every eighth both, until one pair differs."""
    everyone = full(data.n)
    fresh = fresh_pairs(data.n, used, max(budget - data.total, 0), rng)
    unseen: list[int] = []
    for k, mask in enumerate(unpaired_side(fresh, data.n, rng), start=1):
        yield mask
        if k % _VERIFY_EVERY:
            continue
        yield everyone ^ mask
        unseen.append(mask)  # answers may come in late
        seen = [m for m in unseen if m in data and everyone ^ m in data]
        if not all(_sums_to_total(data, m) for m in seen):
            # It only looked constant-sum: complete the pairs after all.
            yield from _odd_one(data, budget, rng)
            return
        unseen = [m for m in unseen if m not in seen]


def _sums_to_total(data: Evaluations, mask: int) -> bool:
    """Say whether v(S) + v(N - S) = v(N) + v(empty), to rounding; all four are known."""
    everyone = full(data.n)
    scale = max(abs(data[0]), abs(data[everyone]), 1e-300)
    gap = data[mask] + data[everyone ^ mask] - data[0] - data[everyone]
    return bool(abs(gap) <= _EXACT * scale)


def constant_sum(data: Evaluations) -> bool:
    """Say whether every known pair sums to v(N) + v(empty); False below 6 known pairs."""
    everyone = full(data.n)
    if 0 not in data or everyone not in data:
        return False
    known = 0
    for mask in data:
        other = everyone ^ mask
        if 0 < mask < other and other in data:
            if not _sums_to_total(data, mask):
                return False
            known += 1
    return known >= min(6, max(pair_count(data.n), 1))


def known_pairs(data: Evaluations) -> Pairs:
    """Return the odd value of every known pair, the pair of the ends first.

    In a constant-sum game a coalition alone tells the value of its complement.

    Raises:
        ValueError: the empty or the grand coalition has no value.
    """
    everyone = full(data.n)
    empty, grand = data.ends()
    alone = constant_sum(data)
    masks, values, shares = (
        [everyone],
        [(grand - empty) / 2],
        [_share(data, everyone, 0)],
    )
    for mask in data:
        other = everyone ^ mask
        if mask in {0, everyone}:
            continue
        if other in data:
            if mask < other:
                masks.append(mask)
                values.append((data[mask] - data[other]) / 2)
                shares.append(_share(data, mask, other))
        elif alone:
            masks.append(mask)
            values.append(data[mask] - (empty + grand) / 2)
            shares.append(1.0 / data.count(mask))
    signs = np.where(to_matrix(masks, data.n), 1.0, -1.0)
    return Pairs(signs, np.array(values), np.array(shares))


def almost_constant_sum(data: Evaluations) -> tuple[Pairs, float] | None:
    """Return all odd values where many coalitions are known alone and few pairs differ, or None.

    A game that only looked constant-sum for long: of a coalition known alone, v(S) less half the
    total is off by half of what its complement differs. The number is the variance of that over
    the known pairs; it is the noise of a value with share 1.

    Raises:
        ValueError: the empty or the grand coalition has no value.
    """
    everyone = full(data.n)
    empty, grand = data.ends()
    inner = [mask for mask in data if 0 < mask < everyone]
    alone = [mask for mask in inner if everyone ^ mask not in data]
    whole = [
        mask for mask in inner if mask < everyone ^ mask and everyone ^ mask in data
    ]
    if len(alone) <= len(whole) // 2 or constant_sum(data) or not whole:
        return None
    gaps = (
        np.array([data[mask] + data[everyone ^ mask] - empty - grand for mask in whole])
        / 2
    )
    off = float(np.mean(gaps**2))
    known = np.array([(data[mask] - data[everyone ^ mask]) / 2 for mask in whole])
    if not 0 < off < _FEW_DIFFER * float(np.mean(known**2)):
        return None
    signs = np.where(to_matrix([everyone, *whole, *alone], data.n), 1.0, -1.0)
    guessed = np.array([data[mask] for mask in alone]) - (empty + grand) / 2
    shares = np.append(np.full(1 + len(whole), _EXACT), np.ones(len(alone)))
    return Pairs(
        signs, np.concatenate([[(grand - empty) / 2], known, guessed]), shares
    ), off


def _share(data: Evaluations, one: int, two: int) -> float:
    return (1 / data.count(one) + 1 / data.count(two)) / 4
