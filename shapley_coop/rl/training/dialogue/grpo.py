"""GRPO for language policies (Shao et al. 2024, arXiv 2402.03300, eq. 3), on weighed answers.

Equal answers to equal prompts are learned once with the sum of their weights, which gives the same
gradient: models that bargain often say the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

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
from shapley_coop.rl.training.memory import within_memory
from shapley_coop.rl.training.processes import ALONE, Processes, sum_gradients
from shapley_coop.rl.training.supervised import answer_logprobs
from shapley_coop.rl.training.token_rows import TokenBatch, TokenRows, make_batch

Result = TypeVar("Result")


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
    """Rows that are in memory at once, fewer where it does not suffice. What is learned stays the
    same."""


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


class _Lesson(NamedTuple):
    """One answer with all that does not change while it is learned."""

    praise: float
    """Praise of the answer over the number of its tokens."""
    blame: float
    old_K: Tensor
    """Log-probabilities of its tokens before the first step."""
    reference_K: Tensor


class _Part(NamedTuple):
    """Answers that are in memory at once."""

    batch: TokenBatch
    praise_K: Tensor
    blame_K: Tensor
    old_K: Tensor
    reference_K: Tensor


class GrpoLearner:
    """Moves the adapters of a model towards what was praised.

    Args:
        model: a Llama model with adapters, on its device.
        adapters: those of the model.
        reference: adapters from which it should not go far.
        tokenizer: of the model.
        schedule: how fast and how far is learned.
        tell: is told of every pass, and of faults that learning survives.
        processes: which learn together, each its own answers.
    """

    def __init__(
        self,
        model: nn.Module,
        adapters: Adapters,
        reference: dict[str, Tensor],
        tokenizer: Any,
        schedule: GrpoSchedule,
        tell: Callable[[str], None],
        processes: Processes = ALONE,
    ) -> None:
        self.model = model
        self.adapters = adapters
        self.reference = reference
        self.tokenizer = tokenizer
        self.schedule = schedule
        self.tell = tell
        self.processes = processes
        self.split = 1
        """Into how many parts what is in memory at once is cut because it did not fit."""
        self.parameters = trained_parameters(adapters)
        self.device = self.parameters[0].device
        self.optimizer = torch.optim.AdamW(
            self.parameters, schedule.rate, weight_decay=0.0
        )

    def learn(self, answers: Sequence[WeighedAnswer]) -> GrpoFigures:
        """Go over answers several times, one step each, and return how that went.

        Where memory does not suffice, fewer answers are in it at once, and that is told.

        Raises:
            ModelError: a loss is no number.
        """
        numbers = [
            row_tokens(answer.messages, answer.text, self.tokenizer)
            for answer in answers
        ]
        own = slice(self.processes.rank, None, self.processes.count)
        rows = TokenRows.of(numbers[own])
        lessons = self._lessons(answers[own], rows)
        everything = TokenRows.of(numbers)
        spoken = int((everything.lengths - everything.prompts).sum())
        gain = distance = 0.0
        for number in range(self.schedule.passes):
            # What a pass captures is bound now, since it may be begun anew with smaller parts.
            pass_over = partial(self._pass, rows, lessons, spoken)
            figures = self.processes.sum(self._within_memory(pass_over))
            gain, distance = figures.tolist()
            sum_gradients(self.processes, self.parameters)
            # One step a pass, whatever fits into memory at once.
            nn.utils.clip_grad_norm_(self.parameters, 1.0)
            self.optimizer.step()
            # A pass of real weights takes minutes on a CPU.
            self.tell(
                f"pass {number + 1} of {self.schedule.passes}: gain {gain:.4f}, "
                f"distance {distance:.4f}"
            )
        return GrpoFigures(len(answers), len(everything.tokens), gain, distance)

    def memory(self) -> dict[str, Any]:
        """Return what a checkpoint has to hold."""
        return {
            "adapters": adapter_tensors(self.adapters),
            "optimizer": self.optimizer.state_dict(),
            "split": self.split,
        }

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Take up what a checkpoint held."""
        load_adapters(self.adapters, memory["adapters"])
        self.optimizer.load_state_dict(memory["optimizer"])
        # Checkpoints of older versions know of no parts.
        self.split = memory.get("split", 1)

    def _within_memory(self, work: Callable[[int], Result]) -> Result:
        result, self.split = within_memory(
            work, self.split, self.schedule.rows, self.tell, self.processes
        )
        return result

    def _groups(self, rows: TokenRows, split: int) -> Iterator[list[int]]:
        """Yield the places of the answers that are in memory at once."""
        most = max(1, self.schedule.rows // split)
        for start in range(0, len(rows), most):
            yield list(range(start, min(start + most, len(rows))))

    def _pass(
        self, rows: TokenRows, lessons: Sequence[_Lesson], spoken: int, split: int
    ) -> Tensor:
        """Set the gradient of some answers, and return their surrogate and their distance: [2].

        The distance is summed over their tokens and divided by those that all answers have.
        """
        self.optimizer.zero_grad(set_to_none=True)
        gain = distance = 0.0
        for places in self._groups(rows, split):
            part = self._part(rows, lessons, places)
            gained, far = self._surrogate(part)
            far = far / spoken
            loss = self.schedule.kl * far - gained
            if not math.isfinite(loss.item()):
                raise ModelError(
                    f"the loss of language reinforcement is {loss.item()}; the last good "
                    "checkpoint stays; train again with fewer passes"
                )
            loss.backward()  # type: ignore[no-untyped-call]
            gain += gained.item()
            distance += far.item()
        return torch.tensor([gain, distance], dtype=torch.float64, device=self.device)

    def _surrogate(self, part: _Part) -> tuple[Tensor, Tensor]:
        """Return the clipped surrogate of a part, and its summed distance from the reference."""
        logprob_K = answer_logprobs(self.model, part.batch, self.device)
        ratio_K = (logprob_K - part.old_K).exp()
        near_K = ratio_K.clamp(1 - self.schedule.clip, 1 + self.schedule.clip)
        # Praise and blame are clipped apart, since each holds the credit of many.
        praised_K = part.praise_K * torch.minimum(ratio_K, near_K)
        blamed_K = part.blame_K * torch.maximum(ratio_K, near_K)
        ahead_K = part.reference_K - logprob_K
        distance = (ahead_K.exp() - ahead_K - 1).sum()
        return (praised_K + blamed_K).sum(), distance

    def _part(
        self, rows: TokenRows, lessons: Sequence[_Lesson], places: Sequence[int]
    ) -> _Part:
        chosen = [lessons[place] for place in places]
        lengths = torch.tensor([len(lesson.old_K) for lesson in chosen])
        praise = torch.tensor([lesson.praise for lesson in chosen])
        blame = torch.tensor([lesson.blame for lesson in chosen])
        return _Part(
            make_batch(rows, places),
            praise.repeat_interleave(lengths).to(self.device),
            blame.repeat_interleave(lengths).to(self.device),
            torch.cat([lesson.old_K for lesson in chosen]),
            torch.cat([lesson.reference_K for lesson in chosen]),
        )

    def _lessons(
        self, answers: Sequence[WeighedAnswer], rows: TokenRows
    ) -> list[_Lesson]:
        logprobs = partial(self._logprobs, rows)
        old = self._within_memory(logprobs)
        reference = old
        own = adapter_tensors(self.adapters)
        # The first round begins at the reference, and a second look would tell the same.
        if any(not torch.equal(own[name], self.reference[name]) for name in own):
            # One model holds both, in turns: a second one would double the memory.
            load_adapters(self.adapters, self.reference)
            reference = self._within_memory(logprobs)
            load_adapters(self.adapters, own)
        lessons = []
        for answer, old_K, reference_K in zip(answers, old, reference, strict=True):
            tokens = len(old_K)
            praise, blame = answer.praise / tokens, answer.blame / tokens
            lessons.append(_Lesson(praise, blame, old_K, reference_K))
        return lessons

    def _logprobs(self, rows: TokenRows, split: int) -> list[Tensor]:
        """Return the log-probabilities of the tokens of every answer."""
        answer_lengths = (rows.lengths - rows.prompts).tolist()
        found: list[Tensor] = []
        with torch.no_grad():
            for places in self._groups(rows, split):
                batch = make_batch(rows, places)
                logprob_K = answer_logprobs(self.model, batch, self.device)
                lengths = [answer_lengths[place] for place in places]
                found += torch.split(logprob_K, lengths)
        return found
