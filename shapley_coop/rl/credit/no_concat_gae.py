"""GAE between turns when every turn is a training sample of its own."""

from dataclasses import dataclass

import torch
from torch import Tensor

from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.method import (
    CreditMethod,
    Meaning,
    MethodSettings,
    Share,
)
from shapley_coop.rl.credit.bi_level_gae import Anchor
from shapley_coop.rl.credit.gae import CriticCredit, critic_credit, meaning_of
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import constant, span_sum, spread
from shapley_coop.rl.trajectories.scans import advantages


class NoConcatSettings(MethodSettings):
    """Settings of GAE between turns that are samples of their own."""

    gamma: Share = 1.0
    """Discount of one turn."""
    lam: Share = 1.0
    """Weight lambda of later temporal differences."""
    anchor: Anchor = "first"
    """Whether the value of a turn is that at its `first` or at its `last` own token."""


DEFAULTS = NoConcatSettings()


@dataclass(frozen=True, slots=True)
class NoConcatCredit(CriticCredit):
    """Turn advantages with a critic target only at the anchor token of each turn."""

    turn_advantage_R: Tensor
    """A_k of every row, those without tokens included."""


class NoConcatGae(CreditMethod[NoConcatSettings]):
    """Advantages between turns that are training samples of their own, from a critic."""

    Settings = NoConcatSettings

    @property
    def meaning(self) -> Meaning:
        """What is earned from a turn on, or at it where nothing later is looked at."""
        return meaning_of(self.settings.gamma, self.settings.lam)

    def __call__(self, batch: Trajectories, evidence: Evidence) -> NoConcatCredit:
        """Return one advantage a turn. The critic's values are part of the batch."""
        return no_concat_gae(batch, self.settings)


def no_concat_gae(
    batch: Trajectories, settings: NoConcatSettings = DEFAULTS
) -> NoConcatCredit:
    """Turn advantages: A_k = delta_k + gamma lam A_{k+1}, delta_k = r_k + gamma V_{k+1} - V_k.

    r_k sums the token rewards of the turn and its row reward, and V_k is the value at the anchor
    token. A turn without own tokens has value 0 and still takes part in the chain. Every own token
    earns A_k. The target A_k + V_k exists at the anchor and is NaN elsewhere.
    Source: mll-lab-nu/VAGEN main branch, turn GAE without concatenation. Time K.
    """
    own = batch.own()
    full_R = own.offsets.diff() > 0
    anchor_R = own.offsets[1:] - 1
    if settings.anchor == "first":
        anchor_R = own.offsets[:-1]
    anchor_M = anchor_R[full_R]

    value_R = torch.zeros_like(own.reward_R)
    value_R[full_R] = own.value_K[anchor_M]
    reward_R = span_sum(own.token_reward_K, own.offsets) + own.reward_R
    advantage_R = advantages(
        reward_R, value_R, own.starts, settings.gamma, settings.lam
    )

    # Only the anchor's value was compared with anything, so only it has a critic target.
    target_R = advantage_R + value_R
    target_K = constant(own.value_K.numel(), torch.nan, own.device)
    target_K[anchor_M] = target_R[full_R]

    advantage_K = spread(advantage_R, own.offsets)
    base = critic_credit(batch, own, advantage_K, return_K=target_K)
    return NoConcatCredit(
        advantage_R, base.token_K, base.return_K, base.own_K, base.over_K, advantage_R
    )
