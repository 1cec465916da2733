"""Time of every credit method beside a plain loop over rows, on one synthetic batch.

    python -m benchmarks.credit.speed [--trajectories 4096] [--turns 50] [--tokens 64]
    python -m benchmarks.credit.speed --device cuda [--json PATH]

Token counts are ragged: half the given length to all of it. The plain loop runs over tensors, as
the reference implementations do, on 1/256 of the trajectories, and over Python floats, on 1/16;
its cost is linear in rows, and its time is multiplied accordingly. The method and both loops take
turns, --repeats times over, and the least time of each counts. Every value of the loops is compared
with the method's.

With another --device, every method runs there beside the processor, by one core and by all, and
every value is compared. It ends with 1 where a bar is missed.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.credit.beside_device import compare
from benchmarks.credit.row_loops import LOOPS, Loop, Read
from benchmarks.credit.synthetic import evidence, synthetic
from shapley_coop.rl.assignment.spec import assign_credit, parse_spec
from shapley_coop.rl.trajectories.anchors import exact_groups, intern_anchors


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
    parser.add_argument("--device", default="cpu", help="Such as cuda.")
    parser.add_argument(
        "--json", type=Path, help="Where to write the device's figures."
    )
    given = parser.parse_args()
    if given.device == "cpu":
        beside_loops(given)
        return
    shape = (given.trajectories, given.turns, given.tokens)
    if not compare(list(LOOPS), shape, given.device, given.repeats, given.json):
        sys.exit(1)


def beside_loops(given: argparse.Namespace) -> None:
    """Print the table of all methods beside both plain loops."""
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
