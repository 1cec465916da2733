"""Games of known Shapley value: six standard families, and families of our own to guard them.

`make(family, n, seed)` draws a new instance for every seed, so no figure rests on one instance.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shapley_coop.shapley.exact_values.structured import (
    airport,
    unit_legendre,
    weighted_sum,
    weighted_voting,
)

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
GameFunction = Callable[[Bools], Floats]

NOISE = 0.05  # of the pot, in the noisy team family


class Game(NamedTuple):
    """A characteristic function and its true values."""

    family: str
    n: int
    f: GameFunction
    values: Floats


def voting(n: int, rng: np.random.Generator) -> tuple[GameFunction, Floats]:
    weights = rng.integers(1, 21, n)
    quota = weights.sum() // 2 + 1
    return (lambda z: (z @ weights >= quota).astype(float)), weighted_voting(
        weights, quota
    ).values


def airport_max(n: int, rng: np.random.Generator) -> tuple[GameFunction, Floats]:
    costs = rng.gamma(1.5, 1.0, n)
    return (lambda z: (z * costs).max(axis=1, initial=0.0)), airport(costs).values


def gloves(n: int, rng: np.random.Generator) -> tuple[GameFunction, Floats]:
    """Return a market in which left and right gloves are worth one a pair."""
    left = np.zeros(n, dtype=bool)
    left[rng.permutation(n)[: n // 2 - int(rng.integers(0, max(n // 8, 1) + 1))]] = True

    def f(z: Bools) -> Floats:
        return np.minimum((z & left).sum(axis=1), (z & ~left).sum(axis=1)).astype(float)

    from shapley_coop.shapley.exact_values.by_types import exact_by_types

    by_type = exact_by_types(
        lambda k: k.min(axis=1), [int(left.sum()), int(n - left.sum())]
    )
    return f, np.where(left, by_type.values[0], by_type.values[1])


def _unanimity(sets: list[NDArray[np.intp]], worths: Floats, z: Bools) -> Floats:
    total = np.zeros(len(z))
    for members, worth in zip(sets, worths, strict=True):
        total += worth * z[:, members].all(axis=1)
    return total


def unanimity(n: int, rng: np.random.Generator) -> tuple[GameFunction, Floats]:
    """Return a sum of 3n unanimity games of random size and sign."""
    sets = [
        rng.permutation(n)[: int(rng.integers(1, min(n, 10) + 1))] for _ in range(3 * n)
    ]
    worths = rng.normal(size=len(sets))
    values = np.zeros(n)
    for members, worth in zip(sets, worths, strict=True):
        values[members] += worth / members.size
    return (lambda z: _unanimity(sets, worths, z)), values


def team(n: int, rng: np.random.Generator) -> tuple[GameFunction, Floats]:
    """Return subtasks (any able member does), synergies (all), gates (any for all), congestion."""
    values = np.zeros(n)
    tasks = [
        rng.permutation(n)[: int(rng.integers(1, max(n // 3, 2) + 1))]
        for _ in range(2 * n)
    ]
    task_worth = rng.uniform(0.2, 1.0, len(tasks))
    pairs = [rng.permutation(n)[: int(rng.integers(2, 4))] for _ in range(n)]
    pair_worth = rng.normal(0.5, 0.5, n)
    gate = [rng.permutation(n)[: max(n // 4, 2)] for _ in range(2)]
    gate_worth = np.array([2.0, 3.0])
    jam = 0.02
    for members, worth in zip(tasks, task_worth, strict=True):
        values[members] += worth / members.size
    for members, worth in zip(pairs + gate, np.r_[pair_worth, gate_worth], strict=True):
        values[members] += worth / members.size
    values -= jam * (n - 1) / 2

    def f(z: Bools) -> Floats:
        size = z.sum(axis=1)
        done = _unanimity(pairs + gate, np.r_[pair_worth, gate_worth], z)
        for members, worth in zip(tasks, task_worth, strict=True):
            done += worth * z[:, members].any(axis=1)
        return done - jam * size * (size - 1) / 2

    pot = float(f(np.ones((1, n), dtype=bool))[0])
    return (lambda z: f(z) / pot), values / pot


def team_noisy(n: int, rng: np.random.Generator) -> tuple[GameFunction, Floats]:
    f, values = team(n, rng)
    noise = np.random.default_rng(rng.integers(2**32))
    return (lambda z: f(z) + NOISE * noise.normal(size=len(z))), values


def success(n: int, rng: np.random.Generator) -> tuple[GameFunction, Floats]:
    """Return the chance that at least one member succeeds: 1 - product of failures."""
    p = rng.beta(1.0, 4.0, n)
    nodes, weights = unit_legendre(n)
    survive = 1 - nodes[:, None] * p
    others = survive.prod(axis=1, keepdims=True) / survive
    return (lambda z: 1 - np.where(z, 1 - p, 1.0).prod(axis=1)), p * (weights @ others)


def diminishing(n: int, rng: np.random.Generator) -> tuple[GameFunction, Floats]:
    """Return the square root of the team's total skill."""
    skill = rng.integers(1, 13, n)
    return (lambda z: np.sqrt(z @ skill)), weighted_sum(skill, np.sqrt).values


def estate(n: int, rng: np.random.Generator) -> tuple[GameFunction, Floats]:
    """Return a bankruptcy game: what the others' claims leave of an estate of 60 % of them."""
    claims = rng.integers(1, 21, n)
    missing = int(0.4 * claims.sum())
    f = lambda z: np.maximum(z @ claims - missing, 0.0)  # noqa: E731  (returned at once)
    return f, weighted_sum(claims, lambda s: np.maximum(s - missing, 0.0)).values


def stages(n: int, rng: np.random.Generator) -> tuple[GameFunction, Floats]:
    """Return the sum over five stages of the best skill present: max-like, several maxima."""
    skill = rng.gamma(1.0, 1.0, (5, n)) * (rng.random((5, n)) < 0.5)
    values = sum(airport(row).values for row in skill)
    return (lambda z: sum((z * row).max(axis=1, initial=0.0) for row in skill)), values


def blocks(n: int, rng: np.random.Generator) -> tuple[GameFunction, Floats]:
    """Return committees that decide apart: a weighted vote in each group of about five."""
    values = np.zeros(n)
    groups = np.array_split(rng.permutation(n), max(n // 5, 1))
    rules = []
    for members in groups:
        weights = rng.integers(1, 8, members.size)
        quota = int(weights.sum() // 2 + 1)
        worth = float(rng.uniform(0.5, 2.0))
        values[members] = worth * weighted_voting(weights, quota).values
        rules.append((members, weights, quota, worth))

    def f(z: Bools) -> Floats:
        total = np.zeros(len(z))
        for members, weights, quota, worth in rules:
            total += worth * (z[:, members] @ weights >= quota)
        return total

    return f, values


STANDARD = {
    "voting": voting,
    "airport": airport_max,
    "gloves": gloves,
    "unanimity": unanimity,
    "team": team,
    "team_noisy": team_noisy,
}
OWN = {
    "success": success,
    "diminishing": diminishing,
    "estate": estate,
    "stages": stages,
    "blocks": blocks,
}
FAMILIES = STANDARD | OWN


def make(family: str, n: int, seed: int) -> Game:
    """Return instance `seed` of a family with n players."""
    key = list(FAMILIES).index(family)
    f, values = FAMILIES[family](n, np.random.default_rng([key, n, seed]))
    return Game(family, n, f, values)
