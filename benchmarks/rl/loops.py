"""Loops that train adapters of a language model, to be measured side by side.

The plain one is what a tutorial writes: padded batches with a mask, labels of -100, logits of every
token.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from shapley_coop.rl.policies.low_rank import add_adapters, trained_parameters
from shapley_coop.rl.training.language import ALPHA, RANK, student_of
from shapley_coop.rl.training.supervised import answer_loss
from shapley_coop.rl.training.token_rows import TokenBatch

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
