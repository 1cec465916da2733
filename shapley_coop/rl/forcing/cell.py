"""A leaky recurrent cell with a linear read-out, and its free dynamics over a sequence."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Weights(NamedTuple):
    """Weights of N units, I inputs, O outputs.

    w_rec [N, N], row i = incoming weights of unit i; w_in [I, N]; bias [N]; w_out [N, O];
    b_out [O].
    """

    w_rec: Tensor
    w_in: Tensor
    bias: Tensor
    w_out: Tensor
    b_out: Tensor


@dataclass(frozen=True, slots=True)
class CellShape:
    """Size and time scale of a cell; defaults from the error-forcing paper's code."""

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


class LeakyCell(nn.Module):
    """Trainable weights of a cell; input weights stay as drawn, as in the paper's code."""

    def __init__(self, shape: CellShape, generator: torch.Generator) -> None:
        """Draw Gaussian weights from the generator; biases start at 0."""
        super().__init__()
        n, scale = shape.units, shape.units**-0.5
        self.shape = shape
        self.w_rec = nn.Parameter(shape.gain * scale * torch.randn(n, n, generator=generator))
        self.bias = nn.Parameter(torch.zeros(n))
        self.w_out = nn.Parameter(scale * torch.randn(n, shape.outputs, generator=generator))
        self.b_out = nn.Parameter(torch.zeros(shape.outputs))
        self.w_in: Tensor
        self.register_buffer("w_in", torch.randn(shape.inputs, n, generator=generator))

    def weights(self) -> Weights:
        """Return the weights as one value."""
        return Weights(self.w_rec, self.w_in, self.bias, self.w_out, self.b_out)


def leak(h_BN: Tensor, x_BI: Tensor, weights: Weights, alpha: float) -> Tensor:
    """One free step: (1 - alpha) h + alpha (W tanh(h) + b + W_in^T x): [B, N]."""
    drive_BN = torch.tanh(h_BN) @ weights.w_rec.T + weights.bias + x_BI @ weights.w_in
    return (1 - alpha) * h_BN + alpha * drive_BN


def leak_locally(h_BN: Tensor, x_BI: Tensor, weights: Weights, alpha: float) -> Tensor:
    """One free step whose gradient runs through the recurrence along W's diagonal alone.

    The value is that of `leak`. Source: RFLO (Murray 2019, eLife 8:e43299), in the variant that
    keeps the diagonal of W.
    """
    rate_BN = torch.tanh(h_BN)
    frozen_BN = rate_BN.detach()
    own_BN = weights.w_rec.diagonal().detach() * (rate_BN - frozen_BN)
    drive_BN = frozen_BN @ weights.w_rec.T + own_BN + weights.bias + x_BI @ weights.w_in
    return (1 - alpha) * h_BN + alpha * drive_BN


def read_out(h_BN: Tensor, weights: Weights) -> Tensor:
    """Output W_out^T h + b_out: [B, O]."""
    return h_BN @ weights.w_out + weights.b_out
