"""Amounts of calls, tokens and dollars: what one call can come to, and what some came to."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import NamedTuple

from shapley_coop.interfaces.model import ModelRequest, Reply, Usage
from shapley_coop.records import Seat, Spend

MESSAGE_TOKENS = 16
"""Most tokens by which a chat template surrounds one message."""
IMAGE_TOKENS = 2000
"""Most tokens that a picture of a game counts as at known providers."""


@dataclass(slots=True)
class Amount:
    """Calls, tokens and dollars."""

    calls: int = 0
    """Times that a request was sent."""
    tokens: int = 0
    """Tokens of prompts and answers."""
    cost: float = 0.0
    """US dollars of calls that were answered and counted."""
    uncertain: float = 0.0
    """The most US dollars of calls whose end or whose count of tokens is not known."""

    def add(self, other: Amount, sign: int = 1) -> None:
        """Add another amount, or take it away where `sign` is -1."""
        self.calls += sign * other.calls
        self.tokens += sign * other.tokens
        self.cost += sign * other.cost
        self.uncertain += sign * other.uncertain


def worst(request: ModelRequest) -> Usage:
    """Return the most tokens that a call can use."""
    # A token is at least one byte of text, so that counting bytes needs no tokenizer.
    text = 0
    pictures = 0
    for message in request.messages:
        text += len(message.content.encode()) + MESSAGE_TOKENS
        pictures += len(message.images)
    if request.schema_:
        text += len(json.dumps(request.schema_)) + MESSAGE_TOKENS
    prompt = text + pictures * IMAGE_TOKENS
    return Usage(prompt=prompt, completion=request.sampling.max_tokens)


class Occasion(NamedTuple):
    """On whose behalf a model is asked, in which episode, and what for."""

    seat: Seat
    episode: int
    purpose: str
    """A word such as `act`, by which counts are kept."""


@dataclass(slots=True)
class Tally:
    """What some calls came to.

    A recorded answer counts like the call that it records, so that a replay comes to the same.
    """

    asked: int = 0
    """Questions, equal ones too."""
    calls: int = 0
    """Questions that no equal question had answered before."""
    live: int = 0
    """Calls that a model answered now."""
    sent: int = 0
    """Times that a request was sent, repeats too."""
    prompt: int = 0
    """Tokens of prompts."""
    completion: int = 0
    """Tokens of answers."""
    cost: float = 0.0
    """US dollars of the calls whose price and tokens are known."""
    unpriced: int = 0
    """Calls whose price is not known."""
    uncounted: int = 0
    """Calls whose tokens the endpoint did not count, so that they stand at the most they can be."""
    at_most: float = 0.0
    """The most US dollars of calls whose price is known and whose tokens are not."""
    seconds: float = 0.0
    """Time that models took, summed over calls."""

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt + self.completion

    def count(self, reply: Reply, *, again: bool = False) -> None:
        """Count one reply. `again` says that an equal question was counted before."""
        self.asked += 1
        if again:
            return
        self.calls += 1
        # A cassette or a cache answers without a model.
        self.live += reply.source in ("live", "scripted")
        self.sent += reply.attempts
        self.prompt += reply.usage.prompt
        self.completion += reply.usage.completion
        self.cost += reply.cost or 0.0
        self.unpriced += reply.cost is None and not reply.at_most
        self.uncounted += reply.usage.estimated
        self.at_most += reply.at_most
        self.seconds += reply.seconds

    def spend(
        self, model: str, seat: Seat, purpose: str, others: Iterable[str] = ()
    ) -> Spend:
        """Return the counts as a record. `others` are models that answered in another's place."""
        at_most = None if self.unpriced else self.cost + self.at_most
        return Spend(
            seat=seat,
            purpose=purpose,
            model=model,
            calls=self.calls,
            sent=self.sent,
            prompt=self.prompt,
            completion=self.completion,
            cost=None if self.at_most else at_most,
            at_most=at_most,
            uncounted=self.uncounted,
            answered_by=tuple(sorted(others)),
        )


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of some counts."""
    everything = Tally()
    for tally in tallies:
        # The names come from the class, so that a new count is summed too.
        for field in fields(Tally):
            before = getattr(everything, field.name)
            setattr(everything, field.name, before + getattr(tally, field.name))
    return everything


Place = tuple[str, Seat, str]
"""A model, a seat and a purpose."""
Rows = dict[Place, Tally]
"""Counts by model, seat and purpose."""


class Tallies:
    """The counts of a run and of each of its open episodes, by model, seat and purpose."""

    def __init__(self) -> None:
        self.rows: Rows = {}
        """Counts of the whole run."""
        self._episodes: defaultdict[int, Rows] = defaultdict(dict)
        self._others: defaultdict[int, defaultdict[Place, set[str]]] = defaultdict(
            lambda: defaultdict(set)
        )

    def count(
        self, reply: Reply, model: str, occasion: Occasion, *, again: bool
    ) -> None:
        """Count one reply. `again` says that its episode counted an equal question before."""
        place = (model, occasion.seat, occasion.purpose)
        for rows in (self.rows, self._episodes[occasion.episode]):
            rows.setdefault(place, Tally()).count(reply, again=again)
        if reply.model:
            self._others[occasion.episode][place].add(reply.model)

    def of_episode(self, episode: int) -> Tally:
        """Return what an episode came to so far."""
        return total(self._episodes[episode].values())

    def spending(self, episode: int) -> tuple[Spend, ...]:
        """Return what an episode came to, by model, seat and purpose."""
        rows = sorted(self._episodes[episode].items())
        others = self._others[episode]
        return tuple(tally.spend(*place, others[place]) for place, tally in rows)

    def forget(self, episode: int) -> None:
        """Drop the counts of an episode that is over. The run's own counts keep them."""
        self._episodes.pop(episode, None)
        self._others.pop(episode, None)
