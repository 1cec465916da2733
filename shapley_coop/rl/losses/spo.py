"""SPO's clipped policy loss over the tokens that were a choice."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from shapley_coop.rl.credit.spo_chain import was_choice
from shapley_coop.rl.trajectories.ragged import whiten


@dataclass(frozen=True, slots=True)
class LossSettings:
    """Settings of the loss. The defaults are those of the released configuration."""

    probability_mask: bool = True
    """Train only tokens that were a choice under the old policy, see `was_choice`."""
    clip: float = 0.2
    kl_coef: float = 0.0
    """Weight of the KL estimate exp(ref-new) - (ref-new) - 1. With 0 it is left out."""
    ratio_threshold: float = 10.0
    """A batch whose mean ratio is above this is skipped: loss 0."""


class LossTerms(NamedTuple):
    """Loss (a scalar with gradient) and what it was made of."""

    loss: Tensor
    whitened_K: Tensor
    trained_K: Tensor
    clip_fraction: Tensor
    skipped: bool


class TokenLogs(NamedTuple):
    """Natural log probabilities of the own tokens under three policies: [K] each."""

    new_K: Tensor
    old_K: Tensor
    ref_K: Tensor


def spo_loss(
    advantage_K: Tensor,
    logs: TokenLogs,
    offsets: Tensor,
    settings: LossSettings = LossSettings(),
    *,
    reference: bool = False,
) -> LossTerms:
    """Mean over trained tokens of max(-A rho, -A clip(rho)), plus the KL term.

    rho = exp(clamp(new - old, -10, 10)). offsets: token spans of responses [R+1]. The KL term is
    the mean over responses of its sum over trained tokens. Advantages are whitened over the trained
    tokens (over all tokens when none is trained). Without a trained token the loss is 0, and NaN
    with `reference`. Source: Guo et al. 2025, arXiv 2505.23564, Eq. 8, and its code.

    Raises:
        ValueError: an old log probability is unknown (NaN), so that there is no ratio to it.
    """
    if bool(logs.old_K.isnan().any()):
        raise ValueError(
            "old_K holds NaN, and the loss compares the new policy with it; give the log "
            "probability that each own token was sampled with"
        )
    everything_K = torch.ones_like(advantage_K, dtype=torch.bool)
    trained_K = everything_K
    if settings.probability_mask:
        trained_K = was_choice(logs.old_K)
    white_K = _whiten(advantage_K, trained_K, reference=reference)
    # The bound keeps one far-off token from overflowing the whole loss.
    log_ratio_K = _only(logs.new_K - logs.old_K, trained_K)
    ratio_K = torch.exp(log_ratio_K.clamp(-10, 10))
    free_K = -white_K * ratio_K
    clipped_K = -white_K * ratio_K.clamp(1 - settings.clip, 1 + settings.clip)
    # The worse of both, so that clipping never makes a step look better.
    worse_K = torch.maximum(free_K, clipped_K)
    loss = _masked_mean(worse_K, trained_K, reference=reference)
    if settings.kl_coef:
        loss = loss + settings.kl_coef * _kl(logs, trained_K, offsets.numel() - 1)
    mean_ratio = _masked_mean(ratio_K.detach(), trained_K, reference=reference)
    skipped = bool(mean_ratio > settings.ratio_threshold)
    if skipped:
        # A product keeps the graph, so that a backward pass gives gradients of 0.
        loss = loss * 0.0
    over_K = (clipped_K > free_K).to(advantage_K.dtype)
    fraction = _masked_mean(over_K.detach(), trained_K, reference=reference)
    return LossTerms(loss, white_K, trained_K, fraction, skipped)


def _whiten(advantage_K: Tensor, trained_K: Tensor, *, reference: bool) -> Tensor:
    """Whiten over the trained tokens, or over all where none is trained: [K]."""
    over_K = trained_K
    if not bool(trained_K.any()):
        over_K = torch.ones_like(trained_K)
    if not reference and int(over_K.sum()) < 2:
        return torch.zeros_like(advantage_K)
    return whiten(advantage_K, over_K)


def _masked_mean(x_K: Tensor, chosen_K: Tensor, *, reference: bool) -> Tensor:
    """Mean over the chosen tokens. Without any it is 0, or NaN with `reference`."""
    count = chosen_K.sum().to(x_K.dtype)
    if not reference:
        count = count.clamp(min=1)
    return _only(x_K, chosen_K).sum() / count


def _kl(logs: TokenLogs, trained_K: Tensor, responses: int) -> Tensor:
    """Return the mean over responses of the KL estimate, summed over trained tokens."""
    gap_K = _only(logs.ref_K - logs.new_K, trained_K)
    estimate_K = (torch.exp(gap_K) - gap_K - 1).clamp(0, 1e9)
    return estimate_K.sum() / max(responses, 1)


def _only(x_K: Tensor, chosen_K: Tensor) -> Tensor:
    """Return 0 instead of tokens that are not chosen, whatever they hold, in value and gradient."""
    return torch.where(chosen_K, x_K, 0.0)
