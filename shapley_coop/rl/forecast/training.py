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
    """Numbers of the optimiser. Learning rate and rate penalty are from the paper's code."""

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

    def first_solved(self, settings: TrainingSettings) -> list[int | None]:
        """Return the epoch (from 1) in which each cell's first solved stretch began, or None."""
        losses_of_cells = self.validation_loss.T.tolist()
        return [_first_stretch(losses, settings) for losses in losses_of_cells]


def train(
    task: SequenceTask,
    shape: CellShape,
    forcing: Forcing,
    settings: TrainingSettings,
    seeds: list[SeedSequence],
) -> Training:
    """Train one cell a seed, all at once.

    Each has its own weights and its own stream of batches. Cells do not influence each other.
    """
    # Weights, training batches and held-out sequences draw from streams of their own.
    starts, draws, tests = _streams(seeds)
    weights = draw_weights(shape, starts)
    # Weights of inputs stay as they were drawn, as in the paper's code.
    learned = [w.requires_grad_() for name, w in _items(weights) if name != "w_in"]
    optimiser = torch.optim.Adam(learned, lr=settings.learning_rate)
    # Four times a batch, so that the validation loss is less noisy than training.
    held_out = stack(task, 4 * settings.batch, tests)
    history: list[tuple[Tensor, Tensor]] = []
    for _ in range(settings.epochs):
        loss_S = torch.zeros(len(seeds))
        for _ in range(settings.updates):
            batch = stack(task, settings.batch, draws)
            loss_S += update(weights, optimiser, batch, shape.alpha, forcing, settings)
        validation_S = evaluate(weights, held_out, shape.alpha)
        history.append((loss_S / settings.updates, validation_S))
        columns = (torch.stack(losses) for losses in zip(*history, strict=True))
        training = Training(weights, *columns)
        solved = None not in training.first_solved(settings)
        if solved and settings.stop_early:
            break
    final = CellWeights(*(w.detach() for w in weights))
    return training._replace(weights=final)


def _streams(
    seeds: list[SeedSequence],
) -> tuple[list[Generator], list[Generator], list[Generator]]:
    """Return three generators a seed: one for weights, one for batches, one for the test."""
    streams: tuple[list[Generator], list[Generator], list[Generator]] = ([], [], [])
    for seed in seeds:
        for stream, child in zip(streams, seed.spawn(3), strict=True):
            stream.append(default_rng(child))
    return streams


def update(
    weights: CellWeights,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    alpha: float,
    forcing: Forcing,
    settings: TrainingSettings,
) -> Tensor:
    """Take one step of the optimiser and return the loss of each cell [S] before it."""
    unrolled = unroll(weights, *batch, forcing, alpha=alpha)
    loss_S = masked_loss(unrolled.output_BTO, batch.target_BTO, batch.mask_BT)
    penalty = settings.rate_penalty * (unrolled.hidden_BTN**2).mean(dim=(-3, -2, -1))
    optimiser.zero_grad()
    (loss_S + penalty).sum().backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    # Each cell is clipped by its own norm, so that cells do not influence each other.
    _clip([w.grad for w in weights if w.grad is not None], settings.clip)
    optimiser.step()
    return loss_S.detach()


@torch.no_grad()
def evaluate(weights: CellWeights, batch: Batch, alpha: float) -> Tensor:
    """Loss of each cell [S] running freely."""
    unrolled = unroll(weights, *batch, FREE, alpha=alpha)
    return masked_loss(unrolled.output_BTO, batch.target_BTO, batch.mask_BT)


def stack(task: SequenceTask, size: int, rngs: list[Generator]) -> Batch:
    """One batch a cell, with a leading axis over the cells."""
    batches = [task.sample(size, rng) for rng in rngs]
    return Batch(*(torch.stack(part) for part in zip(*batches, strict=True)))


def _clip(grads: list[Tensor], largest: float) -> None:
    """Scale down, in place, the gradients of each cell whose norm is above the largest."""
    norms = [g.flatten(1).norm(dim=1) for g in grads]
    norm_S = torch.stack(norms).norm(dim=0)
    factor_S = (largest / norm_S.clamp(min=largest)).nan_to_num()
    for g in grads:
        # One factor a cell, whatever the number of axes of its weights.
        g.mul_(factor_S.view(-1, *[1] * (g.ndim - 1)))


def _first_stretch(losses: list[float], settings: TrainingSettings) -> int | None:
    """Return the epoch in which the first long enough stretch of small losses began."""
    run = 0
    for epoch, loss in enumerate(losses, start=1):
        run = run + 1 if loss < settings.threshold else 0
        # An epoch counts from the start of its stretch, not from where that was noticed.
        if run == settings.patience:
            return epoch - settings.patience + 1
    return None


def _items(weights: CellWeights) -> Iterator[tuple[str, Tensor]]:
    return zip(CellWeights._fields, weights, strict=True)
