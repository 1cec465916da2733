"""Generalised advantage estimation over the own tokens of a trajectory, turns ignored."""

from dataclasses import dataclass

import torch
from torch import Tensor

from shapley_coop.rl.credit.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import (
    Ends,
    advantages,
    span_mean,
    total,
    whiten,
)


@dataclass(frozen=True, slots=True)
class CriticCredit(TurnCredit):
    """Advantages with their critic targets."""

    return_K: Tensor
    """Critic target of each own token, reward units; NaN where the token is not supervised."""
    own_K: Tensor
    """True on the seats' own tokens."""
    over_K: Tensor
    """Tokens whose mean and variance whitening uses."""

    def whitened(self, *, reference: bool = False) -> Tensor:
        """Advantages with mean 0 and variance 1 over the batch, 0 off the own tokens: [K].

        Fewer than two tokens give 0. `reference` raises ValueError then, and shifts all tokens.
        """
        if reference:
            return whiten(self.token_K, self.over_K)
        if int(self.over_K.sum()) < 2:
            return torch.zeros_like(self.token_K)
        return torch.where(self.own_K, whiten(self.token_K, self.over_K), 0.0)


def gae(batch: Trajectories, *, gamma: float = 1.0, lam: float = 1.0) -> CriticCredit:
    """Token advantages [K]: delta_i = r_i + gamma V_{i+1} - V_i, A_i = delta_i + gamma lam A_{i+1}.

    Tokens of the game are skipped; the reward of a row falls on its last own token; the value
    behind the last token is 0; a row's credit is the mean over its tokens. Time K.
    Source: Schulman et al. 2016, arXiv 1506.02438, Eq. 16.
    """
    own = batch.own()
    require_tokens(own)
    spans = own.offsets[own.starts]
    advantage_K = advantages(
        own.token_reward_K, own.value_K, spans, gamma, lam, row_rewards(own)
    )
    return critic_credit(batch, own, advantage_K)


def row_rewards(own: Trajectories) -> Ends:
    """The last own token of every row that has one, with its own and the row's reward."""
    full_R = own.offsets.diff() > 0
    end_M = own.offsets[1:][full_R] - 1
    return Ends(end_M, own.token_reward_K[end_M] + own.reward_R[full_R])


def require_tokens(own: Trajectories) -> None:
    """Raise ValueError when a row without own tokens holds a reward, which would be lost."""
    lost = ((own.offsets.diff() == 0) & (own.reward_R != 0)).nonzero().flatten()
    if lost.numel():
        r = int(lost[0])
        raise ValueError(
            f"{lost.numel()} rows hold a reward but no own token, the first in episode "
            f"{int(own.episode_R[r])}, seat {int(own.seat_R[r])}, turn {int(own.turn_R[r])}: "
            "give the reward to a row that acts"
        )


def critic_credit(
    batch: Trajectories,
    own: Trajectories,
    advantage_K: Tensor,
    *,
    return_K: Tensor | None = None,
    over_K: Tensor | None = None,
    row_R: Tensor | None = None,
) -> CriticCredit:
    """Put advantages of the own tokens back into the batch, with their critic targets."""
    target_K = total(advantage_K, own.value_K) if return_K is None else return_K
    chosen_K = batch.mask_K if over_K is None else batch.from_own(over_K)
    mean_R = span_mean(advantage_K, own.offsets) if row_R is None else row_R
    return CriticCredit(
        mean_R,
        batch.from_own(advantage_K),
        batch.from_own(target_K),
        batch.mask_K,
        chosen_K,
    )
