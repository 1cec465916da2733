"""Bi-Level GAE: advantages between turns first, then between the tokens of each turn."""

from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from shapley_coop.errors import unknown
from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.method import (
    CreditMethod,
    Meaning,
    MethodSettings,
    Share,
)
from shapley_coop.rl.credit.gae import (
    CriticCredit,
    critic_credit,
    meaning_of,
    refuse_lost_rewards,
    row_rewards,
)
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import constant, group_size, spread
from shapley_coop.rl.trajectories.scans import Ends, advantages, sum_to_end

Anchor = Literal["last", "first"]
"""Which own token of a turn carries the turn's value."""


class TwoLevels(MethodSettings):
    """Discounts and lambdas of both levels.

    With all four at 1, Bi-Level GAE equals plain GAE.
    """

    gamma_turn: Share = 1.0
    gamma_token: Share = 1.0
    lam_turn: Share = 1.0
    lam_token: Share = 1.0
    reference: bool = False
    """Whether a turn without end mark is treated as in the published code."""


DEFAULTS = TwoLevels()


class BiLevelGae(CreditMethod[TwoLevels]):
    """Advantages between turns, then between the tokens of each turn, from a critic."""

    Settings = TwoLevels

    @property
    def meaning(self) -> Meaning:
        """What is earned from a turn on, or at it where nothing later is looked at."""
        return meaning_of(self.settings.gamma_turn, self.settings.lam_turn)

    def __call__(self, batch: Trajectories, evidence: Evidence) -> CriticCredit:
        """Return token advantages. The critic's values are part of the batch."""
        return bi_level_gae(batch, self.settings)


class TurnWiseGae(CreditMethod[TwoLevels]):
    """Advantages between turns alone, from a critic."""

    Settings = TwoLevels

    @property
    def meaning(self) -> Meaning:
        """What is earned from a turn on, or at it where nothing later is looked at."""
        return meaning_of(self.settings.gamma_turn, self.settings.lam_turn)

    def __call__(self, batch: Trajectories, evidence: Evidence) -> CriticCredit:
        """Return one advantage a turn. The critic's values are part of the batch."""
        return turn_wise_gae(batch, self.settings)


class _Turns(NamedTuple):
    """Token spans of the acting turns, and the turns of each trajectory."""

    offsets: Tensor
    starts: Tensor
    tail_K: Tensor | None
    """Tokens behind the last end mark of their trajectory, which belong to no turn, if any."""


def bi_level_gae(
    batch: Trajectories, levels: TwoLevels = DEFAULTS, *, anchor: Anchor = "last"
) -> CriticCredit:
    """Token advantages [K], where e_k is the last own token of turn k and a_k its anchor token.

    Turn pass: delta_k = r(e_k) + gamma_turn V(a_{k+1}) - V(a_k), A_k = delta_k + gamma_turn
    lam_turn A_{k+1}. Token pass inside each turn, backwards, with A_k + V(a_k) as reward of e_k.
    A turn without end mark raises ValueError. With `levels.reference` it merges into the next
    turn, and IndexError is raised where there is none (or anywhere, with the first-token anchor).
    Source: Wang et al. 2025, arXiv 2510.16907, section 5.2 (released code). Time K.
    """
    if anchor not in get_args(Anchor):
        raise ValueError(unknown("anchor", anchor, get_args(Anchor)))
    own = batch.own()
    refuse_lost_rewards(own)
    turns = _cut_turns(own, reference=levels.reference)
    if levels.reference:
        _refuse_open_end(turns, own, anchor)

    anchor_M = _anchor_tokens(turns, anchor)
    value_M = own.value_K[anchor_M]
    rewards = row_rewards(own)
    advantage_M = _turn_pass(own, rewards, value_M, turns, levels)

    reward_K = own.token_reward_K
    if rewards.at_M.numel() > anchor_M.numel():
        # Some turn was merged into the next one. Its reward stays where the turn ended.
        reward_K = reward_K.index_copy(0, *rewards)
    # The token pass starts from what the turn pass says that a whole turn is worth.
    turn_ends = Ends(turns.offsets[1:] - 1, advantage_M + value_M)
    advantage_K = advantages(
        reward_K,
        own.value_K,
        turns.offsets,
        levels.gamma_token,
        levels.lam_token,
        turn_ends,
    )
    row_R = _credit_of_rows(own, advantage_K)
    return critic_credit(batch, own, advantage_K, row_R=row_R)


def turn_wise_gae(batch: Trajectories, levels: TwoLevels = DEFAULTS) -> CriticCredit:
    """Turn pass alone: every token of a turn earns A_k, with critic targets only at last tokens.

    Whitened by the statistics of the last tokens. Returns are NaN elsewhere. With
    `levels.reference` they are 0 there, and tokens behind the last end mark earn 0.
    Source: Turn-PPO in arXiv 2510.16907.
    """
    own = batch.own()
    refuse_lost_rewards(own)
    turns = _cut_turns(own, reference=levels.reference)
    end_M = _anchor_tokens(turns, "last")
    inside_K = None
    if turns.tail_K is not None:
        # Turns were cut with the tail left out, so their ends are counted among what is inside.
        inside_K = ~turns.tail_K
        end_M = inside_K.nonzero().flatten()[end_M]

    value_M = own.value_K[end_M]
    advantage_M = _turn_pass(own, row_rewards(own), value_M, turns, levels)
    advantage_K = spread(advantage_M, turns.offsets)
    if inside_K is not None:
        nothing_K = torch.zeros_like(own.value_K)
        advantage_K = nothing_K.masked_scatter_(inside_K, advantage_K)

    last_K = torch.zeros_like(own.mask_K)
    last_K[end_M] = True
    # The published code writes 0, which a critic would learn as if it were a return.
    no_target = 0.0 if levels.reference else torch.nan
    target_K = constant(own.value_K.numel(), no_target, own.device)
    target_K[end_M] = advantage_M + value_M
    return critic_credit(
        batch,
        own,
        advantage_K,
        return_K=target_K,
        over_K=last_K,
        row_R=_credit_of_rows(own, advantage_K),
    )


def _turn_pass(
    own: Trajectories, rewards: Ends, value_M: Tensor, turns: _Turns, levels: TwoLevels
) -> Tensor:
    """Return advantages of the turns [M] from values at their anchors and rewards of all rows."""
    reward_M = rewards.value_M
    if reward_M.numel() > value_M.numel():
        # Rows without end mark are no turns of their own and take no part in this pass.
        full_R = own.offsets.diff() > 0
        reward_M = reward_M[own.ended_R[full_R]]
    return advantages(
        reward_M, value_M, turns.starts, levels.gamma_turn, levels.lam_turn
    )


def _cut_turns(own: Trajectories, *, reference: bool) -> _Turns:
    """Cut the tokens of each trajectory into turns at the end marks."""
    full_R = own.offsets.diff() > 0
    open_R = full_R & ~own.ended_R
    if not reference and bool(open_R.any()):
        place = own.place(int(open_R.nonzero()[0]))
        raise ValueError(
            f"{int(open_R.sum())} turns have no end mark on their last token, the first in "
            f"{place}: drop the truncated turn or mark its end"
        )
    closed_R = full_R & own.ended_R
    count_N = group_size(own.trajectory[closed_R], own.starts.numel() - 1)
    starts = torch.cat([count_N.new_zeros(1), count_N.cumsum(0)])
    if bool(closed_R.all()):
        return _Turns(own.offsets, starts, None)

    # Ends of turns are counted without the tokens of the tails that lie before them.
    tail_K = _tail(own, closed_R)
    last_M = own.offsets[1:][closed_R]
    end_M = last_M - tail_K.cumsum(0)[last_M - 1]
    offsets = torch.cat([end_M.new_zeros(1), end_M])
    has_tail = bool(tail_K.any())
    return _Turns(offsets, starts, tail_K if has_tail else None)


def _tail(own: Trajectories, closed_R: Tensor) -> Tensor:
    """Return which tokens have no end mark behind them in their trajectory: [K]."""
    closed_later_R = sum_to_end(closed_R.double(), own.starts)
    return spread(closed_later_R == 0, own.offsets)


def _anchor_tokens(turns: _Turns, anchor: Anchor) -> Tensor:
    if anchor == "first":
        return turns.offsets[:-1]
    return turns.offsets[1:] - 1


def _refuse_open_end(turns: _Turns, own: Trajectories, anchor: Anchor) -> None:
    """Raise IndexError where the published code looks for an end mark that is not there."""
    acting_rows = int((own.offsets.diff() > 0).sum())
    merged = turns.offsets.numel() - 1 < acting_rows
    if turns.tail_K is not None or (anchor == "first" and merged):
        raise IndexError("the last own token of a turn carries no end mark")


def _credit_of_rows(own: Trajectories, advantage_K: Tensor) -> Tensor:
    """Return the advantage of the last own token of each row, and 0 for a row without tokens."""
    row_R = advantage_K.new_zeros(own.reward_R.numel())
    full_R = own.offsets.diff() > 0
    row_R[full_R] = advantage_K[own.offsets[1:][full_R] - 1]
    return row_R
