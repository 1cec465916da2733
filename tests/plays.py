"""Episodes for tests: a configuration in one call, a tape of events, seats and truths by hand."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from shapley_coop.agents.cast import Cast, policy
from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.credit.worth.shapes import absence
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.model import Message, Reply, Schema, Usage
from shapley_coop.records import Episode
from shapley_coop.simulation.episode import check_worth, play
from shapley_coop.simulation.run import make_game

Answer = Callable[[str, str, Sequence[Message], Schema | None], str]
"""(seat, purpose, messages, schema) to a model's text."""


class Tape:
    """A recorder that keeps every event as a dict."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def emit(self, kind: str, **data: Any) -> None:
        self.events.append({"kind": kind, **data})

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]


class Asker:
    """One seat's model, answered by a function; keeps what it was asked."""

    def __init__(self, seat: str, answer: Answer) -> None:
        self.seat, self.answer = seat, answer
        self.asked: list[tuple[str, Sequence[Message], Schema | None]] = []

    async def complete(
        self, messages: Sequence[Message], schema: Schema | None, *, purpose: str
    ) -> Reply:
        self.asked.append((purpose, tuple(messages), schema))
        text = self.answer(self.seat, purpose, messages, schema)
        return Reply(text=text, usage=Usage(prompt=10, completion=1), source="scripted")


def configured(game: str = "escape-room", *overrides: str, **tables: Any) -> Config:
    """Resolve a configuration of rational seats; `overrides` are as for --set."""
    parameters = tables.pop("parameters", {})
    raw = {"game": {"id": game, **parameters}, "agent": "rational", **tables}
    return resolve(raw, overrides)


def played(
    config: Config, index: int = 0, *, answer: Answer | None = None, game: Game | None = None
) -> tuple[Episode, Tape]:
    """Play one episode in memory."""
    tape = Tape()
    game = game or make_game(config)
    check_worth(game, config)
    ask = (lambda _model, seat, _episode: Asker(seat, answer)) if answer else None
    cast = Cast(config, game, ask)
    baseline = None
    if config.worth.kind == "replay" and absence(game, config.worth.absence) == "baseline":
        baseline = policy(config.worth.baseline, config.run.seed)
    episode = asyncio.run(
        play(game.fresh(), cast, config, index=index, recorder=tape, baseline=baseline)
    )
    return episode, tape


class Drilled:
    """Goes to a fixed place whatever happens: live play repeats what was recorded."""

    needs_model = False

    def __init__(self, place):
        self.action = {"player_0": "lever"}.get(place.seat, "door")

    async def believe(self, view):
        return None

    async def negotiate(self, view):
        return None

    async def act(self, view):
        return self.action


def brute_force(seats: Sequence[str], value: Callable[[frozenset[str]], float]) -> dict[str, float]:
    """Return Shapley values as the mean marginal contribution over all orders."""
    phi = dict.fromkeys(seats, 0.0)
    for order in itertools.permutations(seats):
        inside: frozenset[str] = frozenset()
        for seat in order:
            phi[seat] += value(inside | {seat}) - value(inside)
            inside |= {seat}
    return {seat: total / math.factorial(len(seats)) for seat, total in phi.items()}
