"""How a team is attributed: how many runs, how many at once, and when to stop early."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapley_coop.shapley.evaluation import stopping


@dataclass(frozen=True)
class AttributionPlan:
    """How a team is attributed: how many runs, how many at once, and when to stop early."""

    budget: int = 64
    """The most runs."""
    seed: int = 0
    """The seed of which coalitions are run."""
    noisy: bool = True
    """Whether a second run of the same members can come out otherwise."""
    even_noise: bool = False
    """Whether runs of all coalitions scatter alike, so that a run of one tells of all others.

    That takes about half as many runs, and error bars are true only as far as it is so. A team
    whose runs share their luck by a `draw` has no such noise.
    """
    workers: int = 8
    """Runs at once."""
    retries: int = 2
    """Further tries of a run that failed before its coalition is left out."""
    ranking: float | None = None
    """Stop once each neighbouring pair of the ranking is in this order with this chance."""
    width: float | None = None
    """Stop once every 95 % interval is at most +- this wide, in the unit of the score."""
    max_cost: float | None = None
    """Start no run that could bring their cost beyond this, were it as dear as the dearest."""
    max_seconds: float | None = None
    """Stop after this time."""
    log: str | Path | None = None
    """A file of runs to go on from and to append to. None keeps none."""
    replay: bool = False
    """Whether to make no run, and to refuse where the log does not hold the answer."""

    def stop(
        self, verdict_rule: stopping.StoppingRule | None = None
    ) -> stopping.StoppingRule | None:
        """Return when to stop before the budget is spent, or None for never.

        Args:
            verdict_rule: to stop once all that is demanded is judged.

        Raises:
            ValueError: a limit is not positive, or a chance not between 0 and 1.
        """
        rules = [] if verdict_rule is None else [verdict_rule]
        if self.ranking is not None:
            rules.append(stopping.settled_ranking(self.ranking))
        if self.width is not None:
            rules.append(stopping.half_width(self.width))
        if self.max_cost is not None:
            rules.append(stopping.max_cost(self.max_cost))
        if self.max_seconds is not None:
            rules.append(stopping.max_seconds(self.max_seconds))
        return stopping.any_of(rules)

    def question(self, stop: stopping.StoppingRule | None) -> str:
        """Return what tells apart the question that a plan answers: two equal plans have one.

        Args:
            stop: when the runs stop early.
        """
        words = "" if stop is None else stop.text
        asked: tuple[Any, ...] = (
            self.budget,
            self.seed,
            self.noisy,
            self.retries,
            words,
        )
        # Behind the others, so that logs of before tell of the same question as now.
        if self.even_noise:
            asked += ("even noise",)
        return hashlib.sha256(repr(asked).encode()).hexdigest()[:16]
