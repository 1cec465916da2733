"""Supervised training of an adapter: the loss is on answers alone, and so are the logits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from shapley_coop.errors import ModelError
from shapley_coop.rl.policies.low_rank import (
    Adapters,
    adapter_tensors,
    load_adapters,
    trained_parameters,
)
from shapley_coop.rl.training.checkpoint import STATE_FILE, read_state, write_state
from shapley_coop.rl.training.memory import within_memory
from shapley_coop.rl.training.processes import ALONE, Processes, sum_gradients
from shapley_coop.rl.training.token_rows import TokenBatch, TokenRows, batches


@dataclass(frozen=True)
class TrainingSchedule:
    """How long is trained and how fast is learned."""

    passes: int
    """How often every row is seen."""
    most_tokens: int
    """Tokens of a step, padding counted."""
    rate: float = 1e-3
    """The greatest learning rate of AdamW."""
    warm_up: int = 30
    """Steps in which the rate rises to it. Then it falls to 0 as a cosine does."""
    seconds: float = math.inf
    """After so many seconds training has ended, with the rate at 0, however much is left."""
    keep_every: float = 60.0
    """Seconds between two checkpoints."""
    clip: float = 1.0
    """The greatest norm of a gradient."""


@dataclass
class TrainingProgress:
    """How far training has come. All of it is kept in checkpoints."""

    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    """The mean loss of an answer's token, in nats, by step."""
    split: int = 1
    """Into how many parts a step is cut because its memory did not suffice."""


class Trainer:
    """Trains the adapters of one model on one device.

    Args:
        model: a Llama model with adapters, on its device.
        adapters: those of the model.
        rows: what is learned.
        schedule: for how long.
        seed: shuffles the rows.
        folder: takes checkpoints.
        tell: is told of faults that training survives.
        processes: which train together, each on its own parts of every step.
    """

    def __init__(
        self,
        model: nn.Module,
        adapters: Adapters,
        rows: TokenRows,
        schedule: TrainingSchedule,
        *,
        seed: int,
        folder: Path,
        tell: Callable[[str], None],
        processes: Processes = ALONE,
    ) -> None:
        self.model = model
        self.adapters = adapters
        self.rows = rows
        self.schedule = schedule
        self.seed = seed
        self.folder = folder
        self.tell = tell
        self.processes = processes
        self.progress = TrainingProgress()
        self.parameters = trained_parameters(adapters)
        self.device = self.parameters[0].device
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=schedule.rate, weight_decay=0.0
        )
        self.steps = self._count_steps()

    def train(self, listen: Callable[[TrainingProgress], None]) -> TrainingProgress:
        """Train to the end of the schedule, on from what was done, and return the progress.

        Raises:
            ModelError: a loss is no number. The checkpoint before it stays.
        """
        began = self.processes.first(time.perf_counter) - self.progress.seconds
        kept = self.progress.seconds
        done = self.progress.steps
        for number, batch in enumerate(self._all_batches()):
            # Batches that were learned before a resume are drawn again and left out.
            if number < done:
                continue
            share = self._share_done()
            if share >= 1:
                self.tell(
                    f"{self.schedule.seconds:g} seconds are over: training ends after step "
                    f"{number} of {self.steps}"
                )
                break
            for group in self.optimizer.param_groups:
                group["lr"] = self._rate(number, share)
            loss = self._step(batch)
            if not math.isfinite(loss):
                raise ModelError(
                    f"the loss of step {number} is {loss}; the last good checkpoint is "
                    f"{str(self.folder / STATE_FILE)!r}; train again with a lower rate"
                )
            self.progress.steps += 1
            self.progress.tokens += batch.count
            self.progress.losses.append(loss)
            # The rate follows the clock, so all must read the same one.
            clock = self.processes.first(time.perf_counter)
            self.progress.seconds = clock - began
            if self.progress.seconds - kept > self.schedule.keep_every:
                self.processes.first(self.keep)
                kept = self.progress.seconds
            listen(self.progress)
        self.processes.first(self.keep)
        return self.progress

    def keep(self) -> None:
        """Write a checkpoint. It takes the place of the one before in one step."""
        state = {
            "adapters": adapter_tensors(self.adapters),
            "optimizer": self.optimizer.state_dict(),
            "progress": vars(self.progress),
        }
        write_state(self.folder, state)

    def resume(self) -> None:
        """Take up the checkpoint of the folder."""
        state = read_state(self.folder, self.device)
        load_adapters(self.adapters, state["adapters"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress = TrainingProgress(**state["progress"])

    def _all_batches(self) -> Iterator[TokenBatch]:
        for number in range(self.schedule.passes):
            rng = np.random.default_rng((self.seed, number))
            yield from batches(self.rows, rng, self.schedule.most_tokens)

    def _count_steps(self) -> int:
        """Return how many steps all passes take, by the first one."""
        rng = np.random.default_rng((self.seed, 0))
        once = sum(1 for _ in batches(self.rows, rng, self.schedule.most_tokens))
        return once * self.schedule.passes

    def _share_done(self) -> float:
        """Return the share of the schedule that is over, by steps or by time."""
        by_time = self.progress.seconds / self.schedule.seconds
        return max(by_time, self.progress.steps / self.steps)

    def _rate(self, step: int, share: float) -> float:
        warm = min(1.0, (step + 1) / self.schedule.warm_up)
        return self.schedule.rate * warm * 0.5 * (1 + math.cos(math.pi * share))

    def _step(self, batch: TokenBatch) -> float:
        """Learn one batch and return its mean loss. Where memory is short, it is cut in parts."""
        loss, self.progress.split = within_memory(
            partial(self._set_gradients, batch),
            self.progress.split,
            max(self.progress.split, len(batch.tokens)),
            self.tell,
            self.processes,
        )
        sum_gradients(self.processes, self.parameters)
        nn.utils.clip_grad_norm_(self.parameters, self.schedule.clip)
        self.optimizer.step()
        return float(self.processes.sum(loss))

    def _set_gradients(self, batch: TokenBatch, split: int) -> Tensor:
        """Set the gradients of this process's parts of a batch, and return their loss."""
        self.optimizer.zero_grad(set_to_none=True)
        total = torch.zeros((), device=self.device)
        rank, count = self.processes.rank, self.processes.count
        for part in islice(_parts(batch, split * count), rank, None, count):
            loss = answer_loss(self.model, part, self.device) / len(batch.targets)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return total


def answer_loss(model: nn.Module, batch: TokenBatch, device: torch.device) -> Tensor:
    """Return the summed cross-entropy of a batch's answers, in nats."""
    logits, targets = _answer_logits(model, batch, device)
    return nn.functional.cross_entropy(logits, targets, reduction="sum")


def answer_logprobs(
    model: nn.Module, batch: TokenBatch, device: torch.device
) -> Tensor:
    """Return the natural logarithm of the probability of every token of a batch's answers: [K]."""
    logits, targets = _answer_logits(model, batch, device)
    return -nn.functional.cross_entropy(logits, targets, reduction="none")


def _answer_logits(
    model: nn.Module, batch: TokenBatch, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return the logits where tokens of answers are foretold, and these tokens."""
    tokens = torch.from_numpy(batch.tokens).to(device, non_blocking=True)
    positions = torch.from_numpy(batch.positions).to(device, non_blocking=True)
    targets = torch.from_numpy(batch.targets).to(device, non_blocking=True)
    hidden = model.get_submodule("model")(input_ids=tokens, use_cache=False)[0]
    # Prompts are most of the tokens and the vocabulary is large, so only answers get logits.
    chosen = hidden.reshape(-1, hidden.shape[-1])[positions]
    return model.get_submodule("lm_head")(chosen).float(), targets


def _parts(batch: TokenBatch, parts: int) -> Iterator[TokenBatch]:
    """Yield a batch in parts of about as many rows."""
    if parts == 1:
        yield batch
        return
    length = batch.tokens.shape[1]
    rows = batch.positions // length
    for chosen in np.array_split(np.arange(len(batch.tokens)), parts):
        if not len(chosen):
            continue
        inside = (rows >= chosen[0]) & (rows <= chosen[-1])
        yield TokenBatch(
            tokens=batch.tokens[chosen],
            positions=batch.positions[inside] - int(chosen[0]) * length,
            targets=batch.targets[inside],
            count=batch.count,
        )
