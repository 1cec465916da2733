"""Every credit method on a device beside the processor: equal values, and how many times faster."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.credit.synthetic import evidence, synthetic
from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.spec import assign_credit, parse_spec
from shapley_coop.rl.trajectories.batch import Trajectories

FASTER = 10.0
"""The bar: how many times the speed of the processor."""
EQUAL = 1e-9
"""The bar: the largest difference of any number, relative where numbers are above 1."""


def compare(
    specs: list[str],
    shape: tuple[int, int, int],
    device: str,
    repeats: int,
    path: Path | None,
) -> bool:
    """Print a table of all methods, write it as JSON, and return whether the bars are met.

    shape: trajectories, turns and most tokens a turn.
    """
    near = synthetic(*shape)
    known = evidence(near)
    start = time.perf_counter()
    far = near.to(device)
    known_there = _moved(known, device)
    _finish(device)
    sent = time.perf_counter() - start
    head = {
        "device": _name(device),
        "processor": _processor(),
        "torch": torch.__version__,
        "trajectories": shape[0],
        "turns": shape[1],
        "tokens": near.value_K.numel(),
        "seconds_to_send": sent,
    }
    for name, value in head.items():
        print(f"{name}: {value}")
    print("| method | one core, s | all cores, s | device, s | ratio | difference |")
    print("|---|---|---|---|---|---|")
    rows = [
        _measure(spec, (near, known), (far, known_there), device, repeats)
        for spec in specs
    ]
    slowest = min(row["ratio"] for row in rows)
    furthest = max(row["difference"] for row in rows)
    met = slowest >= FASTER and furthest <= EQUAL
    print(
        f"at least {slowest:.1f} times the processor (bar {FASTER:g}), difference at most "
        f"{furthest:.1e} (bar {EQUAL:g}): {'met' if met else 'MISSED'}"
    )
    if path is not None:
        path.write_text(json.dumps({**head, "met": met, "methods": rows}, indent=1))
    return met


def _measure(
    spec: str,
    near: tuple[Trajectories, Evidence],
    far: tuple[Trajectories, Evidence],
    device: str,
    repeats: int,
) -> dict[str, Any]:
    method = parse_spec(spec)
    expected = assign_credit(method, *near)
    difference = _difference(assign_credit(method, *far), expected)
    del expected

    def there() -> None:
        assign_credit(method, *far)
        _finish(device)

    by_threads = {}
    before = torch.get_num_threads()
    for threads in (1, os.cpu_count() or 1):
        torch.set_num_threads(threads)
        by_threads[threads] = _times(lambda: assign_credit(method, *near), repeats)
    torch.set_num_threads(before)
    device_times = _times(there, 3 * repeats)
    here = min(min(times) for times in by_threads.values())
    row = {
        "method": spec,
        "one_core_s": min(by_threads[1]),
        "all_cores_s": min(by_threads[os.cpu_count() or 1]),
        "device_s": min(device_times),
        "device_median_s": statistics.median(device_times),
        "ratio": here / min(device_times),
        "difference": difference,
    }
    print(
        f"| {spec} | {row['one_core_s']:.3f} | {row['all_cores_s']:.3f} "
        f"| {row['device_s']:.5f} | {row['ratio']:.1f} | {difference:.1e} |",
        flush=True,
    )
    return row


def _times(run: Callable[[], object], repeats: int) -> list[float]:
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return times


def _difference(far: object, near: object) -> float:
    """Return the largest difference between two results, relative where numbers are above 1."""
    if isinstance(near, Tensor):
        assert isinstance(far, Tensor)
        back = far.cpu()
        if not torch.equal(back.isnan(), near.isnan()):
            return float("inf")
        back, near = back.double().nan_to_num(), near.double().nan_to_num()
        if not near.numel():
            return 0.0
        return float(((back - near).abs() / near.abs().clamp(min=1.0)).max())
    if is_dataclass(near):
        return max(
            _difference(getattr(far, field.name), getattr(near, field.name))
            for field in fields(near)
        )
    return 0.0 if far == near else float("inf")


def _moved(known: Evidence, device: str) -> Evidence:
    tensors = {
        field.name: getattr(known, field.name).to(device)
        for field in fields(known)
        if isinstance(getattr(known, field.name), Tensor)
    }
    return replace(known, **tensors)


def _finish(device: str) -> None:
    """Wait until a device has done all that it was asked."""
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize()


def _name(device: str) -> str:
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name()
    return device


def _processor() -> str:
    """Return the processor's name and its number of cores."""
    name = platform.processor() or platform.machine()
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text().splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    return f"{name}, {os.cpu_count()} cores"
