"""One synthetic batch for the measurements of speed, with evidence for every method."""

import numpy as np
import torch

from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.credit.spo_chain import cutpoint_starts
from shapley_coop.rl.trajectories.batch import Trajectories


def synthetic(trajectories: int, turns: int, tokens: int) -> Trajectories:
    """A ragged batch: 8 episodes a task, states out of 200, tokens 1/2 to 1 of the given length."""
    rng = np.random.default_rng(0)
    rows = trajectories * turns
    count = np.ones(rows, int)
    if tokens > 1:
        count = rng.integers(tokens // 2, tokens + 1, rows)
    total = int(count.sum())
    episode = np.repeat(np.arange(trajectories), turns)
    return Trajectories(
        group_R=torch.as_tensor(episode // 8),
        episode_R=torch.as_tensor(episode),
        seat_R=torch.zeros(rows, dtype=torch.long),
        turn_R=torch.as_tensor(np.tile(np.arange(turns), trajectories)),
        anchor_R=torch.as_tensor(rng.integers(0, 200, rows)),
        reward_R=torch.as_tensor(rng.normal(size=rows)),
        valid_R=torch.as_tensor(rng.random(rows) > 0.05),
        ended_R=torch.ones(rows, dtype=torch.bool),
        source_R=torch.arange(rows),
        offsets=torch.as_tensor(np.concatenate([[0], np.cumsum(count)])),
        value_K=torch.as_tensor(rng.normal(size=total)),
        logprob_K=torch.as_tensor(np.log(rng.uniform(0.2, 1.0, total))),
        token_reward_K=torch.as_tensor(rng.normal(0, 0.01, total)),
        mask_K=torch.ones(total, dtype=torch.bool),
    )


def evidence(batch: Trajectories) -> Evidence:
    """Random evidence for every method but the tree, whose values come one by one."""
    generator = torch.Generator().manual_seed(1)
    rows, answers = batch.reward_R.numel(), batch.starts.numel() - 1
    start = cutpoint_starts(batch.logprob_K.exp(), batch.offsets[batch.starts])
    draw = {"generator": generator, "dtype": torch.float64}
    return Evidence(
        prefix_credit_R=torch.randn(rows, **draw),
        process_reward_R=torch.rand(rows, **draw) * 2 - 1,
        outcome_N=torch.rand(answers, **draw),
        segment_start_M=start,
        segment_value_M=torch.rand(start.numel(), **draw),
    )
