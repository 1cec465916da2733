"""Adapters as files of llama.cpp (GGUF)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import InputError
from shapley_coop.rl.policies.gguf_model import to_gguf, to_transformers
from shapley_coop.runs.store.files import replace_by


def write_gguf_adapter(
    path: Path,
    arrays: Mapping[str, NDArray[Any]],
    *,
    alpha: float,
    heads: int,
    key_heads: int,
    name: str,
) -> None:
    """Write an adapter that llama.cpp can put on a model, in float16.

    Args:
        path: the file, which is replaced in one step.
        arrays: A (rank, in) and B (out, rank) by names such as `blk.0.attn_q.a`, rows in the
            order of transformers.
        alpha: what the product is scaled by, times the rank.
        heads: attention heads of the model.
        key_heads: heads of its keys and values.
        name: what the file says that it is.

    Raises:
        StorageError: the disk refused. What was there before stays.
    """
    turned = {"attn_q": heads, "attn_k": key_heads}
    tensors = {}
    for tensor, values in arrays.items():
        module, _, side = tensor.rpartition(".")
        kind = module.rpartition(".")[2]
        is_turned = side == "b" and kind in turned
        written = to_gguf(values, turned[kind]) if is_turned else values
        tensors[f"{module}.weight.lora_{side}"] = written.astype(np.float16)
    replace_by(path, partial(_write, tensors, alpha=alpha, name=name))


def _write(
    tensors: Mapping[str, NDArray[np.float16]], path: Path, *, alpha: float, name: str
) -> None:
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_name(name)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for tensor, values in tensors.items():
        writer.add_tensor(tensor, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_gguf_adapter(
    path: Path, *, heads: int, key_heads: int
) -> dict[str, NDArray[np.float32]]:
    """Return what `write_gguf_adapter` has written: A and B by names such as `blk.0.attn_q.a`.

    Args:
        path: the file.
        heads: attention heads of the model.
        key_heads: heads of its keys and values.

    Raises:
        InputError: the file is no adapter.
    """
    from gguf import GGUFReader

    try:
        tensors = GGUFReader(path).tensors
    # A damaged file fails in as many ways as there are parts of one.
    except (OSError, ValueError, IndexError, KeyError) as error:
        raise InputError(
            f"cannot read the adapter {str(path)!r} ({error}); train the policy again"
        ) from error
    turned = {"attn_q": heads, "attn_k": key_heads}
    arrays = {}
    for tensor in tensors:
        module, _, side = tensor.name.rpartition(".weight.lora_")
        kind = module.rpartition(".")[2]
        values = np.array(tensor.data, np.float32)
        is_turned = side == "b" and kind in turned
        arrays[f"{module}.{side}"] = (
            to_transformers(values, turned[kind]) if is_turned else values
        )
    return arrays
