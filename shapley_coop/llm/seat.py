"""How one seat of one episode asks: its requests, their draws and their seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from shapley_coop.config.sections import ModelSettings
from shapley_coop.config.seeds import sampling_seed
from shapley_coop.interfaces.model import (
    Message,
    ModelRequest,
    Reply,
    Sampling,
    Schema,
    Target,
    key,
)
from shapley_coop.llm.marks import split_tokens
from shapley_coop.llm.money.amounts import Occasion
from shapley_coop.records import Seat
from shapley_coop.records.words import whole_characters

ANSWER_TOKENS = 320
"""Tokens that an answer may have where there are few seats."""
FEW_SEATS = 8
SEAT_TOKENS = 100
"""Tokens by which an answer grows with each further seat: its part of an offer is two clauses of up
to 40 tokens and a planned action."""


def answer_tokens(settings: ModelSettings, seats: int) -> int:
    """Return the most tokens of one answer in a game of n seats."""
    if settings.max_tokens is not None:
        return settings.max_tokens
    return ANSWER_TOKENS + SEAT_TOKENS * max(0, seats - FEW_SEATS)


def _harmless(message: Message) -> Message:
    """Return a message whose words can be written down, and cannot end it and begin another."""
    content = split_tokens(whole_characters(message.content))
    if content == message.content:
        return message
    return message.model_copy(update={"content": content})


class Answerer(Protocol):
    """Answers requests for all seats of a run, as the gateway does."""

    async def answer(
        self, target: Target, request: ModelRequest, occasion: Occasion
    ) -> Reply:
        """Answer one request."""
        ...


class SeatAsker:
    """The gateway as one seat of one episode sees it.

    Args:
        answerer: the gateway.
        target: the seat's model.
        settings: how models are asked.
        seats: how many seats the game has.
        seat: who asks.
        episode: in which episode.
        seed: the run's seed.
    """

    def __init__(
        self,
        answerer: Answerer,
        target: Target,
        settings: ModelSettings,
        *,
        seats: int,
        seat: Seat,
        episode: int,
        seed: int,
    ) -> None:
        self._max_tokens = answer_tokens(settings, seats)
        self._answerer = answerer
        self._target = target
        self._settings = settings
        self._seat = seat
        self._episode = episode
        self._seed = seed
        self._draws: Counter[str] = Counter()

    async def complete(
        self,
        messages: Sequence[Message],
        schema: Schema | None,
        *,
        purpose: str,
        tokens: int | None = None,
    ) -> Reply:
        """Answer some messages.

        The k-th equal question of a purpose is its k-th draw, with a seed of its own. The answer
        takes at most the tokens of the settings, or `tokens` where that is more.
        """
        # Draws are counted by the question without its seed, which differs between draws.
        most = max(self._max_tokens, tokens or 0)
        plain = self._request(messages, schema, most)
        question = f"{purpose} {key(plain)}"
        draw = self._draws[question]
        self._draws[question] += 1
        seed = sampling_seed(
            self._seed,
            self._episode,
            self._seat,
            purpose,
            draw,
        )
        sampling = plain.sampling.model_copy(update={"seed": seed})
        request = plain.model_copy(update={"sampling": sampling, "draw": draw})
        return await self._answerer.answer(
            self._target,
            request,
            Occasion(self._seat, self._episode, purpose),
        )

    def _request(
        self, messages: Sequence[Message], schema: Schema | None, max_tokens: int
    ) -> ModelRequest:
        """Return the request of some messages, with a seed of 0."""
        sampling = Sampling(
            temperature=self._settings.temperature,
            top_p=self._settings.top_p,
            max_tokens=max_tokens,
            seed=0,
        )
        return ModelRequest(
            model=self._target.model,
            endpoint=self._target.endpoint,
            messages=tuple(_harmless(message) for message in messages),
            sampling=sampling,
            schema=schema,
        )
