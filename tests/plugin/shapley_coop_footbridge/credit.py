"""The credit method of the plug-in: every turn of a seat earned the same."""

from __future__ import annotations

import torch

from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.method import CreditMethod, MethodSettings, Positive
from shapley_coop.rl.assignment.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import span_sum


class EvenSettings(MethodSettings):
    """Settings of the even split."""

    scale: Positive = 1.0
    """What the return of an episode is multiplied by."""


class Even(CreditMethod[EvenSettings]):
    """The return of a trajectory, split evenly over its turns."""

    Settings = EvenSettings

    def __call__(self, batch: Trajectories, evidence: Evidence) -> TurnCredit:
        """Return the same credit for every row of a trajectory."""
        return_N = span_sum(batch.reward_R, batch.starts)
        turns_N = span_sum(torch.ones_like(batch.reward_R), batch.starts)
        share_N = self.settings.scale * return_N / turns_N
        row_R = share_N[batch.trajectory]
        return TurnCredit(row_R, batch.broadcast(row_R))
