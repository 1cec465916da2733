"""GRPO: every token of an episode earns how much the episode beat the others of its task."""

from shapley_coop.rl.credit.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import group_mean, group_std, span_sum


def grpo(
    batch: Trajectories,
    *,
    divide: bool = True,
    epsilon: float = 1e-6,
    reference: bool = False,
) -> TurnCredit:
    """Credit [R] and [K]: (return - mean) / (std + epsilon) over the cohort.

    An episode without peers earns 0; with `reference`, its raw return. Undiscounted returns, sample
    standard deviation. Source: Shao et al. 2024, arXiv 2402.03300, section 4.1.2.
    """
    return_N = span_sum(batch.reward_R, batch.starts)
    cohort_N, cohorts = batch.cohort, batch.cohorts
    size_N = cohort_N.bincount(minlength=cohorts)[cohort_N]
    centred_N = return_N - group_mean(return_N, cohort_N, cohorts)[cohort_N]
    if reference:
        centred_N = centred_N.where(size_N > 1, return_N)
    if divide:
        spread_N = group_std(return_N, cohort_N, cohorts)[cohort_N].where(
            size_N > 1, 1.0
        )
        centred_N = centred_N / (spread_N + epsilon)
    row_R = centred_N[batch.trajectory]
    return TurnCredit(row_R, batch.broadcast(row_R))
