"""Generalised advantage estimation over the own tokens of a trajectory, turns ignored."""

from dataclasses import dataclass

from torch import Tensor

from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.method import (
    CreditMethod,
    Meaning,
    MethodSettings,
    Share,
)
from shapley_coop.rl.assignment.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import (
    span_mean,
    total,
    whiten,
    whiten_own,
)
from shapley_coop.rl.trajectories.scans import Ends, advantages


class GaeSettings(MethodSettings):
    """Settings of plain GAE."""

    gamma: Share = 1.0
    """Discount of one token."""
    lam: Share = 1.0
    """Weight lambda of later temporal differences."""


DEFAULTS = GaeSettings()


@dataclass(frozen=True, slots=True)
class CriticCredit(TurnCredit):
    """Advantages with their critic targets."""

    return_K: Tensor
    """Critic target of each own token in reward units, NaN where the token is not supervised."""
    own_K: Tensor
    """True on the seats' own tokens."""
    over_K: Tensor
    """True on the tokens whose mean and variance whitening uses."""

    def whiten(self, *, reference: bool = False) -> Tensor:
        """Advantages with mean 0 and variance 1 over the batch, 0 off the own tokens: [K].

        Fewer than two tokens give 0. `reference` raises ValueError then, and shifts all tokens.
        """
        if reference:
            return whiten(self.token_K, self.over_K)
        return whiten_own(self.token_K, self.over_K, self.own_K)


class Gae(CreditMethod[GaeSettings]):
    """Discounted temporal differences over the own tokens, from a critic."""

    Settings = GaeSettings

    @property
    def meaning(self) -> Meaning:
        """What is earned from a turn on, or at it where nothing later is looked at."""
        return meaning_of(self.settings.gamma, self.settings.lam)

    def __call__(self, batch: Trajectories, evidence: Evidence) -> CriticCredit:
        """Return token advantages. The critic's values are part of the batch."""
        return gae(batch, self.settings)


def meaning_of(gamma: float, lam: float) -> Meaning:
    """Return what an advantage with a discount gamma and a weight lambda is."""
    # With either at 0, nothing behind the next value is looked at.
    return "own" if gamma * lam == 0 else "onward"


def gae(batch: Trajectories, settings: GaeSettings = DEFAULTS) -> CriticCredit:
    """Token advantages [K]: delta_i = r_i + gamma V_{i+1} - V_i, A_i = delta_i + gamma lam A_{i+1}.

    Tokens of the game are skipped. The reward of a row falls on its last own token, the value
    behind the last token is 0, and a row's credit is the mean over its tokens. Time K.
    Source: Schulman et al. 2016, arXiv 1506.02438, Eq. 16.
    """
    own = batch.own()
    refuse_lost_rewards(own)
    # Spans of trajectories, not of rows: advantages run on from turn to turn.
    spans = own.offsets[own.starts]
    advantage_K = advantages(
        own.token_reward_K,
        own.value_K,
        spans,
        settings.gamma,
        settings.lam,
        row_rewards(own),
    )
    return critic_credit(batch, own, advantage_K)


def row_rewards(own: Trajectories) -> Ends:
    """Return the last own token of every row that has one, with its own and the row's reward."""
    full_R = own.offsets.diff() > 0
    # A row without own tokens has no last one, so it is left out.
    end_M = own.offsets[1:][full_R] - 1
    reward_M = own.token_reward_K[end_M] + own.reward_R[full_R]
    return Ends(end_M, reward_M)


def refuse_lost_rewards(own: Trajectories) -> None:
    """Raise ValueError when a row without own tokens holds a reward, which would be lost."""
    empty_R = own.offsets.diff() == 0
    lost = (empty_R & (own.reward_R != 0)).nonzero().flatten()
    if lost.numel():
        place = own.place(int(lost[0]))
        raise ValueError(
            f"{lost.numel()} rows hold a reward but no own token, the first in {place}: "
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
    """Put advantages of the own tokens back into the batch, with their critic targets.

    None for `return_K` means the advantage plus the value, None for `over_K` all own tokens, and
    None for `row_R` the mean over the tokens of a row.
    """
    if return_K is None:
        return_K = total(advantage_K, own.value_K)
    if row_R is None:
        row_R = span_mean(advantage_K, own.offsets)
    whitened_over_K = batch.mask_K
    if over_K is not None:
        whitened_over_K = batch.from_own(over_K)
    return CriticCredit(
        row_R,
        batch.from_own(advantage_K),
        batch.from_own(return_K),
        batch.mask_K,
        whitened_over_K,
    )
