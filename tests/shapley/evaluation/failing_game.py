"""A game of any number of players that may fail."""

import asyncio

import numpy as np

from shapley_coop.shapley import (
    Options,
    evaluate,
)


def rng(seed=0):
    return np.random.default_rng(seed)


def worth(coalition):
    return float(
        len(coalition) ** 1.5
        + 2 * (0 in coalition)
        + (1 in coalition and 2 in coalition)
    )


class Failing:
    def __init__(self, fails):
        self.fails, self.calls = fails, 0

    async def __call__(self, coalition, draw):
        self.calls += 1
        await asyncio.sleep(0)
        if self.fails(coalition, draw):
            raise RuntimeError("away")
        return worth(coalition)


def run(game, n, budget, seed=0, **options):
    async def limited():
        how = Options(**options)
        return await asyncio.wait_for(
            evaluate(game, n, budget=budget, rng=rng(seed), options=how), 10
        )

    return asyncio.run(limited())
