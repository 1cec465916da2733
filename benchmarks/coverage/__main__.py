"""How often 95 percent intervals of credit hold the truth: `python -m benchmarks.coverage [SEEDS]`.

Each row plays one episode under each of many seeds, measures its credit from replicates, and looks
whether the interval of each seat holds the value that every course of chance gives on average.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from benchmarks.coverage.truth import (
    Choices,
    any_or_secure,
    expected_credit,
    recorded_or_any,
)
from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Episode
from shapley_coop.runs.store import NullRecorder
from shapley_coop.runs.summary import summarise
from shapley_coop.simulation.casting import configured_cast
from shapley_coop.simulation.episode import play
from shapley_coop.simulation.measurement.potential import Potential
from shapley_coop.simulation.worker import make_game

SEEDS = 200


class Case(NamedTuple):
    """A game and how its credit is measured."""

    game: str
    parameters: dict[str, Any]
    agent: str
    worth: str
    evaluations: int | None = None
    """How many coalitions are played of those that there are. None means all of them."""

    @property
    def title(self) -> str:
        """The case in words."""
        settings = ", ".join(
            f"{name} {value}" for name, value in self.parameters.items()
        )
        game = f"{self.game} ({settings})" if settings else self.game
        title = f"{game}, {self.agent}, {self.worth}"
        if self.evaluations is None:
            return title
        coalitions = 2 ** self.parameters["seats"]
        return f"{title} of {self.evaluations} in {coalitions} coalitions"


CASES = (
    Case("escape-room", {}, "rational", "replay"),
    Case("escape-room", {"rounds": 2}, "rational", "replay"),
    Case("stag-hunt", {}, "random", "replay"),
    Case("prisoners-dilemma", {"rounds": 2}, "random", "replay"),
    Case(
        "escape-room-n", {"seats": 3, "levers": 1, "horizon": 1}, "rational", "replay"
    ),
    Case("public-goods", {"seats": 3}, "random", "replay"),
    Case("escape-room", {}, "rational", "realised"),
    Case("public-goods", {"seats": 3}, "random", "realised"),
    Case("escape-room", {}, "random", "rollout"),
    Case("stag-hunt", {}, "random", "rollout"),
    Case("prisoners-dilemma", {"rounds": 2}, "random", "rollout"),
    Case("public-goods", {"seats": 3}, "random", "rollout"),
    Case("public-goods", {"seats": 5}, "random", "rollout", 16),
    Case(
        "escape-room-n",
        {"seats": 5, "levers": 2, "horizon": 1},
        "random",
        "rollout",
        16,
    ),
)


class Coverage(NamedTuple):
    """How a case came out."""

    held: int
    """Intervals that held the truth."""
    made: int
    """Intervals that were made, one a seat and seed."""
    width: float
    """Mean width of an interval."""


def configuration(case: Case, seed: int) -> Config:
    """Return the configuration of one seed."""
    protocol = "shapley-coop" if case.agent == "rational" else "solo"
    worth: dict[str, Any] = {
        "kind": case.worth,
        "absence": "baseline",
        "baseline": "selfish" if case.worth == "rollout" else "random",
    }
    if case.evaluations is not None:
        # Games whose truth can be enumerated are small, so they are sampled by order.
        worth |= {"exact_seats": 1, "evaluations": case.evaluations}
    return resolve(
        {
            "game": {"id": case.game, **case.parameters},
            "agent": case.agent,
            "protocol": protocol,
            "run": {"seed": seed},
            "worth": worth,
        }
    )


def play_once(config: Config, game: Game) -> Episode:
    """Play one episode in memory."""
    cast = configured_cast(config, game)
    potential = Potential(game, config.worth, config.run.seed)
    playing = play(
        game.fresh(),
        cast,
        config,
        index=0,
        recorder=NullRecorder(),
        potential=potential,
    )
    return asyncio.run(playing)


def choices_of(case: Case, game: Game, episode: Episode) -> Choices:
    """Return what chance decides in a case."""
    if case.worth != "rollout":
        return recorded_or_any(episode.steps)
    secure = {}
    for seat in game.seats:
        security = game.security(seat)
        secure[seat] = security.action if security else game.fallback(seat)
    return any_or_secure(secure)


def coverage(case: Case, seeds: int) -> Coverage:
    """Return how often the intervals of a case hold the truth."""
    held = 0
    widths: list[float] = []
    for seed in range(seeds):
        config = configuration(case, seed)
        game = make_game(config)
        episode = play_once(config, game)
        truth = expected_credit(
            game,
            episode.seed,
            choices_of(case, game, episode),
            own=case.worth == "realised",
        )
        figures = summarise([episode])
        for seat, value in truth.items():
            cell = figures.credit[seat].cells["measured"]
            interval = cell.interval
            # Where all replicates came out alike there is no interval, only the value itself.
            low, high = interval or (cell.value, cell.value)
            assert low is not None
            assert high is not None
            held += low - 1e-9 <= value <= high + 1e-9
            widths.append(high - low)
    return Coverage(held, len(widths), sum(widths) / len(widths))


def main(arguments: Sequence[str]) -> None:
    """Print one row a case."""
    seeds = int(arguments[0]) if arguments else SEEDS
    print(f"coverage of 95 % intervals over {seeds} seeds, the bar is 90 to 99 %")
    for case in CASES:
        found = coverage(case, seeds)
        share = found.held / found.made
        verdict = "met" if 0.9 <= share <= 0.99 else "MISSED"
        print(
            f"| {case.title} | {found.held:,} of {found.made:,} | {share:.1%} | "
            f"{found.width:.2f} | {verdict} |"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
