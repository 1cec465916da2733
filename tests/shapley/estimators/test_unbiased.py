"""The unbiased mode has no bias and its error bars cover."""

import numpy as np

from shapley_coop.shapley import estimate, exact
from shapley_coop.shapley.coalitions import to_matrix


def rough(n, seed):
    """Return a game of high-order thresholds that no smooth process predicts well."""
    draw = np.random.default_rng(seed)
    weights = draw.normal(size=(6, n))
    return lambda z: np.sign(z @ weights.T - 0.3).sum(axis=1)


def test_the_unbiased_mode_has_no_bias_and_covers():
    n = 8
    table = rough(n, 0)(to_matrix(range(2**n), n))
    truth = exact(table).values
    runs = [
        estimate(
            rough(n, 0),
            n,
            budget=60,
            method="unbiased",
            rng=np.random.default_rng(seed),
        )
        for seed in range(30)
    ]
    values = np.array([run.values for run in runs])
    error = values.mean(axis=0) - truth
    assert (np.abs(error) < 3.5 * values.std(axis=0) / np.sqrt(30)).all()
    covered = [np.abs(r.values - truth) <= 1.96 * r.stderr for r in runs]
    assert 0.85 < np.mean(covered) <= 1.0
