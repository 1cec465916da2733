"""Forcing rules: how a target moves the hidden state of a recurrent network while it trains."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from shapley_coop.errors import unknown
from shapley_coop.rl.forecast.cell import CellWeights, leak, leak_locally, read_out

ForcingRule = Literal["bptt", "error_forcing", "teacher_forcing", "rflo"]


RIDGE = 1e-10
"""Added to W_out^T W_out before inversion, so that outputs that are alike can be inverted."""


@dataclass(frozen=True, slots=True)
class Forcing:
    """A rule with its strength. `bptt` ignores both numbers."""

    rule: ForcingRule = "bptt"
    strength: float = 0.0
    """0 leaves the state alone, 1 moves it all the way."""
    ridge: float = RIDGE
    """Of the pseudo-inverse. That of the paper's code, 1e-7, misses the target."""

    def __post_init__(self) -> None:
        """Raise ValueError on an unknown rule or a strength outside [0, 1]."""
        if self.rule not in get_args(ForcingRule):
            raise ValueError(unknown("rule", self.rule, get_args(ForcingRule)))
        if not 0.0 <= self.strength <= 1.0:
            raise ValueError(f"strength must lie in [0, 1], got {self.strength}")


class Unrolled(NamedTuple):
    """Outputs before forcing [B, T, O] and states after forcing [B, T, N]."""

    output_BTO: Tensor
    hidden_BTN: Tensor


def pseudo_inverse(w_out: Tensor, ridge: float = RIDGE) -> Tensor:
    """Smallest state that reads out to a target: P = W_out (W_out^T W_out + ridge I)^-1, [N, O].

    Solved in float64, since the ridge vanishes beside single precision where outputs are alike.
    """
    wide = w_out.double()
    identity = torch.eye(wide.shape[-1], dtype=wide.dtype, device=wide.device)
    gram = wide.mT @ wide + ridge * identity
    inverse: Tensor = torch.linalg.solve(gram, wide.mT)
    return inverse.mT.to(w_out.dtype)


def error_forcing(
    h_BN: Tensor, error_BO: Tensor, mask_B: Tensor, inverse_NO: Tensor, strength: float
) -> Tensor:
    """Move h by strength * mask * P error, the smallest step toward the zero-error states: [B, N].

    The step is a constant for differentiation, and the path through h stays.
    Source: Sagtekin, Bredenberg & Savin 2025, OpenReview xVI8g50Qfk.
    """
    # The pseudo-inverse gives the smallest move of the state that mends the output.
    step_BN = error_BO @ inverse_NO.mT
    return h_BN + (strength * mask_B.unsqueeze(-1) * step_BN).detach()


def teacher_forcing(
    h_BN: Tensor, aim_BO: Tensor, mask_B: Tensor, inverse_NO: Tensor, strength: float
) -> Tensor:
    """Blend h with the smallest state that reads out to `aim_BO`, target less output bias: [B, N].

    Differentiated through. Source: generalised teacher forcing, Hess et al. 2023, arXiv 2306.04406.
    """
    share_B1 = strength * mask_B.unsqueeze(-1)
    return (1 - share_B1) * h_BN + share_B1 * (aim_BO @ inverse_NO.mT)


def unroll(
    weights: CellWeights,
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

    Where it is 0 there is no target, and whatever stands there, not a number included, is not read.

    `rflo` forces with the error of the previous step, and only where both steps have a target. Its
    gradient is local. Free running is `Forcing("bptt")`. Time B T N^2. Inputs, targets, masks and
    weights may share leading axes of parallel cells.

    Args:
        weights: those of the cell.
        x_BTI: inputs.
        target_BTO: what the outputs should be.
        mask_BT: 1 where there is a target.
        forcing: how targets move the state.
        alpha: leak of one step.
        h0_BN: the state before the first step. None means 0.
        reference: whether teacher forcing forgets the output bias, as the published code does, and
            so misses the target by it.
    """
    if h0_BN is None:
        h0_BN = x_BTI.new_zeros((*x_BTI.shape[:-2], weights.bias.shape[-1]))
    if not x_BTI.shape[-2]:
        raise ValueError("sequences of no step have no output; give one step at least")
    target_BTO = _targets(target_BTO, mask_BT)
    h_BN = h0_BN
    inverse_NO = pseudo_inverse(weights.w_out, forcing.ridge)
    bias_O = weights.b_out
    if reference:
        bias_O = torch.zeros_like(weights.b_out)
    aim_BTO = target_BTO - bias_O[..., None, None, :]
    local, strength = forcing.rule == "rflo", forcing.strength
    # Only `rflo` keeps its gradient local.
    advance = leak_locally if local else leak
    # `rflo` learns of an error one step late, and before the first step there is none.
    late_BO = torch.zeros_like(target_BTO[..., 0, :])
    outputs, states = [], []
    for t in range(x_BTI.shape[-2]):
        h_BN = advance(h_BN, x_BTI[..., t, :], weights, alpha)
        # The output is taken before the state is forced, so that the loss sees the free error.
        y_BO = read_out(h_BN, weights)
        mask_B = mask_BT[..., t]
        error_BO = target_BTO[..., t, :] - y_BO
        if forcing.rule == "error_forcing":
            h_BN = error_forcing(h_BN, error_BO, mask_B, inverse_NO, strength)
        elif forcing.rule == "teacher_forcing":
            h_BN = teacher_forcing(
                h_BN, aim_BTO[..., t, :], mask_B, inverse_NO, strength
            )
        elif local:
            h_BN = error_forcing(h_BN, late_BO, mask_B, inverse_NO, strength)
            late_BO = (mask_B.unsqueeze(-1) * error_BO).detach()
        outputs.append(y_BO)
        states.append(h_BN)
    return Unrolled(torch.stack(outputs, -2), torch.stack(states, -2))


def masked_loss(output_BTO: Tensor, target_BTO: Tensor, mask_BT: Tensor) -> Tensor:
    """Mean squared error over the outputs that have a target: one number a cell, 0 without any."""
    weight_BT1 = mask_BT.unsqueeze(-1).to(output_BTO.dtype)
    steps = weight_BT1.sum(dim=(-3, -2, -1))
    count = (steps * output_BTO.shape[-1]).clamp(min=1)
    squared_BTO = weight_BT1 * (output_BTO - _targets(target_BTO, mask_BT)) ** 2
    return squared_BTO.sum(dim=(-3, -2, -1)) / count


def _targets(target_BTO: Tensor, mask_BT: Tensor) -> Tensor:
    """Return the targets with 0 where there is none, since 0 times not a number is none either."""
    return torch.where(mask_BT.unsqueeze(-1) != 0, target_BTO, 0.0)
