"""GRPO: every token of an episode earns how much the episode beat the others of its task."""

from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.method import (
    CreditMethod,
    Meaning,
    MethodSettings,
    Positive,
)
from shapley_coop.rl.assignment.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import (
    group_mean,
    group_size,
    group_std,
    span_sum,
)


class GrpoSettings(MethodSettings):
    """Settings of GRPO."""

    divide: bool = True
    """Whether the difference from the mean is divided by the standard deviation."""
    epsilon: Positive = 1e-6
    """Added to the standard deviation before the division."""
    reference: bool = False
    """Whether an episode without peers keeps its raw return, as in the published code."""


DEFAULTS = GrpoSettings()


class Grpo(CreditMethod[GrpoSettings]):
    """How much an episode beat the others of its task."""

    Settings = GrpoSettings

    @property
    def meaning(self) -> Meaning:
        """How a turn compares with the others of its task."""
        return "relative"

    def __call__(self, batch: Trajectories, evidence: Evidence) -> TurnCredit:
        """Return the same credit for every row of an episode."""
        return grpo(batch, self.settings)


def grpo(batch: Trajectories, settings: GrpoSettings = DEFAULTS) -> TurnCredit:
    """Credit [R] and [K]: (return - mean) / (std + epsilon) over the cohort.

    An episode without peers earns 0. Returns are not discounted, and the standard deviation is
    that of a sample. Source: Shao et al. 2024, arXiv 2402.03300, section 4.1.2.
    """
    return_N = span_sum(batch.reward_R, batch.starts)
    cohort_N, cohorts = batch.cohort, batch.cohorts
    # An episode is compared with all of its cohort, itself included.
    mean_C = group_mean(return_N, cohort_N, cohorts)
    centred_N = return_N - mean_C[cohort_N]

    size_C = group_size(cohort_N, cohorts)
    has_peers_N = size_C[cohort_N] > 1
    if settings.reference:
        centred_N = centred_N.where(has_peers_N, return_N)
    if settings.divide:
        # One episode alone has no deviation. A divisor of 1 keeps its credit as it is.
        std_C = group_std(return_N, cohort_N, cohorts)
        divisor_N = std_C[cohort_N].where(has_peers_N, 1.0)
        centred_N = centred_N / (divisor_N + settings.epsilon)

    row_R = batch.per_row(centred_N[batch.trajectory], "the credit of grpo")
    return TurnCredit(row_R, batch.broadcast(row_R))
