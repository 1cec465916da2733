"""A leaky recurrent cell with a linear read-out. Several cells of one shape run side by side."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor


class CellWeights(NamedTuple):
    """Weights of N units, I inputs and O outputs. Leading axes, if any, count parallel cells."""

    w_rec: Tensor
    """[N, N], where row i holds the incoming weights of unit i."""
    w_in: Tensor
    """[I, N]"""
    bias: Tensor
    """[N]"""
    w_out: Tensor
    """[N, O]"""
    b_out: Tensor
    """[O]"""


@dataclass(frozen=True, slots=True)
class CellShape:
    """Size and time scale of a cell. Defaults are those of the error-forcing paper's code."""

    inputs: int
    outputs: int
    units: int = 50
    tau: float = 10.0
    """Time constant of the leak, in units of time."""
    dt: float = 1.0
    """Length of one step, in units of time."""
    gain: float = 1.5
    """Spectral radius of the random recurrent weights."""

    @property
    def alpha(self) -> float:
        """Leak of one step: dt / tau."""
        return self.dt / self.tau


def draw_weights(
    shape: CellShape, rngs: list[Generator], dtype: torch.dtype = torch.float32
) -> CellWeights:
    """Draw Gaussian weights of one cell a generator, with a leading axis over cells.

    Biases are 0.
    """
    n = shape.units
    cells = len(rngs)
    # The usual scale of a linear layer: outputs then vary as much as single units do.
    scale = n**-0.5

    def normal(std: float, *size: int) -> Tensor:
        # Drawn in numpy, whose generators are passed in, one a cell.
        drawn = np.stack([rng.normal(0.0, std, size) for rng in rngs])
        return torch.as_tensor(drawn, dtype=dtype)

    return CellWeights(
        normal(shape.gain * scale, n, n),
        normal(1.0, shape.inputs, n),
        torch.zeros(cells, n, dtype=dtype),
        normal(scale, n, shape.outputs),
        torch.zeros(cells, shape.outputs, dtype=dtype),
    )


def leak(h_BN: Tensor, x_BI: Tensor, weights: CellWeights, alpha: float) -> Tensor:
    """One free step: (1 - alpha) h + alpha (W tanh(h) + b + W_in^T x): [B, N]."""
    rate_BN = torch.tanh(h_BN)
    drive_BN = rate_BN @ weights.w_rec.mT + weights.bias.unsqueeze(-2)
    return (1 - alpha) * h_BN + alpha * (drive_BN + x_BI @ weights.w_in)


def leak_locally(
    h_BN: Tensor, x_BI: Tensor, weights: CellWeights, alpha: float
) -> Tensor:
    """One free step whose gradient runs through the recurrence along W's diagonal alone.

    The value is that of `leak`. Source: RFLO (Murray 2019, eLife 8:e43299), in the variant that
    keeps the diagonal of W.
    """
    rate_BN = torch.tanh(h_BN)
    frozen_BN = rate_BN.detach()
    diagonal_N = weights.w_rec.diagonal(dim1=-2, dim2=-1).detach().unsqueeze(-2)
    drive_BN = frozen_BN @ weights.w_rec.mT + weights.bias.unsqueeze(-2)
    # The bracket is 0 as a number. It is there for its gradient, which the diagonal carries.
    drive_BN = drive_BN + diagonal_N * (rate_BN - frozen_BN) + x_BI @ weights.w_in
    return (1 - alpha) * h_BN + alpha * drive_BN


def read_out(h_BN: Tensor, weights: CellWeights) -> Tensor:
    """Output W_out^T h + b_out: [B, O]."""
    return h_BN @ weights.w_out + weights.b_out.unsqueeze(-2)
