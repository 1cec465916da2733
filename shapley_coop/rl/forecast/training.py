"""Training of parallel recurrent cells under a forcing rule, and when each converged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from numpy.random import Generator, SeedSequence, default_rng
from torch import Tensor

from shapley_coop.rl.forecast.cell import CellShape, CellWeights, draw_weights
from shapley_coop.rl.forecast.forcing import Forcing, masked_loss, unroll
from shapley_coop.rl.forecast.tasks import Batch, SequenceTask

FREE = Forcing("bptt")


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Numbers of the optimiser; learning rate and rate penalty from the paper's code."""

    epochs: int = 60
    updates: int = 10
    """Updates of one epoch, each on a fresh batch."""
    batch: int = 64
    learning_rate: float = 1e-3
    rate_penalty: float = 1e-5
    """Weight of the mean squared state."""
    clip: float = 1.0
    """Largest gradient norm of a cell."""
    threshold: float = 0.01
    """Free-running validation loss below which an epoch counts as solved."""
    patience: int = 5
    """Solved epochs in a row that make convergence."""
    stop_early: bool = True
    """Stop when every cell has converged."""


class Training(NamedTuple):
    """Weights after training and the losses of every epoch [E, S] for S cells."""

    weights: CellWeights
    training_loss: Tensor
    """Under forcing."""
    validation_loss: Tensor
    """Free running on the same held-out batch."""

    def converged(self, settings: TrainingSettings) -> list[int | None]:
        """First epoch (from 1) of the first solved stretch of each cell; None if there is none."""
        return [
            _first_stretch(column, settings)
            for column in self.validation_loss.T.tolist()
        ]


def train(
    task: SequenceTask,
    shape: CellShape,
    forcing: Forcing,
    settings: TrainingSettings,
    seeds: list[SeedSequence],
) -> Training:
    """Train one cell a seed, all at once; each has its own weights and its own stream of batches.

    Cells do not influence each other.
    """
    streams = [[default_rng(s) for s in seed.spawn(3)] for seed in seeds]
    start = draw_weights(shape, [s[0] for s in streams])
    weights = CellWeights(
        *(w.requires_grad_(name != "w_in") for name, w in _named(start))
    )
    optimiser = torch.optim.Adam(
        [w for name, w in _named(weights) if name != "w_in"], lr=settings.learning_rate
    )
    held_out = stack(task, 4 * settings.batch, [s[2] for s in streams])
    history: list[tuple[Tensor, Tensor]] = []
    for _ in range(settings.epochs):
        loss_S = torch.zeros(len(seeds))
        for _ in range(settings.updates):
            batch = stack(task, settings.batch, [s[1] for s in streams])
            loss_S += update(weights, optimiser, batch, shape.alpha, forcing, settings)
        history.append(
            (loss_S / settings.updates, evaluate(weights, held_out, shape.alpha))
        )
        done = Training(weights, *(torch.stack(x) for x in zip(*history, strict=True)))
        solved = all(epoch is not None for epoch in done.converged(settings))
        if solved and settings.stop_early:
            break
    return done._replace(weights=CellWeights(*(w.detach() for w in weights)))


def update(
    weights: CellWeights,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    alpha: float,
    forcing: Forcing,
    settings: TrainingSettings,
) -> Tensor:
    """Take one step of the optimiser; return the loss of each cell [S] before it."""
    ran = unroll(weights, *batch, forcing, alpha=alpha)
    loss_S = masked_loss(ran.output_BTO, batch.target_BTO, batch.mask_BT)
    penalty = settings.rate_penalty * (ran.hidden_BTN**2).mean(dim=(-3, -2, -1))
    optimiser.zero_grad()
    (loss_S + penalty).sum().backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    _clip([w.grad for w in weights if w.grad is not None], settings.clip)
    optimiser.step()
    return loss_S.detach()


@torch.no_grad()
def evaluate(weights: CellWeights, batch: Batch, alpha: float) -> Tensor:
    """Loss of each cell [S] running freely."""
    ran = unroll(weights, *batch, FREE, alpha=alpha)
    return masked_loss(ran.output_BTO, batch.target_BTO, batch.mask_BT)


def stack(task: SequenceTask, size: int, rngs: list[Generator]) -> Batch:
    """One batch a cell, with a leading axis over the cells."""
    batches = [task.sample(size, rng) for rng in rngs]
    return Batch(*(torch.stack(part) for part in zip(*batches, strict=True)))


def _clip(grads: list[Tensor], largest: float) -> None:
    """Scale down, in place, the gradients of each cell whose norm is above the largest."""
    norm_S = torch.stack([g.flatten(1).norm(dim=1) for g in grads]).norm(dim=0)
    factor_S = (largest / norm_S.clamp(min=largest)).nan_to_num()
    for g in grads:
        g.mul_(factor_S.view(-1, *[1] * (g.ndim - 1)))


def _first_stretch(losses: list[float], settings: TrainingSettings) -> int | None:
    run = 0
    for epoch, loss in enumerate(losses, start=1):
        run = run + 1 if loss < settings.threshold else 0
        if run == settings.patience:
            return epoch - settings.patience + 1
    return None


def _named(weights: CellWeights) -> Iterator[tuple[str, Tensor]]:
    return zip(CellWeights._fields, weights, strict=True)
