"""How many tokens a second are trained on, beside a plain loop of transformers and peft.

    python -m benchmarks.rl.tokens --rows rows.npz --base FILE.gguf --device auto --seconds 20

Both learn the same rows with the same rank, the same optimizer and bf16 on a GPU. The plain loop is
what a tutorial writes: padded batches with a mask, labels of -100, logits of every token. Its
batches are halved until they fit. `--base random` takes a model of SmolLM2-135M's shape with drawn
weights, which are as fast. Tokens are those of the rows, padding left out.
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

from shapley_coop.rl.policies.low_rank import add_adapters, trained_parameters
from shapley_coop.rl.training.language import (
    ALPHA,
    RANK,
    choose_device,
    device_name,
    student_of,
)
from shapley_coop.rl.training.supervised import answer_loss
from shapley_coop.rl.training.token_rows import TokenBatch, TokenRows, batches

SHAPE = {
    "vocab_size": 49152,
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": True,
}
WARM_UP = 3


def plain_model(base: str, device: torch.device) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    if base != "random":
        from shapley_coop.rl.policies.gguf_model import read_model

        return read_model(Path(base), torch.float32).to(device)
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(**SHAPE)).to(device)


def our_step(
    base: str, device: torch.device, compiled: bool
) -> Callable[[TokenBatch], Any]:
    if base == "random":
        dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        model = plain_model(base, device).to(dtype)
        adapters = add_adapters(model, rank=RANK, alpha=ALPHA, seed=0)
    else:
        model, adapters = student_of(Path(base), device, seed=0)
    if compiled:
        for layer in model.get_submodule("model.layers").children():
            layer.compile(dynamic=True)
    parameters = trained_parameters(adapters)
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0.0)

    def step(batch: TokenBatch) -> Any:
        optimizer.zero_grad(set_to_none=True)
        loss = answer_loss(model, batch, device) / len(batch.targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return loss.detach()

    return step


def plain_step(base: str, device: torch.device) -> Callable[[TokenBatch], Any]:
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(
        r=RANK, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    model = get_peft_model(plain_model(base, device), settings)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0.0)
    bf16 = torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")

    def step(batch: TokenBatch) -> Any:
        rows, length = batch.tokens.shape
        labels = np.full(rows * length, -100)
        # transformers moves labels by one itself.
        labels[batch.positions + 1] = batch.targets
        last = np.zeros(rows, np.int64)
        np.maximum.at(last, batch.positions // length, batch.positions % length + 2)
        mask = np.arange(length) < last[:, None]
        optimizer.zero_grad(set_to_none=True)
        with bf16:
            loss = model(
                input_ids=torch.from_numpy(batch.tokens).to(device),
                attention_mask=torch.from_numpy(mask).to(device),
                labels=torch.from_numpy(labels.reshape(rows, length)).to(device),
            ).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return loss.detach()

    return step


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
    began, tokens, steps = time.perf_counter(), 0, 0
    for batch in stream:
        loss = step(batch)
        tokens += batch.count
        steps += 1
        synchronize(device)
        if time.perf_counter() - began > seconds:
            break
    spent = time.perf_counter() - began
    figures: dict[str, Any] = {
        "tokens_per_second": round(tokens / spent),
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
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    device = choose_device(options.device)
    rows = TokenRows.load(options.rows)
    makers = {
        "ours": lambda: our_step(options.base, device, compiled=False),
        "plain transformers + peft": lambda: plain_step(options.base, device),
    }
    if options.compile:
        makers["ours, layers compiled"] = lambda: our_step(
            options.base, device, compiled=True
        )
    report: dict[str, Any] = {"device": device_name(device), "base": options.base}
    for name, make in makers.items():
        try:
            report[name] = in_memory(make, rows, options.batch, device, options.seconds)
        # One that cannot run must not hide what the others reached.
        except Exception as fault:  # noqa: BLE001
            report[name] = {"error": f"{type(fault).__name__}: {fault}"[:500]}
        print(json.dumps({name: report[name]}), flush=True)
        if options.out:
            options.out.write_text(json.dumps(report, indent=1))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
