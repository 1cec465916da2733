"""GAE between turns when every turn is a training sample of its own."""

from dataclasses import dataclass
from typing import get_args

import torch
from torch import Tensor

from shapley_coop.rl.credit.bi_level_gae import Anchor
from shapley_coop.rl.credit.gae import CriticCredit, critic_credit
from shapley_coop.rl.credit.parameters import one_of
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import advantages, filled, span_sum, spread


@dataclass(frozen=True, slots=True)
class NoConcatCredit(CriticCredit):
    """Turn advantages with a critic target only at the anchor token of each turn."""

    turn_advantage_R: Tensor
    """A_k of every row, those without tokens included."""


def no_concat_gae(
    batch: Trajectories,
    *,
    gamma: float = 1.0,
    lam: float = 1.0,
    anchor: Anchor = "first",
) -> NoConcatCredit:
    """Turn advantages: A_k = delta_k + gamma lam A_{k+1}, delta_k = r_k + gamma V_{k+1} - V_k.

    r_k sums the token rewards of the turn and its row reward; V_k is the value at the anchor token.
    A turn without own tokens has value 0 and still takes part in the chain. Every own token earns
    A_k; the target A_k + V_k exists at the anchor, NaN elsewhere.
    Source: mll-lab-nu/VAGEN main branch, turn GAE without concatenation. Time K.
    """
    one_of("anchor", anchor, get_args(Anchor))
    own = batch.own()
    full_R = own.offsets.diff() > 0
    at_R = own.offsets[:-1] if anchor == "first" else own.offsets[1:] - 1
    value_R = torch.zeros_like(own.reward_R)
    value_R[full_R] = own.value_K[at_R[full_R]]
    reward_R = span_sum(own.token_reward_K, own.offsets) + own.reward_R
    advantage_R = advantages(reward_R, value_R, own.starts, gamma, lam)
    target_K = filled(own.value_K.numel(), torch.nan)
    target_K[at_R[full_R]] = (advantage_R + value_R)[full_R]
    base = critic_credit(
        batch, own, spread(advantage_R, own.offsets), return_K=target_K
    )
    return NoConcatCredit(
        advantage_R, base.token_K, base.return_K, base.own_K, base.over_K, advantage_R
    )
