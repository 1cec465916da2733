"""Noisy teams of which the Shapley values are known."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class SyntheticTeam(NamedTuple):
    """A team of single contributions and of pairs that complement each other, with noise."""

    alone: NDArray[np.float64]
    """What each of n members brings by itself."""
    pairs: NDArray[np.float64]
    """What two members bring on top, (n, n), upper triangle."""
    noise: float
    """Standard deviation of one run."""

    @property
    def truth(self) -> NDArray[np.float64]:
        """The Shapley values: each pair's part is shared evenly."""
        both = self.pairs + self.pairs.T
        return np.asarray(self.alone + both.sum(axis=1) / 2)

    def value(self, members: frozenset[int]) -> float:
        """Return the mean score of some members."""
        inside = sorted(members)
        total = float(self.alone[inside].sum())
        for one, other in combinations(inside, 2):
            total += float(self.pairs[one, other])
        return total


def draw_team(
    rng: np.random.Generator, members: int = 8, noise: float = 0.5
) -> SyntheticTeam:
    """Return a team whose neighbours in the ranking are half a point apart or more."""
    while True:
        alone = rng.permutation(np.arange(members)).astype(float)
        pairs = np.triu(rng.normal(scale=0.5, size=(members, members)), k=1)
        team = SyntheticTeam(alone, pairs, noise)
        if np.diff(np.sort(team.truth)).min() >= 0.5:
            return team
