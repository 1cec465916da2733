"""Seat-moves a second through PettingZoo's API: the raid, and PettingZoo's own rps_v2.

Run: python -m benchmarks.games.speed
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import pettingzoo

from games.dilemmas.matrix import MatrixGame
from games.raid.game import Raid
from shapley_coop.interfaces.plugins import load
from shapley_coop.negotiation.envs.game import NegotiatedGame

MOVES = 20_000


def moves_a_second(make: Callable[[], Any]) -> float:
    """Return how many seat-moves a second random legal play makes."""
    env, rng = make(), np.random.default_rng(0)
    draws = rng.random(4 * MOVES)
    moves, seed = 0, 0
    seen, _ = env.reset(seed=seed)
    began = perf_counter()
    while moves < MOVES:
        if not env.agents:
            seed += 1
            seen, _ = env.reset(seed=seed)
        actions = {}
        for seat in env.agents:
            mask = seen[seat]["action_mask"] if isinstance(seen[seat], dict) else None
            options = np.flatnonzero(mask) if mask is not None else range(3)
            actions[seat] = options[int(draws[moves] * len(options))]
            moves += 1
        seen, *_ = env.step(actions)
    return moves / (perf_counter() - began)


def main() -> None:
    def dilemma_of_15_rounds() -> MatrixGame:
        dilemma: MatrixGame = load("games", "prisoners-dilemma")(rounds=15)
        return dilemma

    rps = lambda: pettingzoo.make("parallel", "classic/rps-v2")  # noqa: E731 - same
    negotiated = lambda: NegotiatedGame(Raid())  # noqa: E731 - same
    cases = {
        "rps_v2 (PettingZoo)": rps,
        "NegotiatedGame(raid)": negotiated,
        "raid": Raid,
        "prisoners-dilemma": dilemma_of_15_rounds,
    }
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(5):
        for name, make in cases.items():
            found[name].append(moves_a_second(make))
    base = statistics.median(found["rps_v2 (PettingZoo)"])
    print(
        "| environment | seat-moves a second, median of 5 | of rps_v2 |\n|---|---|---|"
    )
    for name, rates in found.items():
        middle = statistics.median(rates)
        print(f"| {name} | {middle:,.0f} | {middle / base:.2f} |")


if __name__ == "__main__":
    main()
