"""What a run would ask and cost: some episodes played with made-up answers, nothing sent."""

from __future__ import annotations

from typing import Any, NamedTuple

from shapley_coop.config.sections import Config, Limits
from shapley_coop.interfaces.model import Usage
from shapley_coop.llm.backends.scripted import ScriptedBackend
from shapley_coop.llm.money.prices import cost, price
from shapley_coop.llm.specs import target
from shapley_coop.records.words import clean
from shapley_coop.runs.report.sentences import dollars
from shapley_coop.runs.store import NullRecorder
from shapley_coop.simulation.worker import Worker, make_game, open_gateway

PLAYED = 3


class ExpectedCost(NamedTuple):
    """Calls, tokens and dollars of a whole run, by model; a dollar is None where unknown."""

    episodes: int
    calls: dict[str, float]
    usage: dict[str, Usage]
    cost: dict[str, float | None]
    most: dict[str, float | None]
    """Cost if every answer used all its tokens."""

    def figures(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "episodes": self.episodes,
            "models": {
                model: {
                    "calls": round(self.calls[model]),
                    "prompt_tokens": usage.prompt,
                    "completion_tokens": usage.completion,
                    "cost": self.cost[model],
                    "most": self.most[model],
                }
                for model, usage in self.usage.items()
            },
        }

    def text(self) -> str:
        """Return the expectation for people."""
        head = f"episodes: {self.episodes:,}, estimated from {PLAYED} played with made-up answers:"
        lines = [
            f"  {clean(model, 60)}: about {round(self.calls[model]):,} calls, {usage.prompt:,} "
            f"prompt and {usage.completion:,} answer tokens, {dollars(self.cost[model])}; "
            f"at most {dollars(self.most[model])}"
            for model, usage in self.usage.items()
        ]
        return "\n".join([head, *(lines or ["  no model is asked"])])


async def estimate(config: Config) -> ExpectedCost:
    """Return what a run of the configuration is to be expected to ask and cost.

    Raises:
        InputError: the configuration cannot be played.
    """
    free = config.model_copy(update={"limits": Limits()})
    gateway = open_gateway(free, None, mode="off", make_backend=ScriptedBackend)
    worker = Worker(free, make_game(free), gateway)
    episodes = min(PLAYED, config.run.episodes)
    for index in range(episodes):
        await worker.episode(index, NullRecorder())
    await gateway.close()
    scale = config.run.episodes / episodes
    calls: dict[str, float] = {}
    usage: dict[str, Usage] = {}
    for (model, _, _), tally in gateway.tallies.rows.items():
        calls[model] = calls.get(model, 0.0) + scale * tally.calls
        before = usage.get(model, Usage())
        usage[model] = Usage(
            prompt=before.prompt + round(scale * tally.prompt),
            completion=before.completion + round(scale * tally.completion),
        )
    costs: dict[str, float | None] = {}
    most: dict[str, float | None] = {}
    for spec in worker.cast.models:
        wanted = target(spec, config.model)
        known = price(wanted, config.model.prices)
        used = usage.get(wanted.model, Usage())
        longest = round(calls.get(wanted.model, 0.0)) * config.model.max_tokens
        costs[wanted.model] = cost(used, known) if known else None
        full = used.model_copy(update={"completion": longest})
        most[wanted.model] = cost(full, known) if known else None
    return ExpectedCost(config.run.episodes, calls, usage, costs, most)
