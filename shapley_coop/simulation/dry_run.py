"""What a run would ask and cost: some episodes played with made-up answers, nothing sent."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from shapley_coop.config.sections import Config, Limits, ModelSettings
from shapley_coop.interfaces.model import Usage
from shapley_coop.llm.backends.scripted import ScriptedBackend
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.money.prices import cost, price
from shapley_coop.llm.seat import answer_tokens
from shapley_coop.llm.specs import target
from shapley_coop.records import Episode
from shapley_coop.records.words import clean
from shapley_coop.runs.report.sentences import dollars
from shapley_coop.runs.store import EpisodeRecorder, Event
from shapley_coop.runs.store.writer import Listener
from shapley_coop.simulation.casting import configured_cast
from shapley_coop.simulation.worker import (
    Worker,
    check_run,
    make_game,
    open_gateway,
)

PLAYED = 3
"""The most episodes that are played to foresee a run."""


class ModelCost(NamedTuple):
    """What a run would ask of one model."""

    calls: float
    usage: Usage
    cost: float | None
    """US dollars, or None if the model's price is not known."""
    full: float | None
    """The cost of as many calls if every answer used all its tokens. A run can ask more often."""


class ExpectedCost(NamedTuple):
    """What a whole run would ask, by model."""

    episodes: int
    models: dict[str, ModelCost]
    samples: int
    """How many episodes were played to foresee the run. Without a model it is none."""

    def figures(self) -> dict[str, Any]:
        """Return the expectation as JSON values."""
        models = {}
        for name, model in self.models.items():
            models[name] = {
                "calls": round(model.calls),
                "prompt_tokens": model.usage.prompt,
                "completion_tokens": model.usage.completion,
                "cost": model.cost,
                "cost_of_full_answers": model.full,
            }
        return {"episodes": self.episodes, "models": models}

    def text(self) -> str:
        """Return the expectation as lines of text."""
        if not self.models:
            return f"episodes: {self.episodes:,}\n  no model is asked"
        lines = [
            f"episodes: {self.episodes:,}, estimated from {self.samples} played with made-up "
            f"answers:"
        ]
        for name, model in self.models.items():
            lines.append(
                f"  {clean(name, 60)}: about {round(model.calls):,} calls, "
                f"{model.usage.prompt:,} prompt and {model.usage.completion:,} answer "
                f"tokens, {dollars(model.cost)}, or {dollars(model.full)} if "
                "every answer used all its tokens"
            )
        # How often real models have to be asked again, nobody knows beforehand.
        lines.append("  this is no bound: a limit on cost, tokens or calls is one")
        return "\n".join(lines)


def samples_of(config: Config) -> int:
    """Return how many episodes are played to foresee a run: none where no model sits.

    Raises:
        InputError: the configuration cannot be played.
    """
    cast = configured_cast(config, make_game(config))
    return min(PLAYED, config.run.episodes) if cast.models else 0


def _hear_nothing(_event: Event) -> None:
    pass


class _HeardPlays:
    """A log of episodes that keeps nothing of them, and lets somebody hear what happens."""

    def __init__(self, listen: Listener) -> None:
        self.add = listen

    def keep_traceback(self, index: int, error: BaseException) -> None:
        """Keep no traceback."""

    def end(self, episode: Episode) -> None:
        """Keep no record."""


async def estimate(config: Config, listen: Listener | None = None) -> ExpectedCost:
    """Return what a run of the configuration is to be expected to ask and cost.

    Args:
        config: what would be played.
        listen: is told of the events of the made-up plays.

    Raises:
        InputError: the configuration cannot be played.
    """
    # Nothing is spent here, so a limit must not end what only foresees the spending.
    free = config.model_copy(update={"limits": Limits()})
    game = make_game(free)
    seats = len(game.seats)
    gateway = open_gateway(
        free, None, seats=seats, mode="off", make_backend=ScriptedBackend
    )
    worker = Worker(free, game, gateway)
    episodes = min(PLAYED, free.run.episodes) if worker.cast.models else 0
    if not episodes:
        await gateway.close()
        # There is nothing to foresee, and what cannot be played is refused as a run would be.
        await check_run(free)
        return ExpectedCost(config.run.episodes, {}, 0)
    plays = _HeardPlays(listen or _hear_nothing)
    for index in range(episodes):
        await worker.episode(index, EpisodeRecorder(index, plays, time.monotonic))
    await gateway.close()
    calls, usage = _scale(gateway, config.run.episodes / episodes)
    # The gateway counts by the model's own name, which several specs may lead to.
    specs = {target(spec, config.model).model: spec for spec in worker.cast.models}
    longest = answer_tokens(config.model, seats)
    if game.writes:
        longest = max(longest, config.model.text_tokens)
    models = {}
    for name, tokens in usage.items():
        models[name] = _cost_of(specs[name], calls[name], tokens, config.model, longest)
    return ExpectedCost(config.run.episodes, models, episodes)


def _scale(
    gateway: Gateway, factor: float
) -> tuple[Mapping[str, float], Mapping[str, Usage]]:
    """Return calls and tokens by model, of what was asked times a factor."""
    calls: dict[str, float] = {}
    usage: dict[str, Usage] = {}
    for (model, _, _), tally in gateway.tallies.rows.items():
        calls[model] = calls.get(model, 0.0) + factor * tally.calls
        # Several seats and purposes may ask one model.
        before = usage.get(model, Usage())
        prompt = round(factor * tally.prompt)
        completion = round(factor * tally.completion)
        usage[model] = Usage(
            prompt=before.prompt + prompt, completion=before.completion + completion
        )
    return calls, usage


def _cost_of(
    spec: str, calls: float, usage: Usage, settings: ModelSettings, longest: int
) -> ModelCost:
    """Return what calls to one model cost, and at most if each answer took `longest` tokens."""
    known = price(target(spec, settings), settings.prices)
    if known is None:
        return ModelCost(calls, usage, None, None)
    # Made-up answers are short, so what full ones would cost is given beside them.
    full = usage.model_copy(update={"completion": round(calls) * longest})
    return ModelCost(calls, usage, cost(usage, known), cost(full, known))
