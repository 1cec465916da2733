"""Generalised advantage estimation over the own tokens of a trajectory, turns ignored."""

from dataclasses import dataclass

import torch
from torch import Tensor

from shapley_coop.rl.credit.ragged import next_in_span, span_mean, sum_to_end, whiten
from shapley_coop.rl.credit.result import Credit
from shapley_coop.rl.credit.trajectory import Trajectories


@dataclass(frozen=True, slots=True)
class CriticCredit(Credit):
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
    behind the last token is 0; a row's credit is the mean over its tokens. Time K log L.
    Source: Schulman et al. 2016, arXiv 1506.02438, Eq. 16.
    """
    own = batch.own()
    require_tokens(own)
    reward_K = token_rewards(own)
    spans = own.offsets[own.starts]
    advantage_K = gae_spans(reward_K, own.value_K, spans, gamma, lam)
    return critic_credit(batch, own, advantage_K)


def gae_spans(
    reward_K: Tensor, value_K: Tensor, offsets: Tensor, gamma: float, lam: float
) -> Tensor:
    """Advantages [K] of the elements of each span, with value 0 behind the last."""
    delta_K = next_in_span(value_K, offsets).mul_(gamma).add_(reward_K).sub_(value_K)
    return sum_to_end(delta_K, offsets, gamma * lam)


def token_rewards(own: Trajectories) -> Tensor:
    """Token rewards with the reward of each row added on its last own token: [K]."""
    reward_K = own.token_reward_K.clone()
    full_R = own.offsets.diff() > 0
    reward_K[own.offsets[1:][full_R] - 1] += own.reward_R[full_R]
    return reward_K


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
    target_K = advantage_K + own.value_K if return_K is None else return_K
    chosen_K = batch.mask_K if over_K is None else batch.from_own(over_K)
    mean_R = span_mean(advantage_K, own.offsets) if row_R is None else row_R
    return CriticCredit(
        mean_R, batch.from_own(advantage_K), batch.from_own(target_K), batch.mask_K, chosen_K
    )
