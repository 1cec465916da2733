"""Balanced designs of complementary pairs: every player equally often, sizes by leverage."""

from itertools import combinations
from math import comb

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.coalitions import full, mask_of

_ENUMERATE_BELOW = 3.0  # layers used by more than a third are drawn from a list
_SIZE_POWER = 0.25  # 0: leverage scores, all sizes alike; 1: the Shapley kernel's sizes
_ROUNDING = 1e-9


def pair_count(n: int) -> int:
    """Return how many complementary pairs n players have, beside the pair of the ends."""
    return max((1 << n) // 2 - 1, 0)


def pair_design(
    n: int,
    pairs: int,
    rng: np.random.Generator,
) -> list[int]:
    """Return the smaller coalition of each of `pairs` distinct complementary pairs.

    Sizes follow (s(n-s))^-1/4, between leverage scores (Musco & Witter, 2025) and the
    Shapley kernel. Sizes that would be exhausted are enumerated and the rest moves on.
    Within a size, coalitions are cut from shuffled rounds of all players, so each occurs
    equally often. The order is random, so every prefix is a design. The empty and the grand
    coalition are left out.
    """
    available = min(pairs, pair_count(n))
    counts = _layer_counts(n, available, rng)
    masks: list[int] = []
    for size, count in enumerate(counts, start=1):
        masks += _layer(n, size, int(count), rng)
    order = rng.permutation(len(masks)).tolist()
    return [masks[k] for k in order]


def fresh_pairs(
    n: int,
    previous: list[int],
    count: int,
    rng: np.random.Generator,
) -> list[int]:
    """Return up to `count` pairs of a balanced design, none of them among the previous."""
    everyone = full(n)
    taken = set(previous)
    taken.update([everyone ^ mask for mask in previous])
    # A design of this length holds enough pairs even if it repeats all previous ones.
    enough = len(previous) + count
    length = min(enough, pair_count(n))
    design = pair_design(n, length, rng)
    fresh = [mask for mask in design if mask not in taken]
    return fresh[:count]


def unpaired_side(
    masks: list[int],
    n: int,
    rng: np.random.Generator,
) -> list[int]:
    """Return one side of each pair, picked at random."""
    everyone = full(n)
    draws = rng.random(len(masks))
    flips = draws < 0.5
    sides = zip(masks, flips, strict=True)
    return [mask ^ everyone if flip else mask for mask, flip in sides]


def size_shares(n: int, pairs: int) -> Floats:
    """Return how many of so many pairs have a smaller side of 1, 2, … players, unrounded."""
    capacity = _layer_sizes(n)
    sizes = np.arange(1, n // 2 + 1)
    # The middle size is its own complement, so it has half as many pairs.
    middle = np.where(2 * sizes == n, 0.5, 1.0)
    product = sizes * (n - sizes)
    weight = product**-_SIZE_POWER * middle
    share = np.zeros(sizes.size)
    # What exceeds a size's capacity is spread over the sizes that still have room.
    while (rest := pairs - share.sum()) > _ROUNDING:
        has_room = share < capacity - _ROUNDING
        if not has_room.any():
            break
        free_weight = weight * has_room
        total_weight = free_weight.sum()
        addition = rest * weight * has_room / total_weight
        share = np.minimum(share + addition, capacity)
    return np.asarray(share)


def _layer_sizes(n: int) -> Floats:
    """Return how many pairs have a smaller side of 1, 2, … n // 2 players."""
    sizes = range(1, n // 2 + 1)
    numbers = [pairs_of_size(n, size) for size in sizes]
    return np.array(numbers, dtype=np.float64)


def pairs_of_size(n: int, size: int) -> int:
    """Return how many pairs have a smaller side of this size."""
    coalitions = comb(n, size)
    if 2 * size == n:
        # Either side of the pair is counted among them.
        return coalitions // 2
    return coalitions


def _layer_counts(
    n: int,
    pairs: int,
    rng: np.random.Generator,
) -> Ints:
    """Return the whole number of pairs of each size."""
    capacity = _layer_sizes(n)
    share = size_shares(n, pairs)
    whole = np.floor(share + _ROUNDING)
    counts = whole.astype(np.intp)
    short = pairs - int(counts.sum())
    if short > 0:
        # The largest fractions are rounded up, ties at random.
        has_room = counts < capacity
        fraction = np.where(has_room, share - counts, -1.0)
        ties = 1e-6 * rng.random(share.size)
        descending = np.argsort(-fraction - ties)
        counts[descending[:short]] += 1
    return counts


def _layer(
    n: int,
    size: int,
    count: int,
    rng: np.random.Generator,
) -> list[int]:
    """Return `count` distinct coalitions of one size, no two of them complements."""
    if count * _ENUMERATE_BELOW > pairs_of_size(n, size):
        # Drawing anew until enough are distinct would take long here.
        every = _whole_layer(n, size)
        order = rng.permutation(len(every))
        rows = order[:count].tolist()
        return [every[k] for k in rows]
    everyone = full(n)
    # A dict keeps the order in which the distinct ones came.
    layer: dict[int, None] = {}
    queue: list[int] = []
    while len(layer) < count:
        if len(queue) < size:
            queue = _refill(queue, size, n, rng)
        members = queue[:size]
        queue = queue[size:]
        mask = mask_of(members)
        if 2 * size == n and not mask & 1:
            mask ^= everyone
        layer[mask] = None
    return list(layer)


def _whole_layer(n: int, size: int) -> list[int]:
    """Return one coalition of each pair whose smaller side has this size."""
    members = combinations(range(n), size)
    if 2 * size < n:
        return [mask_of(c) for c in members]
    # Of two halves, the one with the first player stands for the pair.
    first_half = [c for c in members if c[0] == 0]
    return [mask_of(c) for c in first_half]


def _refill(
    rest: list[int],
    size: int,
    n: int,
    rng: np.random.Generator,
) -> list[int]:
    """Append a shuffled round such that the next coalition names no player twice."""
    order: list[int] = rng.permutation(n).tolist()
    waiting = set(rest)
    others = [player for player in order if player not in waiting]
    completion = others[: size - len(rest)]
    used = set(completion)
    later = [player for player in order if player not in used]
    return rest + completion + later
