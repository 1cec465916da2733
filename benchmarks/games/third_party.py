"""Credit by replay in games that nobody here wrote, with repetition under the seed checked.

Run: python -m benchmarks.games.third_party
"""

from __future__ import annotations

import statistics
from time import perf_counter

import numpy as np

from benchmarks.games.company import mean_with_error
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.replay import replay
from shapley_coop.interfaces.plugins import load
from shapley_coop.records import Step

CASES = (
    ("pettingzoo:mpe2.simple_spread_v3", {"N": 3, "idle": 0, "horizon": 25}, 20),
    ("null:pettingzoo:mpe2.simple_spread_v3", {"N": 3, "idle": 0, "horizon": 25}, 20),
    ("pettingzoo:butterfly.cooperative_pong_v6", {"idle": 0, "horizon": 25}, 5),
)


def main() -> None:
    print(
        "| game | seeds | seat | φ of random play, mean ± 95 % | seconds an episode |"
    )
    print("|---|---|---|---|---|")
    for name, parameters, seeds in CASES:
        game = load("games", name)(**parameters)
        found: dict[str, list[float]] = {seat: [] for seat in game.seats}
        times = []
        for seed in range(seeds):
            rng, steps = np.random.default_rng(seed), list[Step]()
            game.start(seed)
            while game.agents:
                chosen = {
                    seat: str(rng.choice(game.legal(seat))) for seat in game.agents
                }
                steps.append(game.apply(chosen))
            began = perf_counter()
            values = replay(game, seed, steps, rule="idle")
            credit = measure(
                values, game.seats, WorthSettings(), kind="replay", absence="idle"
            )
            times.append(perf_counter() - began)
            for seat in game.seats:
                found[seat].append(credit.values[seat])
        for seat, phi in found.items():
            took = f"{statistics.median(times):.2f}"
            print(f"| {name} | {seeds} | {seat} | {mean_with_error(phi)} | {took} |")


if __name__ == "__main__":
    main()
