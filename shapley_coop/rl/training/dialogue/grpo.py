"""GRPO for language policies (Shao et al. 2024, arXiv 2402.03300, eq. 3), on weighed answers.

Equal answers to equal prompts are learned once with the sum of their weights, which gives the same
gradient: models that bargain often say the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from shapley_coop.errors import ModelError
from shapley_coop.rl.policies.low_rank import (
    Adapters,
    adapter_tensors,
    load_adapters,
    trained_parameters,
)
from shapley_coop.rl.training.dialogue.answers import WeighedAnswer
from shapley_coop.rl.training.imitation.plays import row_tokens
from shapley_coop.rl.training.supervised import answer_logprobs
from shapley_coop.rl.training.token_rows import TokenBatch, TokenRows, make_batch


@dataclass(frozen=True)
class GrpoSchedule:
    """How fast and how far is learned."""

    passes: int = 2
    """How often each batch of answers is gone over."""
    rate: float = 1e-4
    """The learning rate of AdamW."""
    clip: float = 0.2
    """How far a token's probability may move from where it was, as a ratio."""
    kl: float = 0.04
    """Weight of the distance from the reference, token by token (estimator k3)."""
    rows: int = 4
    """Rows that are in memory at once. It changes nothing of what is learned."""


class GrpoFigures(NamedTuple):
    """How a batch of answers was learned."""

    answers: int
    """Different ones."""
    tokens: int
    """Of prompts and answers, once each."""
    gain: float
    """The surrogate of the last pass, in units of credit."""
    distance: float
    """The mean distance of a token from the reference after the last pass, in nats."""


class _Part(NamedTuple):
    batch: TokenBatch
    row_K: Tensor
    """Which row of the part each token of an answer belongs to."""
    praise_K: Tensor
    """Praise of the row over the number of its tokens."""
    blame_K: Tensor
    old_K: Tensor
    """Log-probabilities before the first step."""
    reference_K: Tensor


class GrpoLearner:
    """Moves the adapters of a model towards what was praised.

    Args:
        model: a Llama model with adapters, on its device.
        adapters: those of the model.
        reference: adapters from which it should not go far.
        tokenizer: of the model.
        schedule: how fast and how far is learned.
    """

    def __init__(
        self,
        model: nn.Module,
        adapters: Adapters,
        reference: dict[str, Tensor],
        tokenizer: Any,
        schedule: GrpoSchedule,
    ) -> None:
        self.model = model
        self.adapters = adapters
        self.reference = reference
        self.tokenizer = tokenizer
        self.schedule = schedule
        self.parameters = trained_parameters(adapters)
        self.device = self.parameters[0].device
        self.optimizer = torch.optim.AdamW(
            self.parameters, schedule.rate, weight_decay=0.0
        )

    def learn(self, answers: Sequence[WeighedAnswer]) -> GrpoFigures:
        """Go over answers several times, one step each, and return how that went.

        Raises:
            ModelError: a loss is no number.
        """
        parts = self._parts(answers)
        gain = distance = 0.0
        for _ in range(self.schedule.passes):
            self.optimizer.zero_grad(set_to_none=True)
            gain = distance = 0.0
            for part in parts:
                gained, far = self._surrogate(part)
                share = len(part.batch.tokens) / len(answers)
                loss = self.schedule.kl * share * far - gained
                if not math.isfinite(loss.item()):
                    raise ModelError(
                        f"the loss of language reinforcement is {loss.item()}; the last good "
                        "checkpoint stays; train again with fewer passes"
                    )
                loss.backward()  # type: ignore[no-untyped-call]
                gain += gained.item()
                distance += share * far.item()
            # One step a pass, whatever fits into memory at once.
            nn.utils.clip_grad_norm_(self.parameters, 1.0)
            self.optimizer.step()
        tokens = sum(part.batch.count for part in parts)
        return GrpoFigures(len(answers), tokens, gain, distance)

    def _surrogate(self, part: _Part) -> tuple[Tensor, Tensor]:
        """Return the clipped surrogate of a part, and its mean distance from the reference."""
        logprob_K = answer_logprobs(self.model, part.batch, self.device)
        ratio_K = (logprob_K - part.old_K).exp()
        near_K = ratio_K.clamp(1 - self.schedule.clip, 1 + self.schedule.clip)
        # Praise and blame are clipped apart, since each holds the credit of many.
        praised_K = part.praise_K * torch.minimum(ratio_K, near_K)
        blamed_K = part.blame_K * torch.maximum(ratio_K, near_K)
        ahead_K = part.reference_K - logprob_K
        distance = (ahead_K.exp() - ahead_K - 1).mean()
        return (praised_K + blamed_K).sum(), distance

    def _parts(self, answers: Sequence[WeighedAnswer]) -> list[_Part]:
        numbers = [
            row_tokens(answer.messages, answer.text, self.tokenizer)
            for answer in answers
        ]
        rows = TokenRows.of(numbers)
        batches = []
        for start in range(0, len(answers), self.schedule.rows):
            places = list(range(start, min(start + self.schedule.rows, len(answers))))
            batches.append((places, make_batch(rows, places)))
        old = [self._logprobs(batch) for _, batch in batches]
        own = adapter_tensors(self.adapters)
        # One model holds both, in turns: a second one would double the memory.
        load_adapters(self.adapters, self.reference)
        reference = [self._logprobs(batch) for _, batch in batches]
        load_adapters(self.adapters, own)
        parts = []
        for (places, batch), old_K, reference_K in zip(
            batches, old, reference, strict=True
        ):
            lengths = [len(numbers[place][1]) for place in places]
            row_K = torch.from_numpy(np.repeat(np.arange(len(places)), lengths))
            praise = [
                answers[p].praise / n for p, n in zip(places, lengths, strict=True)
            ]
            blame = [answers[p].blame / n for p, n in zip(places, lengths, strict=True)]
            part = _Part(
                batch,
                row_K,
                torch.tensor(praise, device=self.device)[row_K],
                torch.tensor(blame, device=self.device)[row_K],
                old_K,
                reference_K,
            )
            parts.append(part)
        return parts

    def _logprobs(self, batch: TokenBatch) -> Tensor:
        with torch.no_grad():
            return answer_logprobs(self.model, batch, self.device)
