"""Error of forecast final credit at 25, 50 and 75 % of an episode, beside simpler forecasts.

    python benchmarks/credit/forecaster_study.py [--source MODULE:FUNCTION] [--training 400]

A source maps (count, seed) to `Episodes`. The default source is made up: seats gain points of
different worth step by step, and the last steps depend on the state. `compare` serves any source.
Rollouts of equal cost are an option of the source: its `rollout` estimates the final credits of an
episode from its first steps by as many simulated steps as the forecaster's training used, shared
among all forecasts that are asked for.
"""

import argparse
import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import SeedSequence, default_rng

from shapley_coop.rl.forecast.forcing import Forcing
from shapley_coop.rl.forecast.forecaster import ForecasterSettings, fit_forecaster

SHARES = (0.25, 0.5, 0.75)
TRAININGS = (Forcing(), Forcing("error_forcing", 0.1), Forcing("teacher_forcing", 0.1))


@dataclass(frozen=True)
class Episodes:
    """Public features [T, F] of each episode, final credits [E, n], pots [E]."""

    features: Sequence[np.ndarray]
    credit_En: np.ndarray
    pot_E: np.ndarray
    rollout: Callable[[int, int], np.ndarray] | None = None
    """(episode, steps seen) -> estimated final credits [n]."""


def made_up(count: int, seed: SeedSequence) -> Episodes:
    """Three seats. Each step one of them gains what its skill, seen only in its gains, is worth."""
    rng = default_rng(seed)
    features, credits_En = [], np.zeros((count, 3))
    for e in range(count):
        skill = rng.gamma(2.0, 1.0, 3)
        steps = np.zeros((int(rng.integers(8, 17)), 4))
        for t in range(len(steps)):
            seat = int(rng.integers(0, 3))
            steps[t, seat] = skill[seat] * rng.uniform(0.5, 1.5)
            steps[t, 3] = t / 16
        features.append(steps)
        credits_En[e] = steps[:, :3].sum(0)
    return Episodes(features, credits_En, credits_En.sum(1))


def errors(
    forecast: Callable[[int, int], np.ndarray], test: Episodes, share: float
) -> np.ndarray:
    """Root mean squared error over the seats of each episode: [E]."""
    out = []
    for e, features in enumerate(test.features):
        seen = max(1, round(share * len(features)))
        out.append(np.sqrt(np.mean((forecast(e, seen) - test.credit_En[e]) ** 2)))
    return np.array(out)


def compare(
    training: Episodes, test: Episodes, seed: SeedSequence
) -> dict[str, list[np.ndarray]]:
    """Errors [E] at each share, by forecast. The equal split is told the true pot."""
    seats = training.credit_En.shape[1]
    prior = training.credit_En.mean(0)
    table: dict[str, Callable[[int, int], np.ndarray]] = {
        "prior mean": lambda _e, _t: prior,
        "equal split of the true pot": lambda e, _t: np.full(
            seats, test.pot_E[e] / seats
        ),
    }
    if test.rollout is not None:
        table["rollout"] = test.rollout
    for forcing in TRAININGS:
        start = time.perf_counter()
        model = fit_forecaster(
            training.features,
            training.credit_En,
            ForecasterSettings(forcing=forcing),
            seed,
        )
        name = f"forecaster, {forcing.rule} ({time.perf_counter() - start:.0f} s)"
        table[name] = lambda e, t, model=model: model.now(test.features[e][:t]).mean
    return {
        name: [errors(f, test, share) for share in SHARES] for name, f in table.items()
    }


def interval(values: np.ndarray) -> str:
    means = default_rng(0).choice(values, (2000, len(values))).mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{values.mean():.2f} [{low:.2f}, {high:.2f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--source", default="", help="MODULE:FUNCTION; default: made-up episodes"
    )
    parser.add_argument("--training", type=int, default=400)
    parser.add_argument("--test", type=int, default=200)
    given = parser.parse_args()
    torch.set_num_threads(1)
    source = made_up
    if given.source:
        module, _, name = given.source.partition(":")
        source = getattr(importlib.import_module(module), name)
    first, second, third = SeedSequence(5).spawn(3)
    results = compare(source(given.training, first), source(given.test, second), third)
    print(
        f"{given.training} training and {given.test} held-out episodes; RMSE over seats"
    )
    print("| forecast | 25 % | 50 % | 75 % |")
    print("|---|---|---|---|")
    for name, columns in results.items():
        print(
            f"| {name} | " + " | ".join(interval(column) for column in columns) + " |"
        )


if __name__ == "__main__":
    main()
