"""Time of every credit method beside a plain loop over rows, on one synthetic batch.

    python benchmarks/credit/speed.py [--trajectories 4096] [--turns 50] [--tokens 64]

Token counts are ragged, 64 on average 3/4 of that. The vectorised time is the least of three; the
loop runs once, on the first 1/16 of the trajectories, and its time is multiplied by 16 (its cost is
linear in rows). The loop works on Python floats, row by row and token by token where the method is
a recursion over tokens, which is how the reference implementations run.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from row_loops import LOOPS

from shapley_coop.rl.credit.anchors import exact_groups
from shapley_coop.rl.credit.methods import METHODS, Evidence
from shapley_coop.rl.credit.spo_chain import cutpoint_starts
from shapley_coop.rl.credit.trajectory import Trajectories, intern_anchors

SHARE = 16


def synthetic(trajectories: int, turns: int, tokens: int) -> Trajectories:
    """A ragged batch: 8 episodes a task, states out of 200, tokens 1/2 to 1 of the given length."""
    rng = np.random.default_rng(0)
    rows = trajectories * turns
    count = rng.integers(tokens // 2, tokens + 1, rows) if tokens > 1 else np.ones(rows, int)
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


def least(run: Callable[[], object], repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trajectories", type=int, default=4096)
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    batch = synthetic(given.trajectories, given.turns, given.tokens)
    part = synthetic(given.trajectories // SHARE, given.turns, given.tokens)
    known, part_known = evidence(batch), evidence(part)
    cohort_R = batch.cohort[batch.trajectory]
    print(
        f"{given.trajectories} trajectories x {given.turns} turns x up to {given.tokens} tokens "
        f"= {batch.value_K.numel():,} tokens, {given.threads} threads"
    )
    keys = [f"state {a}" for a in batch.anchor_R.tolist()]
    grouping = least(lambda: exact_groups(cohort_R, batch.anchor_R), 9)
    print(f"step grouping: {grouping * 1e3:.1f} ms; ", end="")
    print(
        f"numbering {len(keys):,} text keys once: {least(lambda: intern_anchors(keys)) * 1e3:.0f} ms"
    )
    print("| method | vectorised, s | loop over rows, s | ratio |")
    print("|---|---|---|---|")
    for name, loop in LOOPS.items():
        method = METHODS[name]
        fast = least(lambda method=method: method(batch, known))
        start = time.perf_counter()
        loop(part, part_known)
        slow = (time.perf_counter() - start) * SHARE
        print(f"| {name} | {fast:.2f} | {slow:.1f} | {slow / fast:.0f} |", flush=True)


if __name__ == "__main__":
    main()
