"""Time of every credit method beside a plain loop over rows, on one synthetic batch.

    python benchmarks/credit/speed.py [--trajectories 4096] [--turns 50] [--tokens 64]

Token counts are ragged: half the given length to all of it. The plain loop runs over tensors, as
the reference implementations do, on 1/256 of the trajectories, and over Python floats, on 1/16;
its cost is linear in rows, and its time is multiplied accordingly. The method and both loops take
turns, --repeats times over, and the least time of each counts. Every value of the loops is compared
with the method's.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from row_loops import LOOPS, Loop, Read

from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.spec import assign_credit, parse_spec
from shapley_coop.rl.credit.spo_chain import cutpoint_starts
from shapley_coop.rl.trajectories.anchors import exact_groups
from shapley_coop.rl.trajectories.batch import Trajectories, intern_anchors


def synthetic(trajectories: int, turns: int, tokens: int) -> Trajectories:
    """A ragged batch: 8 episodes a task, states out of 200, tokens 1/2 to 1 of the given length."""
    rng = np.random.default_rng(0)
    rows = trajectories * turns
    count = (
        rng.integers(tokens // 2, tokens + 1, rows)
        if tokens > 1
        else np.ones(rows, int)
    )
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


def measured(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def least(run: Callable[[], object], repeats: int = 3) -> float:
    return min(measured(run) for _ in range(repeats))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trajectories", type=int, default=4096)
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--tokens", type=int, default=64)
    # A second thread gains nothing here, and waiting for it costs where the cores are busy.
    parser.add_argument("--threads", type=int, default=1, help="Threads of torch.")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    batch = synthetic(given.trajectories, given.turns, given.tokens)
    known = evidence(batch)
    cohort_R = batch.cohort[batch.trajectory]
    print(
        f"{given.trajectories} trajectories x {given.turns} turns x up to {given.tokens} tokens "
        f"= {batch.value_K.numel():,} tokens, {given.threads} threads"
    )
    keys = [f"state {a}" for a in batch.anchor_R.tolist()]
    grouping = least(lambda: exact_groups(cohort_R, batch.anchor_R), 9)
    numbering = least(lambda: intern_anchors(keys))
    print(f"step grouping: {grouping * 1e3:.1f} ms; ", end="")
    print(f"numbering {len(keys):,} text keys once: {numbering * 1e3:.0f} ms")
    print(
        "| method | vectorised, s | loop over tensors, s | ratio | loop over floats, s | ratio |"
    )
    print("|---|---|---|---|---|---|")
    for spec, loop in LOOPS.items():
        read = parse_spec(spec)
        runs = (
            lambda read=read: assign_credit(read, batch, known),
            looped(spec, loop, given, 256, lambda x: x),
            looped(spec, loop, given, 16, torch.Tensor.tolist),
        )
        times = [[measured(run) for run in runs] for _ in range(given.repeats)]
        fast, tensors, floats = (min(column) for column in zip(*times, strict=True))
        tensors *= given.trajectories / part_of(given, 256)
        floats *= given.trajectories / part_of(given, 16)
        print(
            f"| {spec} | {fast:.2f} | {tensors:.0f} | {tensors / fast:.0f} "
            f"| {floats:.1f} | {floats / fast:.1f} |",
            flush=True,
        )


def part_of(given: argparse.Namespace, share: int) -> int:
    """Trajectories that a loop runs over: whole task groups."""
    return max(given.trajectories // share, 8)


def looped(
    spec: str, loop: Loop, given: argparse.Namespace, share: int, read: Read
) -> Callable[[], object]:
    """Return the loop over a share of the batch, once its values are found to be the method's."""
    part = synthetic(part_of(given, share), given.turns, given.tokens)
    known = evidence(part)
    found = assign_credit(spec, part, known).token_K
    if not torch.allclose(loop(part, known, read), found, rtol=1e-9, atol=1e-9):
        raise SystemExit(f"{spec}: the plain loop gives other values than the method")
    return lambda: loop(part, known, read)


if __name__ == "__main__":
    main()
