"""Measures the engine's own times: exact paths, planning, driver, early stop, noise, import."""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shapley.balanced import BALANCED, BALANCED_COUNTS
from benchmarks.shapley.games import make
from shapley_coop.shapley import (
    Options,
    estimate,
    estimate_by_types,
    evaluate,
    exact,
    exact_by_types,
    half_width,
    pair_interactions,
)
from shapley_coop.shapley.coalitions import mask_of, to_matrix
from shapley_coop.shapley.evaluation.evaluator import AsyncGame
from shapley_coop.shapley.evaluation.task import Method


def seconds(
    run: Callable[[], object],
    repeats: int,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return the median wall time of a call. By `time.process_time`, its processor time."""
    times = []
    for _ in range(repeats):
        start = clock()
        run()
        times.append(clock() - start)
    return float(np.median(times))


def tables() -> dict[str, float]:
    """Time exact values and pairs beside a bare sum, interleaved. Count extra memory."""
    found = {}
    for n in (8, 12, 16, 18, 20, 22, 24):
        table = np.random.default_rng(n).random(1 << n)
        tracemalloc.start()
        exact(table)
        found[f"exact n={n} extra memory, share of the table"] = (
            tracemalloc.get_traced_memory()[1] / table.nbytes
        )
        tracemalloc.stop()
        rounds = 5 if n > 20 else 31
        sums, values = [], []
        for _ in range(rounds):
            sums.append(seconds(table.sum, 1))
            values.append(seconds(lambda t=table: exact(t), 1))
        found[f"exact n={n} ms"] = 1e3 * float(np.median(values))
        found[f"exact n={n} sums"] = float(np.median(values) / np.median(sums))
        if n in {16, 20}:
            pairs = lambda t=table: pair_interactions(t)  # noqa: E731  (used here)
            found[f"pairs n={n} ms"] = 1e3 * seconds(pairs, rounds)
            found[f"pairs n={n} processor ms"] = 1e3 * seconds(
                pairs, rounds, time.process_time
            )
    return found


def twenty_players(runs: int = 5) -> dict[str, float]:
    """Compare exact values of 20 players with a bare sum, in processor time, in several runs."""
    table = np.random.default_rng(20).random(1 << 20)
    ratios = []
    for _ in range(runs):
        sums = seconds(table.sum, 31, time.process_time)
        values = seconds(lambda: exact(table), 31, time.process_time)
        ratios.append(values / sums)
    return {
        f"exact n=20 sums, least of {runs} runs": min(ratios),
        f"exact n=20 sums, largest of {runs} runs": max(ratios),
    }


def types() -> dict[str, float]:
    """Time games of few types, small and large, and the exact way beside the sampled one."""
    lattice = lambda k: np.minimum(k[:, 0], 2 * k[:, 1:].sum(axis=1))  # noqa: E731  (used here)
    counts = {
        "1000 players, 500 + 500": [500, 500],
        "10000 players, 9900 + 90 + 10": [9900, 90, 10],
    }
    found = {
        f"types: {name} s": seconds(lambda c=c: exact_by_types(lattice, c), 7)
        for name, c in counts.items()
    }
    return found | balanced_types()


def balanced_types(seeds: int = 12) -> dict[str, float]:
    """Time and check 10,000 players of three balanced types on games of known values.

    The error is the largest of the types' over the largest value, its root mean square over the
    seeds; the values of gloves and of the weighted vote are integrals over exact distributions.
    """
    found = {}
    for name, (game, truth) in BALANCED.items():
        errors, covered, times = [], [], []
        for seed in range(seeds):
            start = time.perf_counter()
            estimated = estimate_by_types(
                game, BALANCED_COUNTS, rng=np.random.default_rng(seed)
            )
            times.append(time.perf_counter() - start)
            error = np.abs(estimated.values - truth())
            errors.append(error.max() / np.abs(truth()).max())
            covered.append((error <= 1.96 * estimated.stderr + 1e-15).mean())
        what = f"types: 3333 + 3333 + 3334, {name}"
        found[f"{what} s"] = float(np.median(times))
        found[f"{what}: relative error"] = float(np.sqrt(np.mean(np.square(errors))))
        found[f"{what}: coverage"] = float(np.mean(covered))
    return found


def planning() -> dict[str, float]:
    """Time everything but the game: processor time of `estimate` less that of its calls."""
    found = {}
    for n, budget in ((50, 1000), (8, 64)):
        game = make("team", n, 0)
        inside = 0.0

        def timed(z: Any, f: Any = game.f) -> Any:
            nonlocal inside
            start = time.process_time()
            values = f(z)
            inside += time.process_time() - start
            return values

        times = []
        for _ in range(5):
            inside = 0.0
            start = time.process_time()
            estimate(
                timed, n, budget=budget, rng=np.random.default_rng(0), method="process"
            )
            times.append(time.process_time() - start - inside)
        found[f"planning n={n}, {budget} evaluations s"] = float(np.median(times))
    return found


async def _size(coalition: frozenset[int], _draw: int) -> float:
    return float(len(coalition))


def driver() -> dict[str, float]:
    """Time the driver per evaluation of a free game, and with 100 ms games its wall time."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, logged in (("in memory", False), ("with the log", True)):
            for kind, clock in (
                ("", time.perf_counter),
                (", processor", time.process_time),
            ):
                best = []
                for k in range(7):
                    log = Path(folder) / f"{k}{kind}" if logged else None
                    options = Options(workers=16, method="permutation", log=log)
                    start = clock()
                    run = _drive(_size, 16, 20_000, options)
                    whole = clock() - start
                    best.append(
                        (whole - seconds(run.session.estimate, 3, clock)) / 20_000
                    )
                found[f"driver {name} us an evaluation{kind}"] = 1e6 * min(best)

    async def slow(coalition: frozenset[int], _draw: int) -> float:
        await asyncio.sleep(0.1)
        return float(len(coalition))

    wall = seconds(lambda: _drive(slow, 12, 256, Options(workers=16)), 1)
    found["256 evaluations of 100 ms, 16 at once: wall / ideal"] = wall / (
        256 / 16 * 0.1
    )
    return found


def _drive(game: AsyncGame, n: int, budget: int, options: Options) -> Any:
    return asyncio.run(
        evaluate(game, n, budget=budget, rng=np.random.default_rng(0), options=options)
    )


def early_stop(seeds: int = 20) -> dict[str, float]:
    """Count evaluations until every 95 % interval is within 5 % of the pot. Noisy team, n = 12."""
    counts: dict[Method, list[int]] = {"auto": [], "antithetic": [], "permutation": []}
    covered = []
    for seed in range(seeds):
        for method, spent in counts.items():
            game = make("team_noisy", 12, seed)

            async def value(
                coalition: frozenset[int], _draw: int, f: Any = game.f
            ) -> float:
                return float(f(to_matrix([mask_of(coalition)], 12))[0])

            # Repeats are paid for under noise; a permutation's own draws are independent anyway.
            options = Options(
                workers=1,
                method=method,
                noise=True,
                stop=half_width(0.05),
            )
            run = _drive(value, 12, 6000, options)
            spent.append(run.evaluations)
            if method == "auto":
                low, high = run.estimate.interval()
                covered.append(((low <= game.values) & (game.values <= high)).mean())
    found = {
        f"early stop: evaluations of {m}": float(np.median(c))
        for m, c in counts.items()
    }
    found["early stop: auto's coverage at the stop"] = float(np.mean(covered))
    return found


def noisy_table(seeds: int = 60) -> dict[str, float]:
    """Compare with uniform repeats: n = 8, noise 0.2 of the pot, 4 · 2^n evaluations."""
    n, ours, uniform, covered = 8, [], [], []
    for seed in range(seeds):
        game = make("team", n, seed)
        draw = np.random.default_rng(seed)
        noisy = lambda z, f=game.f, r=draw: f(z) + 0.2 * r.normal(size=len(z))  # noqa: E731
        found = estimate(
            noisy, n, budget=4 << n, noise=True, rng=np.random.default_rng(seed)
        )
        ours.append(np.square(found.values - game.values).sum())
        covered.append(
            (np.abs(found.values - game.values) <= 1.96 * found.stderr).mean()
        )
        everyone = to_matrix(range(1 << n), n)
        table = np.mean([noisy(everyone) for _ in range(4)], axis=0)
        uniform.append(np.square(exact(table).values - game.values).sum())
    return {
        "noisy n=8: squared error / uniform repeats'": float(
            np.mean(ours) / np.mean(uniform)
        ),
        "noisy n=8: coverage": float(np.mean(covered)),
    }


def importing() -> dict[str, float]:
    """Time the import in a fresh interpreter, that interpreter's own start taken off."""
    empty = seconds(lambda: subprocess.run([sys.executable, "-c", ""], check=True), 7)
    code = "import shapley_coop.shapley"
    full = seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True), 7)
    return {"import ms": 1e3 * (full - empty)}


PARTS = [
    tables,
    twenty_players,
    types,
    planning,
    driver,
    early_stop,
    noisy_table,
    importing,
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--parts", nargs="*", choices=[p.__name__ for p in PARTS])
    chosen = parser.parse_args()
    found: dict[str, float] = {}
    if chosen.out.exists():
        found = json.loads(chosen.out.read_text())
    for part in PARTS:
        if not chosen.parts or part.__name__ in chosen.parts:
            found |= part()
            chosen.out.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
