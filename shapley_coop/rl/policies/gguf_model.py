"""A Llama model as a GGUF file holds it, as a transformers model whose weights can be trained on.

llama.cpp turns by another pairing of dimensions than transformers, so a GGUF file holds the rows
of q and k in another order. Whatever is read or written here changes between the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import InputError

MODULES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
"""The projections of a layer: their names in a GGUF file and in transformers."""
_NORMS = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
_TOP = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}


def read_model(path: Path, dtype: Any) -> Any:
    """Return a `LlamaForCausalLM` with the file's weights, dequantised, on the CPU.

    Args:
        path: a GGUF file of architecture `llama`.
        dtype: a torch type for the weights.

    Raises:
        InputError: the file is of another architecture, or holds a tensor that is not known here.
    """
    import torch
    from gguf import GGUFReader, dequantize
    from transformers import LlamaConfig, LlamaForCausalLM

    reader = GGUFReader(path)
    fields = {name: field.contents() for name, field in _plain_fields(reader)}
    if fields.get("general.architecture") != "llama":
        raise InputError(
            f"model file {str(path)!r} is of architecture "
            f"{fields.get('general.architecture')!r}; only 'llama' can be trained"
        )
    heads = {
        "attn_q": int(fields["llama.attention.head_count"]),
        "attn_k": int(fields["llama.attention.head_count_kv"]),
    }
    weights = {}
    for tensor in reader.tensors:
        values = dequantize(tensor.data, tensor.tensor_type)
        kind = tensor.name.split(".")[-2]
        if kind in heads:
            values = to_transformers(values, heads[kind])
        # A copy, since some tensors are views of the file itself.
        weights[_module_name(tensor.name)] = torch.tensor(values, dtype=dtype)
    tied = "lm_head.weight" not in weights
    config = LlamaConfig(
        vocab_size=weights["model.embed_tokens.weight"].shape[0],
        hidden_size=int(fields["llama.embedding_length"]),
        intermediate_size=int(fields["llama.feed_forward_length"]),
        num_hidden_layers=int(fields["llama.block_count"]),
        num_attention_heads=heads["attn_q"],
        num_key_value_heads=heads["attn_k"],
        max_position_embeddings=int(fields["llama.context_length"]),
        rms_norm_eps=float(fields["llama.attention.layer_norm_rms_epsilon"]),
        rope_parameters={
            "rope_type": "default",
            "rope_theta": float(fields["llama.rope.freq_base"]),
        },
        tie_word_embeddings=tied,
    )
    # Without weights of its own it is made at once, and takes those of the file as they are.
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    missing = model.load_state_dict(weights, strict=False, assign=True).missing_keys
    if set(missing) - {"lm_head.weight"}:
        raise InputError(
            f"model file {str(path)!r} lacks: {', '.join(sorted(missing))}"
        )
    model.tie_weights()
    # Angles are no weights of the file, so they are worked out anew.
    model.model.rotary_emb = type(model.model.rotary_emb)(config)
    model.train(mode=False)
    return model


def to_transformers(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Return rows of q or k in the order of transformers: first all even ones of a head."""
    count, *rest = rows.shape
    size = count // heads // 2
    pairs = rows.reshape(heads, size, 2, *rest)
    return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(count, *rest))


def to_gguf(rows: NDArray[Any], heads: int) -> NDArray[Any]:
    """Return rows of q or k in the order of a GGUF file: the two halves of a head in turns."""
    count, *rest = rows.shape
    size = count // heads // 2
    halves = rows.reshape(heads, 2, size, *rest)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(count, *rest))


def _plain_fields(reader: Any) -> list[tuple[str, Any]]:
    """Return the fields about the model. Those of its tokenizer are long and not needed."""
    return [
        (name, field)
        for name, field in reader.fields.items()
        if name.startswith(("general.architecture", "llama."))
    ]


def _module_name(name: str) -> str:
    """Return the transformers name of a tensor of a GGUF file.

    Raises:
        InputError: it has none.
    """
    if name in _TOP:
        return _TOP[name]
    match name.split("."):
        case ["blk", number, kind, "weight"] if kind in MODULES:
            return f"model.layers.{number}.{MODULES[kind]}.weight"
        case ["blk", number, kind, "weight"] if kind in _NORMS:
            return f"model.layers.{number}.{_NORMS[kind]}.weight"
    raise InputError(f"tensor {name!r} of the model file is not known here")
