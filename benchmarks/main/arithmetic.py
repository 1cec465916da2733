"""The embedded model with and without the arithmetic that the engine does for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.main.bars import Bar, Settings
from benchmarks.main.plays import config
from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.interfaces.game import Game
from shapley_coop.llm import weights
from shapley_coop.negotiation.outlook import outlook
from shapley_coop.records import TOLERANCE, Episode, Seat
from shapley_coop.runs.store import RunFolder
from shapley_coop.simulation.run import run
from shapley_coop.simulation.worker import make_game

GAMES = ("escape-room", "prisoners-dilemma", "stag-hunt")
MODEL_SEAT, RULE_SEAT = "player_0", "player_1"
PROTOCOL = "talk"
PATIENCE = 900
"""Seconds for one call, so that a busy machine makes no forfeit of a slow answer."""


class Choices(NamedTuple):
    """How a seat acted where a contract was in force."""

    best: int
    """How often no other action would have brought it more, as the engine works it out."""
    total: int


def bars(settings: Settings) -> Iterator[Bar]:
    """Play the model against a seat that offers what serves both, with the figures and without."""
    seeds = settings.pick(20, 1)
    weights.pull()
    for game in GAMES:
        for switch in (False, True):
            word = "on" if switch else "off"
            folder = settings.folder / f"arithmetic-{game}-{word}-{seeds}"
            yield _bar(game, word, seeds, _played(folder, game, seeds, switch))


def _played(folder: Path, game: str, seeds: int, switch: bool) -> RunFolder:
    rules = config(
        game,
        episodes=seeds,
        seats={MODEL_SEAT: "llm", RULE_SEAT: "rational"},
        protocol={"name": PROTOCOL, "arithmetic": switch},
        model={"timeout": PATIENCE},
    )
    folder.mkdir(parents=True, exist_ok=True)
    return asyncio.run(run(rules, folder))


def _bar(game: str, word: str, seeds: int, folder: RunFolder) -> Bar:
    stage = make_game(folder.config)
    signed, held, total, best, acts, forfeits = 0, 0.0, 0.0, 0, 0, 0
    for episode in folder.episodes():
        signed += bool(episode.contracts)
        held += episode.payoffs[MODEL_SEAT] / seeds
        total += sum(episode.payoffs.values()) / seeds
        forfeits += episode.forfeits[MODEL_SEAT]
        choices = choices_of(stage, episode, MODEL_SEAT)
        best += choices.best
        acts += choices.total
    data = {
        "signed": signed,
        "payoff": held,
        "total": total,
        "best": best,
        "acts": acts,
        "forfeits": forfeits,
    }
    return Bar(
        f"{game}, embedded model beside rational, arithmetic {word}, {seeds} seeds",
        "reported as it is",
        f"signed {signed}, model holds {held:.3g}, both {total:.3g}, best action under its "
        f"contract {best} of {acts}, forfeits {forfeits}",
        passed=None,
        data=data,
    )


def choices_of(game: Game, episode: Episode, seat: Seat) -> Choices:
    """Return how a seat acted in an episode where a contract was in force."""
    best, total = 0, 0
    for number, step in enumerate(episode.steps):
        signed = [c for c in episode.contracts if c.step <= number]
        past = episode.steps[:number]
        ahead = outlook(game, episode.seed, PROTOCOLS[PROTOCOL], signed, past, seat)
        if ahead is None:
            continue
        total += 1
        most = max(ahead.signed.values())
        best += ahead.signed[step.actions[seat]] > most - TOLERANCE
    return Choices(best, total)
