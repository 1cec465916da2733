"""A language model so small that tests can train it."""

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from shapley_coop.rl.policies.low_rank import add_adapters
from shapley_coop.rl.training.language import Student
from shapley_coop.rl.training.token_rows import TokenRows

WORDS = 40


def tiny_student(seed=0):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=WORDS,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        # Large enough for a few steps to turn the model about.
        initializer_range=0.3,
    )
    model = LlamaForCausalLM(config)
    return Student(model, add_adapters(model, rank=4, alpha=8.0, seed=seed))


def some_rows(count=30, seed=0):
    """Return rows that all have one answer."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        prompt = rng.integers(1, WORDS, size=int(rng.integers(3, 9))).tolist()
        rows.append((prompt, [7, 8, 0]))
    return TokenRows.of(rows)


def fail_once(model):
    """Let the next look of a model at more than one row find no memory."""

    def fail(module, arguments, named):
        if len(named["input_ids"]) > 1:
            hook.remove()
            raise torch.OutOfMemoryError

    body = model.get_submodule("model")
    hook = body.register_forward_pre_hook(fail, with_kwargs=True)
