"""A language model made ready to be trained: its weights, its adapter, its tokenizer."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from shapley_coop.rl.policies.adapter_file import write_gguf_adapter
from shapley_coop.rl.policies.gguf_model import read_model
from shapley_coop.rl.policies.low_rank import (
    Adapters,
    adapter_tensors,
    add_adapters,
)

RANK, ALPHA = 16, 32.0
"""The rank of an adapter, and what it is scaled by, times the rank."""


class Student(NamedTuple):
    """A model with an adapter to be trained."""

    model: nn.Module
    adapters: Adapters


def student_of(
    base: Path, device: torch.device, *, rank: int = RANK, seed: int
) -> Student:
    """Return the model of a GGUF file with a fresh adapter, on a device.

    Its frozen weights are bf16 on a GPU, and float32 on a CPU, where bf16 is slow.
    """
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    model = read_model(base, dtype).to(device)
    return Student(model, add_adapters(model, rank=rank, alpha=ALPHA, seed=seed))


def write_adapter(path: Path, student: Student, *, name: str) -> None:
    """Write a student's adapter as a GGUF file."""
    config: Any = student.model.config
    arrays = {
        tensor: values.numpy()
        for tensor, values in adapter_tensors(student.adapters).items()
    }
    write_gguf_adapter(
        path,
        arrays,
        alpha=ALPHA,
        heads=config.num_attention_heads,
        key_heads=config.num_key_value_heads,
        name=name,
    )


def tokenizer_of(base: Path) -> Any:
    """Return the tokenizer that a GGUF file holds."""
    from transformers import AutoTokenizer

    # transformers shows a bar of its own for what takes a second.
    with contextlib.redirect_stderr(None):
        return AutoTokenizer.from_pretrained(base.parent, gguf_file=base.name)
