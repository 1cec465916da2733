"""Adapters: what they add, how they are kept, and in which order rows stand in a GGUF file."""

import numpy as np
import pytest
import torch

from shapley_coop.rl.policies.gguf_model import to_gguf, to_transformers
from shapley_coop.rl.policies.low_rank import (
    LowRankLinear,
    adapter_tensors,
    load_adapters,
    trained_parameters,
)
from tests.rl.training.tiny import tiny_student


def test_a_fresh_adapter_changes_nothing_and_only_it_is_trained():
    linear = torch.nn.Linear(6, 4, bias=False)
    adapted = LowRankLinear(linear, 2, 8.0, torch.Generator().manual_seed(0))
    x = torch.randn(3, 6)
    assert torch.equal(adapted(x), linear(x))
    adapted.b.data.fill_(1.0)
    expected = linear(x) + 4 * (x @ adapted.a.T @ adapted.b.T)
    torch.testing.assert_close(adapted(x), expected)
    trained = [name for name, p in adapted.named_parameters() if p.requires_grad]
    assert trained == ["a", "b"]


def test_all_seven_projections_of_a_layer_are_adapted():
    student = tiny_student()
    kinds = {name.rpartition(".")[2] for name in student.adapters}
    assert len(student.adapters) == 7 * 2
    assert {"attn_q", "ffn_down"} <= kinds
    trained = sum(p.numel() for p in student.model.parameters() if p.requires_grad)
    adapted = trained_parameters(student.adapters)
    assert trained == sum(parameter.numel() for parameter in adapted)


def test_what_is_kept_is_what_is_loaded():
    first, second = tiny_student(seed=1), tiny_student(seed=2)
    kept = adapter_tensors(first.adapters)
    load_adapters(second.adapters, kept)
    for name, tensor in adapter_tensors(second.adapters).items():
        assert torch.equal(tensor, kept[name])


def test_rows_of_q_change_between_pairs_and_halves():
    # Of one head of 4: llama.cpp turns (0, 1) and (2, 3), transformers (0, 2) and (1, 3).
    rows = np.array([[0.0], [1.0], [2.0], [3.0]])
    assert to_transformers(rows, 1)[:, 0].tolist() == [0, 2, 1, 3]
    drawn = np.random.default_rng(0).normal(size=(24, 5))
    assert np.array_equal(to_gguf(to_transformers(drawn, 3), 3), drawn)


def test_weights_of_the_embedded_model_are_those_that_transformers_reads(
    embedded_model,
):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("gguf")
    from shapley_coop.llm import weights
    from shapley_coop.rl.policies.gguf_model import read_model

    path = weights.checked_location()
    ours = read_model(path, torch.float32)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32
    )
    tokens = torch.arange(100, 116).reshape(1, -1)
    with torch.no_grad():
        assert torch.equal(ours(tokens).logits, theirs(tokens).logits)
