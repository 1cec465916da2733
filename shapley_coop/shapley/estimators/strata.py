"""Stratified sampling: each player's marginal contributions averaged within each size."""

from collections.abc import Iterator
from math import comb
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import full, mask_of, to_matrix
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate


class _Strata(NamedTuple):
    """Means of strata and their squared errors, (n + 1) sizes x n players each."""

    means: Floats
    errors: Floats


def strata_requests(
    data: Evaluations,
    budget: int,
    rng: np.random.Generator,
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
    inner_sizes = range(2, n - 1)
    remaining = {size: comb(n, size) for size in inner_sizes}
    requests: set[int] = set()
    while remaining and data.total < budget:
        open_sizes = list(remaining)
        for size in rng.permutation(open_sizes).tolist():
            mask = _new_of_size(n, size, requests, rng)
            requests.add(mask)
            remaining[size] -= 1
            if not remaining[size]:
                del remaining[size]
            yield mask


def _new_of_size(
    n: int,
    size: int,
    requests: set[int],
    rng: np.random.Generator,
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
    absent = 1 - present
    v = data.values(masks)
    sizes = present.sum(axis=1).round().astype(int)
    m = len(masks)
    rows = np.arange(m)
    one_hot = np.zeros((m, n + 1))
    one_hot[rows, sizes] = 1.0
    # What all coalitions of a size have in common cancels, so it is taken out first.
    numbers = one_hot.sum(axis=0)
    divisors = np.maximum(numbers, 1)
    levels = one_hot.T @ v / divisors
    centred = v - one_hot @ levels
    overall = np.inf
    if m > 2:
        overall = float(v.var())
    inside = _strata(one_hot, present, centred, overall)
    outside = _strata(one_hot, absent, centred, overall)
    # A player joins a coalition one smaller than that with the player.
    with_player = inside.means[1:]
    without_player = outside.means[:-1]
    marginals = with_player - without_player
    gains = marginals.mean(axis=0)
    equal_share = (grand - empty) / n
    relative = gains - gains.mean()
    values = relative + equal_share
    inside_errors = inside.errors[1:]
    outside_errors = outside.errors[:-1]
    squared_errors = inside_errors + outside_errors
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


def _strata(
    one_hot: Floats,
    member: Floats,
    v: Floats,
    overall: float,
) -> _Strata:
    """Return the mean and its squared error for each size and player.

    `one_hot` is k x (n + 1) and says the size of each coalition. `member` is k x n and
    selects the side of each player, inside or outside. A stratum of less than two values
    takes the variance of its size, or else the `overall` one.
    """
    count = one_hot.T @ member
    divisor = np.maximum(count, 1)
    column = v[:, None]
    sums = one_hot.T @ (member * column)
    square_sums = one_hot.T @ (member * np.square(column))
    mean = sums / divisor
    mean_square = square_sums / divisor
    spread = np.maximum(mean_square - mean**2, 0.0)
    freedom = np.maximum(count - 1, 1)
    spread = spread * count / freedom
    # Strata of few values borrow the mean spread of the others of their size.
    enough = count > 1
    known_strata = np.maximum(enough.sum(axis=1), 1)
    known_spreads = spread * enough
    known_spread = known_spreads.sum(axis=1)
    typical = known_spread / known_strata
    typical = np.where(enough.any(axis=1), typical, overall)
    spread = np.where(enough, spread, typical[:, None])
    # A stratum known in full has no sampling error.
    total = _stratum_sizes(one_hot, member)[:, None]
    coverage = count / np.maximum(total, 1)
    unseen = np.maximum(1 - coverage, 0.0)
    open_spread = np.where(unseen > 0, spread, 0.0)
    error = open_spread * unseen / divisor
    exists = total > 0
    return _Strata(mean, np.where(exists, error, 0.0))


def _stratum_sizes(one_hot: Floats, member: Floats) -> Floats:
    """Return how many coalitions there are in one player's stratum of each size."""
    n = member.shape[1]
    sizes = np.arange(n + 1)
    others = [float(comb(n - 1, size)) for size in sizes]
    # One player of S is fixed, so the other s - 1 are chosen.
    with_player = np.array([0.0, *others[:-1]])
    if not member.shape[0]:
        return with_player
    # Inside, a row selects as many players as its coalition has.
    row_sizes = one_hot @ sizes
    is_inside = member.sum(axis=1) == row_sizes
    has_inside = one_hot.T @ is_inside > 0
    return np.where(has_inside, with_player, others)
