"""Counts of calls, by whatever they are kept for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shapley_coop.interfaces.model import Reply
from shapley_coop.records import Spend


@dataclass(slots=True)
class Tally:
    """What some calls came to.

    `asked` counts questions, `calls` those that no equal question had answered before. A recorded
    answer counts like the call that it records, so that a replay comes to the same.
    """

    asked: int = 0
    calls: int = 0
    live: int = 0
    """Calls that a model answered now."""
    sent: int = 0
    prompt: int = 0
    completion: int = 0
    cost: float = 0.0
    unpriced: int = 0
    """Calls whose price is not known."""
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt + self.completion

    def count(self, reply: Reply, *, again: bool = False) -> None:
        """Count one reply; `again`: an equal question was counted before."""
        self.asked += 1
        if again:
            return
        self.calls += 1
        self.live += reply.source in ("live", "scripted")
        self.sent += reply.attempts
        self.prompt += reply.usage.prompt
        self.completion += reply.usage.completion
        self.cost += reply.cost or 0.0
        self.unpriced += reply.cost is None
        self.seconds += reply.seconds

    def spend(self, model: str, seat: str, purpose: str) -> Spend:
        """Return the counts as a record."""
        return Spend(
            seat=seat,
            purpose=purpose,
            model=model,
            calls=self.calls,
            sent=self.sent,
            prompt=self.prompt,
            completion=self.completion,
            cost=None if self.unpriced else self.cost,
        )


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of some counts."""
    everything = Tally()
    for tally in tallies:
        for field in Tally.__slots__:
            setattr(
                everything, field, getattr(everything, field) + getattr(tally, field)
            )
    return everything
