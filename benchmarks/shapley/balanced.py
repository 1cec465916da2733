"""Games of 10,000 players in three balanced types, with values that are known or integrated."""

from collections.abc import Callable
from functools import cache
from math import prod

import numpy as np
from numpy.typing import NDArray

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.exact_values.structured import unit_legendre

BALANCED_COUNTS = [3333, 3333, 3334]
_SIZES = np.array(BALANCED_COUNTS)
_WEIGHTS = np.array([1, 2, 3])
_QUOTA = 9000
_NODES = (
    1000  # integrands are bumps 1 / sqrt(10,000) wide in angle; 500 nodes are ample
)

Game = Callable[[NDArray[np.int64]], Floats]


def _binomials(count: int, q: float) -> Floats:
    from scipy.stats import binom

    return np.asarray(binom.pmf(np.arange(count + 1), count, q))


@cache
def gloves() -> Floats:
    """Integrate the chance that every other type has more than type t, one of t left out."""
    values = np.zeros(3)
    for q, weight in zip(*unit_legendre(_NODES), strict=True):
        for t, count in enumerate(BALANCED_COUNTS):
            chance = _binomials(count - 1, q)
            for j, other in enumerate(BALANCED_COUNTS):
                if j != t:
                    chance = chance * (1 - np.cumsum(_binomials(other, q)))[:count]
            values[t] += weight * chance.sum()
    return values


@cache
def vote() -> Floats:
    """Integrate the chance that a player's weight carries the others' over the quota."""
    from scipy.signal import fftconvolve

    values = np.zeros(3)
    for q, weight in zip(*unit_legendre(_NODES), strict=True):
        for t in range(3):
            chance = np.ones(1)
            for j, count in enumerate(BALANCED_COUNTS):
                of_type = _binomials(count - (j == t), q)
                spread = np.zeros((of_type.size - 1) * _WEIGHTS[j] + 1)
                spread[:: _WEIGHTS[j]] = of_type
                chance = fftconvolve(chance, spread)
            values[t] += weight * chance[_QUOTA - _WEIGHTS[t] : _QUOTA].sum()
    return values


BALANCED: dict[str, tuple[Game, Callable[[], Floats]]] = {
    "product of shares": (
        lambda k: np.asarray(
            prod((k[:, t] / c for t, c in enumerate(BALANCED_COUNTS)), start=1.0)
        ),
        lambda: 1 / (3 * _SIZES),
    ),
    "gloves": (lambda k: k.min(axis=1).astype(np.float64), gloves),
    "weighted vote": (lambda k: (k @ _WEIGHTS >= _QUOTA).astype(np.float64), vote),
    "one type's vote": (
        lambda k: (k[:, 0] >= 1200).astype(np.float64),
        lambda: np.array([1 / 3333, 0.0, 0.0]),
    ),
}
