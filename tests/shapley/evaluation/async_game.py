"""A game of nine players that answers asynchronously and records what it was asked."""

import asyncio

import numpy as np

from shapley_coop.shapley import (
    Options,
    evaluate,
)

WORTH = np.array([5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.1, 0.0])


N = len(WORTH)


def value(coalition):
    pairs = sum(0.3 for i in coalition if (i + 1) % N in coalition)
    return float(sum(WORTH[i] for i in coalition)) + pairs


def run(game, *, budget=100, seed=0, n=N, **options):
    rng = np.random.default_rng(seed)
    return asyncio.run(
        evaluate(game, n, budget=budget, rng=rng, options=Options(**options))
    )


class Recorder:
    def __init__(self):
        self.calls, self.now, self.most = [], 0, 0

    async def __call__(self, coalition, draw):
        self.calls.append((coalition, draw))
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        return value(coalition)
