"""The rows of a course learned by TRL's SFTTrainer, as a user of TRL would have it.

It learns adapters of the same rank on answers alone, with batches of rows of like lengths and
without gradient checkpointing, which the other loops do not have either. All else is its default.
TRL is no part of this project's extras: `pip install trl peft`.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.rl.loops import WARM_UP, plain_model
from shapley_coop.rl.training.language import ALPHA, RANK, tokenizer_of
from shapley_coop.rl.training.token_rows import TokenRows

ROWS = 4000
"""Rows that TRL prepares, more than are learned while the clock runs."""


def trl_figures(
    base: str, rows: TokenRows, most_tokens: int, device: torch.device, seconds: float
) -> dict[str, Any]:
    """Return tokens a second of SFTTrainer, after some steps to warm up."""
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    class Clock(TrainerCallback):
        """Counts steps, and ends training when the time is over."""

        def __init__(self) -> None:
            self.first = time.perf_counter()
            self.began = self.spent = self.began_work = self.work = 0.0
            self.tokens = self.steps = 0

        def on_step_end(self, _args: Any, state: Any, control: Any, **_: Any) -> None:
            now = time.perf_counter()
            if state.global_step == WARM_UP:
                self.began, self.began_work = now, time.process_time()
                self.tokens = 0
            self.steps = state.global_step - WARM_UP
            self.spent = now - self.began
            self.work = time.process_time() - self.began_work
            if self.steps > 0 and self.spent > seconds:
                control.should_training_stop = True

    clock = Clock()

    class CountingTrainer(SFTTrainer):
        """Counts the tokens of every batch, padding left out."""

        def training_step(self, model: Any, inputs: Any, *others: Any) -> Any:
            clock.tokens += int(inputs["attention_mask"].sum())
            return super().training_step(model, inputs, *others)

    batch_rows = max(1, most_tokens // int(rows.lengths.mean()))
    with tempfile.TemporaryDirectory() as folder:
        settings = SFTConfig(
            output_dir=folder,
            per_device_train_batch_size=batch_rows,
            train_sampling_strategy="group_by_length",
            max_steps=1_000_000,
            max_length=None,
            learning_rate=1e-4,
            gradient_checkpointing=False,
            bf16=device.type == "cuda",
            use_cpu=device.type == "cpu",
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = CountingTrainer(
            plain_model(base, device),
            settings,
            train_dataset=_dataset(rows),
            processing_class=tokenizer_of(Path(base)),
            peft_config=LoraConfig(
                r=RANK,
                lora_alpha=ALPHA,
                target_modules="all-linear",
                task_type="CAUSAL_LM",
            ),
            callbacks=[clock],
        )
        trainer.train()
    return {
        "batch_rows": batch_rows,
        "tokens_per_second": round(clock.tokens / clock.spent),
        "tokens_per_processor_second": round(clock.tokens / clock.work),
        "steps": clock.steps,
        "seconds": round(clock.spent, 1),
        "warm_up_seconds": round(clock.began - clock.first, 1),
    }


def _dataset(rows: TokenRows) -> Any:
    """Return rows as TRL reads them: tokens, and which of them are to be learned."""
    from datasets import Dataset

    chosen = np.random.default_rng(0).permutation(len(rows))[:ROWS]
    tokens = [rows.row(index).astype(int).tolist() for index in chosen]
    prompts = [int(rows.prompts[index]) for index in chosen]
    masks = [
        [0] * prompt + [1] * (len(row) - prompt)
        for row, prompt in zip(tokens, prompts, strict=True)
    ]
    return Dataset.from_dict({"input_ids": tokens, "completion_mask": masks})
