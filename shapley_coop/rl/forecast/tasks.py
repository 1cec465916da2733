"""Sequence tasks for recurrent networks: delayed XOR, evidence integration, sine generation."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor


class Batch(NamedTuple):
    """Inputs [B, T, I], targets [B, T, O], and 1 where a target exists [B, T]."""

    x_BTI: Tensor
    target_BTO: Tensor
    mask_BT: Tensor


class SequenceTask(Protocol):
    """A source of batches with fixed numbers of inputs and outputs."""

    inputs: int
    outputs: int

    def sample(self, size: int, rng: Generator) -> Batch:
        """Draw `size` sequences."""
        ...


@dataclass(frozen=True, slots=True)
class DelayedXor:
    """Two cues of +1 or -1, a delay, then their product must be shown (XOR of the signs)."""

    delay: int = 20
    """Steps between the second cue and the answer."""
    cue: int = 5
    """Steps that each cue, and the answer, lasts."""
    inputs: int = 2
    outputs: int = 1

    def sample(self, size: int, rng: Generator) -> Batch:
        """Draw `size` sequences of 3 cue + delay steps."""
        sign_B2 = rng.choice([-1.0, 1.0], (size, 2))
        steps = 3 * self.cue + self.delay
        x = np.zeros((size, steps, 2))
        # Each cue has an input of its own and fills it one after the other.
        first, second = sign_B2[:, :1], sign_B2[:, 1:]
        x[:, : self.cue, 0] = first
        x[:, self.cue : 2 * self.cue, 1] = second
        product_B = sign_B2.prod(1)
        return _ask_at_end(x, product_B, self.cue)


@dataclass(frozen=True, slots=True)
class EvidenceIntegration:
    """Cues to the left or right, of which at the end the side with more must be named."""

    cues: int = 7
    """Number of cues, an odd one, so that there is no tie."""
    cue: int = 5
    gap: int = 5
    delay: int = 20
    inputs: int = 2
    outputs: int = 1

    def sample(self, size: int, rng: Generator) -> Batch:
        """Draw `size` sequences of cues (cue + gap) + delay + cue steps."""
        side_BC = rng.integers(0, 2, (size, self.cues))
        period = self.cue + self.gap
        steps = self.cues * period + self.delay + self.cue
        x = np.zeros((size, steps, 2))
        rows = np.arange(size)
        for place in range(self.cues):
            start = place * period
            for t in range(start, start + self.cue):
                x[rows, t, side_BC[:, place]] = 1.0
        # Positive where more cues came on the right than on the left.
        surplus_B = 2 * side_BC.sum(1) - self.cues
        return _ask_at_end(x, np.sign(surplus_B), self.cue)


@dataclass(frozen=True, slots=True)
class SineGeneration:
    """A constant input names a period, of which a sine and a cosine must be produced."""

    shortest: float = 90.0
    longest: float = 180.0
    """Periods in steps, drawn evenly between the two."""
    steps: int = 180
    offset: float = 0.25
    """Added to the input, which otherwise rises from 0 to 1 with the frequency."""
    inputs: int = 1
    outputs: int = 2

    def sample(self, size: int, rng: Generator) -> Batch:
        """Draw `size` sequences with a target at every step."""
        period_B = rng.uniform(self.shortest, self.longest, size)
        low, high = 1 / self.longest, 1 / self.shortest
        # The input rises with the frequency, not with the period.
        level_B = self.offset + (1 / period_B - low) / (high - low)
        time_T = np.arange(self.steps)
        phase_BT = 2 * np.pi * time_T / period_B[:, None]
        x = np.repeat(level_B[:, None, None], self.steps, axis=1)
        waves = [np.sin(phase_BT), np.cos(phase_BT)]
        target = np.stack(waves, axis=2)
        everywhere = torch.ones(size, self.steps)
        return Batch(_tensor(x), _tensor(target), everywhere)


def _ask_at_end(x_BTI: np.ndarray, sign_B: np.ndarray, last: int) -> Batch:
    """Ask for one number a sequence during the last steps."""
    size, steps, _ = x_BTI.shape
    target = np.zeros((size, steps, 1))
    mask = np.zeros((size, steps))
    target[:, -last:, 0] = sign_B[:, None]
    mask[:, -last:] = 1.0
    return Batch(_tensor(x_BTI), _tensor(target), _tensor(mask))


def _tensor(values: np.ndarray) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32)
