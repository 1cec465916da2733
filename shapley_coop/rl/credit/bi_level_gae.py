"""Bi-Level GAE: advantages between turns first, then between the tokens of each turn."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from shapley_coop.rl.credit.gae import (
    CriticCredit,
    critic_credit,
    require_tokens,
    row_rewards,
)
from shapley_coop.rl.credit.parameters import one_of
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import (
    Ends,
    advantages,
    filled,
    spread,
    sum_to_end,
)

Anchor = Literal["last", "first"]


@dataclass(frozen=True, slots=True)
class TwoLevels:
    """Discounts and lambdas of both levels; all 1 makes Bi-Level GAE equal plain GAE."""

    gamma_turn: float = 1.0
    gamma_token: float = 1.0
    lam_turn: float = 1.0
    lam_token: float = 1.0


class _Turns(NamedTuple):
    """Token spans of the acting turns, and the turns of each trajectory."""

    offsets: Tensor
    starts: Tensor
    tail_K: Tensor | None
    """Tokens behind the last end mark of their trajectory, which belong to no turn, if any."""


def bi_level_gae(
    batch: Trajectories,
    levels: TwoLevels = TwoLevels(),
    *,
    anchor: Anchor = "last",
    reference: bool = False,
) -> CriticCredit:
    """Token advantages [K]; e_k is the last own token of turn k, a_k its anchor token.

    Turn pass: delta_k = r(e_k) + gamma_turn V(a_{k+1}) - V(a_k), A_k = delta_k + gamma_turn
    lam_turn A_{k+1}. Token pass inside each turn, backwards, with A_k + V(a_k) as reward of e_k.
    A turn without end mark raises ValueError. With `reference` it merges into the next turn, and
    IndexError where there is none (or anywhere, with the first-token anchor).
    Source: Wang et al. 2025, arXiv 2510.16907, section 5.2 (released code). Time K.
    """
    one_of("anchor", anchor, get_args(Anchor))
    own = batch.own()
    require_tokens(own)
    turns = _turns(own, reference=reference)
    if reference and (
        turns.tail_K is not None or _merged_with_first(turns, own, anchor)
    ):
        raise IndexError("the last own token of a turn carries no end mark")
    anchor_M = _anchor_tokens(turns, anchor)
    rewards = row_rewards(own)
    value_M = own.value_K[anchor_M]
    advantage_M = _turn_pass(own, rewards, value_M, turns, levels)
    reward_K = own.token_reward_K
    if (
        rewards.at_M.numel() > anchor_M.numel()
    ):  # a merged turn keeps its reward where it ended
        reward_K = reward_K.index_copy(0, *rewards)
    advantage_K = advantages(
        reward_K,
        own.value_K,
        turns.offsets,
        levels.gamma_token,
        levels.lam_token,
        Ends(turns.offsets[1:] - 1, advantage_M + value_M),
    )
    return critic_credit(batch, own, advantage_K, row_R=_per_row(own, advantage_K))


def turn_wise_gae(
    batch: Trajectories,
    levels: TwoLevels = TwoLevels(),
    *,
    reference: bool = False,
) -> CriticCredit:
    """Turn pass alone: every token of a turn earns A_k, critic targets only at last tokens.

    Whitened by the statistics of the last tokens. Returns are NaN elsewhere (0 with `reference`,
    where tokens behind the last end mark earn 0). Source: Turn-PPO in arXiv 2510.16907.
    """
    own = batch.own()
    require_tokens(own)
    turns = _turns(own, reference=reference)
    anchor_M = _anchor_tokens(turns, "last")
    inside_K = None if turns.tail_K is None else ~turns.tail_K
    end_M = anchor_M if inside_K is None else inside_K.nonzero().flatten()[anchor_M]
    value_M = own.value_K[end_M]
    advantage_M = _turn_pass(own, row_rewards(own), value_M, turns, levels)
    advantage_K = spread(advantage_M, turns.offsets)
    if inside_K is not None:
        advantage_K = torch.zeros_like(own.value_K).masked_scatter_(
            inside_K, advantage_K
        )
    last_K = torch.zeros_like(own.mask_K)
    last_K[end_M] = True
    target_K = filled(own.value_K.numel(), 0.0 if reference else torch.nan)
    target_K[end_M] = advantage_M + value_M
    return critic_credit(
        batch,
        own,
        advantage_K,
        return_K=target_K,
        over_K=last_K,
        row_R=_per_row(own, advantage_K),
    )


def _turn_pass(
    own: Trajectories, rewards: Ends, value_M: Tensor, turns: _Turns, levels: TwoLevels
) -> Tensor:
    """Advantages of the turns [M] from the values at their anchors and the rewards of all rows."""
    reward_M = rewards.value_M
    if reward_M.numel() > value_M.numel():
        reward_M = reward_M[own.ended_R[own.offsets.diff() > 0]]
    return advantages(
        reward_M, value_M, turns.starts, levels.gamma_turn, levels.lam_turn
    )


def _turns(own: Trajectories, *, reference: bool) -> _Turns:
    """Cut the tokens of each trajectory into turns at the end marks."""
    full_R = own.offsets.diff() > 0
    open_R = full_R & ~own.ended_R
    if not reference and bool(open_R.any()):
        r = int(open_R.nonzero()[0])
        raise ValueError(
            f"{int(open_R.sum())} turns have no end mark on their last token, the first in episode "
            f"{int(own.episode_R[r])}, seat {int(own.seat_R[r])}, turn {int(own.turn_R[r])}: "
            "drop the truncated turn or mark its end"
        )
    closed_R = full_R & own.ended_R
    count_N = torch.zeros(own.starts.numel() - 1, dtype=torch.long)
    count_N.index_add_(
        0, own.trajectory[closed_R], torch.ones_like(own.turn_R[closed_R])
    )
    starts = torch.cat([count_N.new_zeros(1), count_N.cumsum(0)])
    if bool(closed_R.all()):
        return _Turns(own.offsets, starts, None)
    tail_K = _tail(own, closed_R)
    end_M = own.offsets[1:][closed_R] - tail_K.cumsum(0)[own.offsets[1:][closed_R] - 1]
    tail = tail_K if bool(tail_K.any()) else None
    return _Turns(torch.cat([end_M.new_zeros(1), end_M]), starts, tail)


def _tail(own: Trajectories, closed_R: Tensor) -> Tensor:
    """Tokens with no end mark behind them in their trajectory: [K]."""
    closed_later_R = sum_to_end(closed_R.double(), own.starts)
    return spread(closed_later_R == 0, own.offsets)


def _anchor_tokens(turns: _Turns, anchor: Anchor) -> Tensor:
    return turns.offsets[:-1] if anchor == "first" else turns.offsets[1:] - 1


def _merged_with_first(turns: _Turns, own: Trajectories, anchor: Anchor) -> bool:
    """Whether turn starts outnumber end marks, which the first-token reference cannot index."""
    return anchor == "first" and turns.offsets.numel() - 1 < int(
        (own.offsets.diff() > 0).sum()
    )


def _per_row(own: Trajectories, advantage_K: Tensor) -> Tensor:
    """Credit of a row: the advantage of its last own token; 0 for a row without tokens."""
    row_R = advantage_K.new_zeros(own.reward_R.numel())
    full_R = own.offsets.diff() > 0
    row_R[full_R] = advantage_K[own.offsets[1:][full_R] - 1]
    return row_R
