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

    Sizes are visited in rounds. Within a size, coalitions are cut from shuffled players, so
    each player is in and out equally often (Castro et al., 2017, with values reused by all
    players).
    """
    n = data.n
    everyone = full(n)
    yield from (everyone, 0)
    for player in rng.permutation(n).tolist():
        alone = 1 << player
        yield alone
        if n > 1:
            yield everyone ^ alone
    remaining = {s: comb(n, s) for s in range(2, n - 1)}
    requests: set[int] = set()
    while remaining and data.total < budget:
        for size in rng.permutation(list(remaining)).tolist():
            mask = _new_of_size(n, size, requests, rng)
            requests.add(mask)
            remaining[size] -= 1
            if not remaining[size]:
                del remaining[size]
            yield mask


def _new_of_size(
    n: int, size: int, requests: set[int], rng: np.random.Generator
) -> int:
    """Return a random coalition of a size that was not requested before."""
    while True:
        members = rng.permutation(n)[:size]
        mask = mask_of(members.tolist())
        if mask not in requests:
            return mask


def fit_strata(data: Evaluations) -> Estimate:
    """Estimate from the mean value of each size's coalitions, with and without each player.

    phi_i = mean over s of E[v(S) | i in S, |S| = s + 1] - E[v(S) | i not in S, |S| = s]
    (the decomposition of Kolpaczki et al., 2024). Strata without a value take the size's
    mean.

    Raises:
        ValueError: an end has no value.
    """
    empty, grand = data.ends()
    n = data.n
    masks = list(data)
    present = to_matrix(masks, n).astype(np.float64)
    v = np.array([data[m] for m in masks])
    sizes = present.sum(axis=1).round().astype(int)
    one_hot = np.zeros((len(masks), n + 1))
    one_hot[np.arange(len(masks)), sizes] = 1.0
    # What all coalitions of a size have in common cancels, so it is taken out first.
    levels = one_hot.T @ v / np.maximum(one_hot.sum(axis=0), 1)
    centred = v - one_hot @ levels
    overall = float(v.var()) if len(masks) > 2 else np.inf
    inside, inside_error = _stratum(one_hot, present, centred, overall)
    outside, outside_error = _stratum(one_hot, 1 - present, centred, overall)
    gains = (inside[1:] - outside[:-1]).mean(axis=0)
    values = gains - gains.mean() + (grand - empty) / n
    squared_errors = inside_error[1:] + outside_error[:-1]
    variance = squared_errors.sum(axis=0) / n**2
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
    one_hot: Floats, member: Floats, v: Floats, overall: float
) -> tuple[Floats, Floats]:
    """Return the mean and its squared error for each size and player, (n + 1, n) each.

    `one_hot` is k x (n + 1) and says the size of each coalition. `member` is k x n and
    selects the side of each player, inside or outside. A stratum of less than two values
    takes the variance of its size, or else the `overall` one.
    """
    count = one_hot.T @ member
    mean = (one_hot.T @ (member * v[:, None])) / np.maximum(count, 1)
    square = (one_hot.T @ (member * np.square(v)[:, None])) / np.maximum(count, 1)
    spread = np.maximum(square - mean**2, 0.0) * count / np.maximum(count - 1, 1)
    enough = count > 1
    strata_enough = np.maximum(enough.sum(axis=1), 1)
    typical = (spread * enough).sum(axis=1) / strata_enough
    typical = np.where(enough.any(axis=1), typical, overall)
    spread = np.where(enough, spread, typical[:, None])
    # A stratum known in full has no sampling error.
    total = _stratum_sizes(one_hot, member)
    unseen = np.maximum(1 - count / np.maximum(total, 1)[:, None], 0.0)
    open_spread = np.where(unseen > 0, spread, 0.0)
    error = open_spread * unseen / np.maximum(count, 1)
    return mean, np.where(total[:, None] > 0, error, 0.0)


def _stratum_sizes(one_hot: Floats, member: Floats) -> Floats:
    """Return how many coalitions there are in one player's stratum of each size."""
    n = member.shape[1]
    sizes = np.arange(n + 1)
    with_player = [comb(n - 1, s - 1) if s else 0 for s in sizes]
    total = np.array(with_player, dtype=float)
    if member.shape[0]:
        # Inside, a row selects as many players as its coalition has.
        has_inside = one_hot.T @ (member.sum(axis=1) == one_hot @ sizes) > 0
        without_player = [float(comb(n - 1, s)) for s in sizes]
        total = np.where(has_inside, total, without_player)
    return total
