"""Epochs to convergence and final error of three trainings on five sequence tasks.

    python benchmarks/credit/forcing_study.py [--seeds 10] [--epochs 60] [--strength 0.1]

One epoch is 10 updates on 64 fresh sequences. Convergence: free-running validation loss below 0.01
for 10 epochs in a row, dated by the first of them. Every run lasts all epochs. Intervals are 95 %
percentile bootstrap intervals of the mean over seeds; runs without convergence count as the last
epoch and are printed.
"""

import argparse
import time

import numpy as np
import torch
from numpy.random import SeedSequence, default_rng

from shapley_coop.rl.forecast.cell import CellShape
from shapley_coop.rl.forecast.forcing import Forcing
from shapley_coop.rl.forecast.tasks import (
    DelayedXor,
    EvidenceIntegration,
    SequenceTask,
    SineGeneration,
)
from shapley_coop.rl.forecast.training import TrainingSettings, train

TASKS: dict[str, SequenceTask] = {
    "delayed XOR, delay 20": DelayedXor(20),
    "delayed XOR, delay 60": DelayedXor(60),
    "delayed XOR, delay 120": DelayedXor(120),
    "evidence integration": EvidenceIntegration(),
    "sine generation": SineGeneration(),
}


def interval(values: np.ndarray) -> str:
    rng = default_rng(0)
    means = rng.choice(values, (2000, len(values))).mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{values.mean():.3g} [{low:.3g}, {high:.3g}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--strength", type=float, default=0.1)
    parser.add_argument("--only", default="", help="run tasks whose name contains this")
    given = parser.parse_args()
    torch.set_num_threads(1)
    settings = TrainingSettings(epochs=given.epochs, patience=10, stop_early=False)
    trainings = [
        Forcing("bptt"),
        Forcing("error_forcing", given.strength),
        Forcing("teacher_forcing", given.strength),
    ]
    print(
        "| task | training | epochs to convergence | converged | final validation loss | s |"
    )
    print("|---|---|---|---|---|---|")
    for name, task in TASKS.items():
        if given.only not in name:
            continue
        shape = CellShape(task.inputs, task.outputs)
        for forcing in trainings:
            start = time.perf_counter()
            done = train(
                task, shape, forcing, settings, SeedSequence(7).spawn(given.seeds)
            )
            epochs = done.first_solved(settings)
            counted = np.array(
                [given.epochs if e is None else e for e in epochs], float
            )
            solved = sum(e is not None for e in epochs)
            final = done.validation_loss[-1].numpy().astype(float)
            label = (
                forcing.rule
                if forcing.rule == "bptt"
                else f"{forcing.rule} {forcing.strength}"
            )
            print(
                f"| {name} | {label} | {interval(counted)} | {solved}/{given.seeds} "
                f"| {interval(final)} | {time.perf_counter() - start:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
