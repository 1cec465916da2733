"""Stratified sampling: each player's marginal contributions averaged within each size."""

from collections.abc import Iterator
from math import comb

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import full, mask_of, to_matrix
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate


def strata_requests(
    data: Evaluations, budget: int, rng: np.random.Generator
) -> Iterator[int]:
    """Yield the ends, the sizes 1 and n - 1 in full, then the other sizes in turn.

    Sizes are visited in rounds; within a size, coalitions are cut from shuffled players, so each
    player is in and out equally often (Castro et al., 2017, with values reused by all players).
    """
    n, everyone = data.n, full(data.n)
    yield from (everyone, 0)
    for player in rng.permutation(n).tolist():
        yield 1 << player
        if n > 1:
            yield everyone ^ (1 << player)
    left = {s: comb(n, s) for s in range(2, n - 1)}
    asked: set[int] = set()
    while left and data.total < budget:
        for size in rng.permutation(list(left)).tolist():
            mask = _new_of_size(n, size, asked, rng)
            asked.add(mask)
            left[size] -= 1
            if not left[size]:
                del left[size]
            yield mask


def _new_of_size(n: int, size: int, asked: set[int], rng: np.random.Generator) -> int:
    while True:
        mask = mask_of(rng.permutation(n)[:size].tolist())
        if mask not in asked:
            return mask


def fit_strata(data: Evaluations) -> Estimate:
    """Estimate from the mean value of coalitions of each size with and without each player.

    phi_i = mean over s of E[v(S) | i in S, |S| = s + 1] - E[v(S) | i not in S, |S| = s]
    (the decomposition of Kolpaczki et al., 2024); strata without a value take the size's mean.

    Raises:
        ValueError: an end has no value.
    """
    empty, grand = data.ends()
    n = data.n
    masks = list(data)
    present = to_matrix(masks, n).astype(np.float64)
    v = np.array([data[m] for m in masks])
    one_hot = np.zeros((len(masks), n + 1))
    one_hot[np.arange(len(masks)), present.sum(axis=1).round().astype(int)] = 1.0
    levels = one_hot.T @ v / np.maximum(one_hot.sum(axis=0), 1)
    centred = v - one_hot @ levels
    rough = float(v.var()) if len(masks) > 2 else np.inf
    inside, inside_error = _stratum(one_hot, present, centred, rough)
    outside, outside_error = _stratum(one_hot, 1 - present, centred, rough)
    gains = (inside[1:] - outside[:-1]).mean(axis=0)
    values = gains - gains.mean() + (grand - empty) / n
    variance = (inside_error[1:] + outside_error[:-1]).sum(axis=0) / n**2
    return Estimate(
        values=values,
        stderr=np.sqrt(variance),
        evaluations=data.total,
        method="stratified",
        reason="means by size, with and without each player",
        empty=empty,
        grand=grand,
        noise_stderr=np.zeros(n),
    )


def _stratum(
    one_hot: Floats, member: Floats, v: Floats, rough: float
) -> tuple[Floats, Floats]:
    """Return the mean and its squared error for each size and player; (n + 1, n) each.

    A stratum of less than two values takes the spread of its size, or else `rough`.
    """
    n = member.shape[1]
    count = one_hot.T @ member
    mean = (one_hot.T @ (member * v[:, None])) / np.maximum(count, 1)
    square = (one_hot.T @ (member * np.square(v)[:, None])) / np.maximum(count, 1)
    spread = np.maximum(square - mean**2, 0.0) * count / np.maximum(count - 1, 1)
    sizes = np.arange(n + 1)
    total = np.array([comb(n - 1, s - 1) if s else 0 for s in sizes], dtype=float)
    if member.shape[0]:
        own = one_hot.T @ (member.sum(axis=1) == one_hot @ sizes) > 0
        total = np.where(own, total, [float(comb(n - 1, s)) for s in sizes])
    unseen = np.maximum(1 - count / np.maximum(total, 1)[:, None], 0.0)
    told = count > 1
    typical = (spread * told).sum(axis=1) / np.maximum(told.sum(axis=1), 1)
    typical = np.where(told.any(axis=1), typical, rough)
    spread = np.where(told, spread, typical[:, None])
    error = np.where(unseen > 0, spread, 0.0) * unseen / np.maximum(count, 1)
    return mean, np.where(total[:, None] > 0, error, 0.0)
