"""Runs our estimators over the cells of the accuracy table. One JSON line a run. Resumes itself."""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shapley.games import FAMILIES, make
from benchmarks.shapley.peers import PER_PLAYER, SIZES, Counted, relative_error
from shapley_coop.shapley import estimate

Z95 = 1.959964


def measure(method: str, family: str, n: int, budget: int, seed: int) -> dict[str, Any]:
    """Run a method once. `auto+noise` is `auto` told that the game is noisy."""
    counted = Counted(make(family, n, seed))
    name, _, noisy = method.partition("+")
    start = time.perf_counter()
    found = estimate(
        counted,
        n,
        budget=budget,
        method=name,
        noise=True if noisy else None,
        rng=np.random.default_rng(seed),
    )
    seconds = time.perf_counter() - start
    truth = counted.game.values
    tiny = 1e-9 * float(np.abs(truth).max())
    return {
        "method": method,
        "family": family,
        "n": n,
        "budget": budget,
        "seed": seed,
        "error": relative_error(found.values, counted.game),
        "covered": float(
            (np.abs(found.values - truth) <= Z95 * found.stderr + tiny).mean()
        ),
        "half_width": float(
            Z95 * found.stderr.mean() / np.sqrt(np.square(truth).mean())
        ),
        "used": found.method,
        "seconds": seconds,
        "calls": counted.calls,
        "distinct": len(counted.seen),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--families", nargs="*", default=list(FAMILIES))
    parser.add_argument("--methods", nargs="*", default=["auto"])
    chosen = parser.parse_args()
    lines = chosen.out.read_text().splitlines() if chosen.out.exists() else []
    rows = [json.loads(line) for line in lines]
    done = {(r["method"], r["family"], r["n"], r["budget"], r["seed"]) for r in rows}
    with chosen.out.open("a") as out:
        for seed in range(chosen.seeds):
            for n in chosen.sizes:
                for budget in (k * n for k in PER_PLAYER):
                    for family in chosen.families:
                        for method in chosen.methods:
                            told = (
                                method + "+noise" if family == "team_noisy" else method
                            )
                            if (told, family, n, budget, seed) not in done:
                                row = measure(told, family, n, budget, seed)
                                out.write(json.dumps(row) + "\n")
                                out.flush()


if __name__ == "__main__":
    main()
