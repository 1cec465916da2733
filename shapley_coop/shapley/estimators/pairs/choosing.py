"""A choice of the next pairs as work of its own, which may be done in another thread."""

from collections.abc import Callable

import numpy as np

from shapley_coop.shapley.evaluations import Evaluations

PairChooser = Callable[[Evaluations, list[int], int, np.random.Generator], list[int]]
"""Takes what is known, the pairs that were asked for and how many may still be asked for. Returns
one or more of the latter."""


class Choosing:
    """A choice that must be made before a plan can go on."""

    def __init__(
        self,
        choose: PairChooser,
        previous: list[int],
        limit: int,
        rng: np.random.Generator,
    ) -> None:
        self._choose, self._rng = choose, rng
        self._previous, self._limit = previous, limit
        self.pairs: list[int] | None = None
        """The pairs that were named. None until then."""

    def run(self, data: Evaluations) -> None:
        """Name the pairs, from the data or from a copy that no other thread writes to."""
        self.pairs = self._choose(data, self._previous, self._limit, self._rng)
