"""Which coalitions to ask: complementary pairs, balanced over players, sizes by leverage."""

from itertools import combinations
from math import comb

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.coalitions import full, mask_of

_ENUMERATE_BELOW = (
    3.0  # a layer that needs more than a third of its sets is drawn from a list
)
_SIZE_POWER = (
    0.25  # 0: leverage scores, every size alike; 1: the Shapley kernel's sizes
)


def pair_count(n: int) -> int:
    """Return how many complementary pairs n players have, the pair of the ends left out."""
    return max((1 << n) // 2 - 1, 0)


def pair_design(n: int, pairs: int, rng: np.random.Generator) -> list[int]:
    """Return one coalition (the smaller) of each of `pairs` distinct complementary pairs.

    Sizes follow (s(n-s))^-1/4, between leverage scores (Musco & Witter, 2025) and the Shapley
    kernel; sizes that would be exhausted are enumerated and the rest moves on. Within a size,
    coalitions are cut from shuffled rounds of all players, so each occurs equally often. The
    order is random: every prefix is a design. The empty and the grand coalition are left out.
    """
    chosen: list[int] = []
    for size, count in enumerate(_allocate(n, min(pairs, pair_count(n)), rng), start=1):
        chosen += _layer(n, size, int(count), rng)
    return [chosen[k] for k in rng.permutation(len(chosen)).tolist()]


def fresh_pairs(
    n: int, asked: list[int], count: int, rng: np.random.Generator
) -> list[int]:
    """Return up to `count` pairs of a balanced design, none of them asked before."""
    everyone = full(n)
    taken = {min(mask, everyone ^ mask) for mask in asked}
    design = pair_design(n, min(len(asked) + count, pair_count(n)), rng)
    return [m for m in design if min(m, everyone ^ m) not in taken][:count]


def _layer_sizes(n: int) -> Floats:
    """Return how many pairs have a smaller side of 1, 2, … n // 2 players."""
    return np.array(
        [comb(n, s) / (2 if 2 * s == n else 1) for s in range(1, n // 2 + 1)]
    )


def size_shares(n: int, pairs: int) -> Floats:
    """Return how many of so many pairs have a smaller side of 1, 2, … players; not rounded."""
    capacity = _layer_sizes(n)
    sizes = np.arange(1, n // 2 + 1)
    weight = (sizes * (n - sizes)) ** -_SIZE_POWER * np.where(2 * sizes == n, 0.5, 1.0)
    share = np.zeros(sizes.size)
    while (left := pairs - share.sum()) > 1e-9:
        free = share < capacity - 1e-9
        if not free.any():
            break
        share = np.minimum(
            share + left * weight * free / (weight * free).sum(), capacity
        )
    return np.asarray(share)


def _allocate(n: int, pairs: int, rng: np.random.Generator) -> Ints:
    capacity, share = _layer_sizes(n), size_shares(n, pairs)
    counts = np.floor(share + 1e-9).astype(np.intp)
    short = pairs - int(counts.sum())
    if short > 0:  # the largest fractions are rounded up, ties at random
        fraction = np.where(counts < capacity, share - counts, -1.0)
        counts[np.argsort(-fraction - 1e-6 * rng.random(share.size))[:short]] += 1
    return counts


def _layer(n: int, size: int, count: int, rng: np.random.Generator) -> list[int]:
    """Return `count` distinct coalitions of one size, no two of them complements."""
    available = comb(n, size) // (2 if 2 * size == n else 1)
    if count * _ENUMERATE_BELOW > available:
        listed = [
            mask_of(c)
            for c in combinations(range(n), size)
            if 2 * size < n or c[0] == 0
        ]
        return [listed[k] for k in rng.permutation(len(listed))[:count].tolist()]
    found: dict[int, None] = {}
    queue: list[int] = []
    everyone = full(n)
    while len(found) < count:
        if len(queue) < size:
            queue = _refill(queue, size, n, rng)
        mask = mask_of(queue[:size])
        queue = queue[size:]
        if 2 * size == n and not mask & 1:
            mask ^= everyone
        found[mask] = None
    return list(found)


def _refill(rest: list[int], size: int, n: int, rng: np.random.Generator) -> list[int]:
    """Append a shuffled round such that the next coalition names no player twice."""
    order: list[int] = rng.permutation(n).tolist()
    held = set(rest)
    fresh = [player for player in order if player not in held][: size - len(rest)]
    taken = set(fresh)
    return rest + fresh + [player for player in order if player not in taken]


def unpaired_side(masks: list[int], n: int, rng: np.random.Generator) -> list[int]:
    """Return one side of each pair, picked at random."""
    everyone = full(n)
    flips = rng.random(len(masks)) < 0.5
    return [
        mask ^ everyone if flip else mask
        for mask, flip in zip(masks, flips, strict=True)
    ]
