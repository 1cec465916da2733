"""Forcing rules: how a target moves the hidden state of a recurrent network while it trains."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from shapley_coop.rl.forcing.cell import Weights, leak, leak_locally, read_out

Rule = Literal["bptt", "error_forcing", "teacher_forcing", "rflo"]


@dataclass(frozen=True, slots=True)
class Forcing:
    """A rule with its strength; `bptt` ignores both numbers."""

    rule: Rule = "bptt"
    strength: float = 0.0
    """0 leaves the state alone, 1 moves it all the way."""
    ridge: float = 1e-7
    """Added to W_out^T W_out before inversion."""

    def __post_init__(self) -> None:
        """Raise ValueError on an unknown rule or a strength outside [0, 1]."""
        if self.rule not in ("bptt", "error_forcing", "teacher_forcing", "rflo"):
            raise ValueError(
                f"rule {self.rule!r} is unknown: "
                "choose bptt, error_forcing, teacher_forcing or rflo"
            )
        if not 0.0 <= self.strength <= 1.0:
            raise ValueError(f"strength must lie in [0, 1], got {self.strength}")


class Unrolled(NamedTuple):
    """Outputs before forcing [B, T, O] and states after forcing [B, T, N]."""

    output_BTO: Tensor
    hidden_BTN: Tensor


def pseudo_inverse(w_out: Tensor, ridge: float = 1e-7) -> Tensor:
    """Smallest state that reads out to a target: P = W_out (W_out^T W_out + ridge I)^-1, [N, O]."""
    gram = w_out.T @ w_out + ridge * torch.eye(w_out.shape[1], dtype=w_out.dtype)
    inverse: Tensor = torch.linalg.solve(gram, w_out.T)
    return inverse.T


def error_forcing(
    h_BN: Tensor, error_BO: Tensor, mask_B: Tensor, w_out: Tensor, forcing: Forcing
) -> Tensor:
    """Move h by strength * mask * P error, the smallest step toward the zero-error states: [B, N].

    The step is a constant for differentiation; the path through h stays.
    Source: Sagtekin, Bredenberg & Savin 2025, OpenReview xVI8g50Qfk.
    """
    step_BN = error_BO @ pseudo_inverse(w_out, forcing.ridge).T
    return h_BN + (forcing.strength * mask_B[:, None] * step_BN).detach()


def teacher_forcing(
    h_BN: Tensor,
    target_BO: Tensor,
    mask_B: Tensor,
    weights: Weights,
    forcing: Forcing,
    *,
    reference: bool = False,
) -> Tensor:
    """Blend h with the smallest state that reads out to the target; differentiated through: [B, N].

    `reference` forgets the output bias, and so misses the target by it.
    Source: generalised teacher forcing, Hess et al. 2023, arXiv 2306.04406.
    """
    wanted_BO = target_BO if reference else target_BO - weights.b_out
    state_BN = wanted_BO @ pseudo_inverse(weights.w_out, forcing.ridge).T
    share_B1 = forcing.strength * mask_B[:, None]
    return (1 - share_B1) * h_BN + share_B1 * state_BN


def unroll(
    weights: Weights,
    x_BTI: Tensor,
    target_BTO: Tensor,
    mask_BT: Tensor,
    forcing: Forcing,
    *,
    alpha: float,
    h0_BN: Tensor | None = None,
    reference: bool = False,
) -> Unrolled:
    """Run the cell over a batch of sequences, forcing its state where `mask_BT` is 1.

    `rflo` forces with the error of the previous step, and only where both steps have a target;
    its gradient is local. Free running is `Forcing("bptt")`. Time B T N^2.
    """
    batch, steps, _ = x_BTI.shape
    h_BN = x_BTI.new_zeros(batch, weights.bias.numel()) if h0_BN is None else h0_BN
    advance = leak_locally if forcing.rule == "rflo" else leak
    outputs, states = [], []
    late_BO = torch.zeros_like(target_BTO[:, 0]) if steps else target_BTO
    for t in range(steps):
        h_BN = advance(h_BN, x_BTI[:, t], weights, alpha)
        y_BO = read_out(h_BN, weights)
        mask_B, target_BO = mask_BT[:, t], target_BTO[:, t]
        if forcing.rule == "error_forcing":
            h_BN = error_forcing(h_BN, target_BO - y_BO, mask_B, weights.w_out, forcing)
        elif forcing.rule == "teacher_forcing":
            h_BN = teacher_forcing(h_BN, target_BO, mask_B, weights, forcing, reference=reference)
        elif forcing.rule == "rflo":
            h_BN = error_forcing(h_BN, late_BO, mask_B, weights.w_out, forcing)
            late_BO = (mask_B[:, None] * (target_BO - y_BO)).detach()
        outputs.append(y_BO)
        states.append(h_BN)
    return Unrolled(torch.stack(outputs, 1), torch.stack(states, 1))


def masked_loss(output_BTO: Tensor, target_BTO: Tensor, mask_BT: Tensor) -> Tensor:
    """Mean squared error over the outputs that have a target; 0 when there is none."""
    weight_BT1 = mask_BT[:, :, None].to(output_BTO.dtype)
    count = (weight_BT1.sum() * output_BTO.shape[2]).clamp(min=1)
    return (weight_BT1 * (output_BTO - target_BTO) ** 2).sum() / count
