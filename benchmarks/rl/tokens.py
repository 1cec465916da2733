"""How many tokens a second are trained on, beside a plain loop of transformers and peft.

    python -m benchmarks.rl.tokens --rows rows.npz --base FILE.gguf --device auto --seconds 20

All learn the same rows with the same rank, the same optimizer and bf16 on a GPU. Batches are halved
until they fit. `--trl` adds TRL's SFTTrainer, and `--repeats` measures all in turns several times.
`--base random` takes a model of SmolLM2-135M's shape with drawn weights, which are as fast, except
for TRL, which asks for a tokenizer. Tokens are those of the rows, padding left out. Seconds of the
processor, over all threads, are what a busy CPU is compared by: they do not count who else waits.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.rl.loops import WARM_UP, our_step, plain_step
from benchmarks.rl.trl_loop import trl_figures
from shapley_coop.rl.training.devices import choose_device, device_name
from shapley_coop.rl.training.token_rows import TokenBatch, TokenRows, batches


def measure(
    step: Callable[[TokenBatch], Any],
    stream: Iterator[TokenBatch],
    device: torch.device,
    seconds: float,
) -> dict[str, Any]:
    """Return tokens a second and the memory taken, after some steps to warm up."""
    first = time.perf_counter()
    losses = [float(step(batch)) for batch in islice(stream, WARM_UP)]
    synchronize(device)
    began, began_work = time.perf_counter(), time.process_time()
    tokens = steps = 0
    for batch in stream:
        loss = step(batch)
        tokens += batch.count
        steps += 1
        synchronize(device)
        if time.perf_counter() - began > seconds:
            break
    spent, work = time.perf_counter() - began, time.process_time() - began_work
    figures: dict[str, Any] = {
        "tokens_per_second": round(tokens / spent),
        "tokens_per_processor_second": round(tokens / work),
        "steps": steps,
        "seconds": round(spent, 1),
        "warm_up_seconds": round(began - first, 1),
        "losses": [round(loss, 4) for loss in [*losses, float(loss)]],
    }
    if device.type == "cuda":
        figures["peak_gb"] = round(torch.cuda.max_memory_allocated() / 1e9, 1)
    return figures


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def endless(rows: TokenRows, most_tokens: int) -> Iterator[TokenBatch]:
    rng = np.random.default_rng(0)
    while True:
        yield from batches(rows, rng, most_tokens)


def in_memory(
    make: Callable[[], Callable[[TokenBatch], Any]],
    rows: TokenRows,
    most_tokens: int,
    device: torch.device,
    seconds: float,
) -> dict[str, Any]:
    """Measure with the greatest batch, halved from `most_tokens`, that fits."""
    while True:
        if device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        try:
            found = measure(make(), endless(rows, most_tokens), device, seconds)
        except torch.OutOfMemoryError:
            if most_tokens < 1000:
                raise
        else:
            return {"batch_tokens": most_tokens, **found}
        most_tokens //= 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--base", default="random")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--batch", type=int, default=40_000)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--trl", action="store_true")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    device = choose_device(options.device)
    rows = TokenRows.load(options.rows)
    loops = _loops(options, device, rows)
    report: dict[str, Any] = {"device": device_name(device), "base": options.base}
    # In turns, since whoever shares the machine works more at one time than at another.
    for name in [*loops] * options.repeats:
        figures = _figures(loops[name])
        report.setdefault(name, []).append(figures)
        print(json.dumps({name: figures}), flush=True)
        if options.out:
            options.out.write_text(json.dumps(report, indent=1))
    print(json.dumps(report))


def _loops(
    options: argparse.Namespace, device: torch.device, rows: TokenRows
) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return what is measured, by name."""
    base, most, seconds = options.base, options.batch, options.seconds

    def steps_of(make: Callable[[], Callable[[TokenBatch], Any]]) -> Any:
        return lambda: in_memory(make, rows, most, device, seconds)

    loops = {
        "ours": steps_of(lambda: our_step(base, device, compiled=False)),
        "plain transformers + peft": steps_of(lambda: plain_step(base, device)),
    }
    if options.compile:
        loops["ours, layers compiled"] = steps_of(
            lambda: our_step(base, device, compiled=True)
        )
    if options.trl:
        loops["TRL SFTTrainer"] = lambda: trl_figures(base, rows, most, device, seconds)
    return loops


def _figures(measure_one: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return measure_one()
    # One that cannot run must not hide what the others reached.
    except Exception as fault:  # noqa: BLE001
        return {"error": f"{type(fault).__name__}: {fault}"[:500]}


if __name__ == "__main__":
    main()
