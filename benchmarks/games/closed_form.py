"""Classic games: exact Shapley values against their source, and sampled orders against both.

Run: python -m benchmarks.games.closed_form
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from games.coalitional.base import CoalitionalGame
from games.coalitional.markets import Gloves, HorseMarket
from games.coalitional.sharing import Airport, Bankruptcy
from games.coalitional.unanimity import Unanimity
from games.coalitional.voting import WeightedVoting
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.interfaces.game import CountWorth

CASES: tuple[tuple[str, CoalitionalGame, Sequence[float]], ...] = (
    ("gloves, 1 left 2 right", Gloves(), [2 / 3, 1 / 6, 1 / 6]),
    ("airport 12, 20, 33", Airport(), [-4, -8, -21]),
    ("Talmud, estate 100", Bankruptcy(100), [100 / 3] * 3),
    ("Talmud, estate 200", Bankruptcy(200), [100 / 3, 250 / 3, 250 / 3]),
    ("Talmud, estate 300", Bankruptcy(300), [50, 100, 150]),
    ("EEC 1958", WeightedVoting("eec-1958"), [7 / 30] * 3 + [3 / 20] * 2 + [0]),
    (
        "UN Security Council",
        WeightedVoting("un-security-council"),
        [421 / 2145] * 5 + [4 / 2145] * 10,
    ),
    ("unanimity of 3 in 4", Unanimity(), [4, 4, 4, 0]),
    (
        "sum of three",
        Unanimity(5, ([0], [0, 1], [1, 2, 3]), [2, 6, 9]),
        [5, 6, 3, 3, 0],
    ),
    ("horses, 1 seller 2 buyers", HorseMarket([0], [90, 100]), [65, 15, 20]),
)
SEEDS, ORDERS = 20, 2000


def sample_values(game: CoalitionalGame, seed: int) -> np.ndarray:
    """Return each seat's mean marginal contribution over random orders of one seed."""
    oracle = game.oracle()
    value = (
        expand_counts(oracle, game.seats) if isinstance(oracle, CountWorth) else oracle
    )
    n = len(game.seats)
    place = np.random.default_rng(seed).permuted(
        np.tile(np.arange(n), (ORDERS, 1)), axis=1
    )
    means = []
    for i in range(n):
        before = place < place[:, [i]]
        gain = value.values(before | (np.arange(n) == i)) - value.values(before)
        means.append(gain.mean())
    return np.array(means)


def main() -> None:
    print(
        f"| game | exact, largest error | {SEEDS} seeds x {ORDERS} orders, largest z |"
    )
    print("|---|---|---|")
    for name, game, source in CASES:
        credit = measure(
            game.oracle(), game.seats, WorthSettings(), kind="oracle", absence=None
        )
        exact = np.array([credit.values[seat] for seat in game.seats])
        means = np.array([sample_values(game, seed) for seed in range(SEEDS)])
        error = means.std(axis=0, ddof=1) / np.sqrt(SEEDS)
        off = np.abs(means.mean(axis=0) - np.array(source))
        z = np.max(np.divide(off, error, out=np.zeros_like(off), where=error > 1e-12))
        print(f"| {name} | {np.abs(exact - source).max():.1e} | {z:.2f} |")


if __name__ == "__main__":
    main()
