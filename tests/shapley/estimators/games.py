"""Games of known value for the tests of estimators, and what they were asked."""

import numpy as np

from shapley_coop.shapley.coalitions import to_masks


def rng(seed=0):
    return np.random.default_rng(seed)


class Counted:
    """A game that keeps what it was asked."""

    def __init__(self, f):
        self.f, self.asked = f, []

    def __call__(self, z):
        self.asked += to_masks(z)
        return self.f(z)


def team(n, seed=0):
    """Return a game of pairs and triples that help or hinder, with its Shapley value."""
    draw = np.random.default_rng([seed, n])
    sets = [draw.permutation(n)[: draw.integers(1, 4)] for _ in range(3 * n)]
    worth = draw.normal(1.0, 1.0, len(sets))
    values = np.zeros(n)
    for s, w in zip(sets, worth, strict=True):
        values[s] += w / len(s)
    return (
        lambda z: sum(w * z[:, s].all(axis=1) for s, w in zip(sets, worth, strict=True))
    ), values


def noisy(f, sigma, seed):
    draw = np.random.default_rng(seed)
    return lambda z: f(z) + sigma * draw.normal(size=len(z))


def relative(found, truth):
    return float(np.square(found - truth).sum() / np.square(truth).sum())
