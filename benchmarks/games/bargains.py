"""What `rational` seats reach in every game, and whether one ever ends below its outside option.

    python -m benchmarks.games.bargains                        # the table of all games
    python -m benchmarks.games.bargains --episodes 20000       # against all rules, by chance

The second draws a game, a rule for every seat but one that is `rational`, a protocol, a settlement,
its liability, a quorum, a speaking order and whether tables re-open, and plays one episode of it.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import load, names
from shapley_coop.records import TOLERANCE, Contract, Episode, Seat
from shapley_coop.runs.store import NullRecorder
from shapley_coop.simulation.casting import configured_cast
from shapley_coop.simulation.episode import play
from shapley_coop.simulation.measurement.potential import Potential

Parameters = Mapping[str, Any]

FOILS = (
    "rational",
    "selfish",
    "free-rider",
    "over-claimer",
    "stubborn",
    "breaker",
    "half-breaker",
    "random",
)
SMALL: tuple[tuple[str, Parameters], ...] = (
    ("airport-runway", {}),
    ("bankruptcy", {}),
    ("chicken", {"rounds": 2}),
    ("escape-room", {}),
    ("escape-room", {"rounds": 3}),
    ("escape-room-n", {"seats": 3, "levers": 1}),
    ("escape-room-n", {"seats": 5, "levers": 2}),
    ("fishery", {"seats": 2, "seasons": 2}),
    ("fishery", {"seats": 3, "seasons": 2}),
    ("gloves", {}),
    ("horse-market", {"sellers": [0.0], "buyers": [90.0, 100.0]}),
    ("prisoners-dilemma", {"rounds": 2}),
    ("public-goods", {"seats": 2, "rate": 0.75, "rounds": 2}),
    ("public-goods", {"seats": 3}),
    ("stag-hunt", {"rounds": 2}),
    ("task-market", {"seats": 3, "difficulty": "easy"}),
    ("travellers-dilemma", {}),
    ("trust", {}),
    ("trust", {"rounds": 2}),
    ("unanimity", {}),
)
"""Games that are quick enough to be played thousands of times."""


class Row(NamedTuple):
    """What rational seats reached in one game."""

    game: str
    reached: float
    efficient: float
    form: str
    """How the contract holds seats to the plan."""
    below: float
    """The least of final payoff minus outside option over the seats."""


def all_games() -> Iterator[tuple[str, Parameters]]:
    """Yield every shipped game that has a plan, with its default and its variant parameters."""
    for name in names("games"):
        factory = load("games", name)
        for parameters in ({}, *factory.variants):
            if factory(**parameters).plan() is not None:
                yield name, parameters


def row(name: str, parameters: Parameters) -> Row:
    """Return what rational seats reach in a game under the default protocol."""
    config = resolve({"game": {"id": name, **parameters}, "agent": "rational"})
    game = load("games", name)(**parameters)
    episode = played(config, game)
    game.start(episode.seed)
    plan = game.plan()
    assert plan is not None
    efficient = sum(game.preview(plan).payoffs.values())
    return Row(
        game=_label(name, parameters),
        reached=sum(episode.raw.values()),
        efficient=efficient,
        form=_form(episode.contracts),
        below=min(_margins(episode).values()),
    )


def played(config: Config, game: Game) -> Episode:
    """Play the first episode of a configuration whose seats ask no model."""
    cast = configured_cast(config, game)
    potential = Potential(game, config.worth, config.run.seed)
    return asyncio.run(
        play(
            game.fresh(),
            cast,
            config,
            index=0,
            recorder=NullRecorder(),
            potential=potential,
        )
    )


def drawn(rng: np.random.Generator) -> tuple[Config, Game]:
    """Return a small game with one rational seat among seats of any rule, all drawn."""
    name, parameters = SMALL[int(rng.integers(len(SMALL)))]
    game = load("games", name)(**parameters)
    seats = {seat: str(rng.choice(FOILS)) for seat in game.seats}
    seats[str(rng.choice(game.seats))] = "rational"
    protocol = {
        "name": str(rng.choice(["talk", "short-term", "shapley-coop"])),
        "settlement": str(rng.choice(["binding", "escrow", "cheap-talk", "honour"])),
        "liability": str(rng.choice(["unlimited", "limited"])),
        "reprice_every": int(rng.integers(2)),
        "task_table": {
            "order": str(rng.choice(["fixed", "random", "simultaneous"])),
            "quorum": float(rng.choice([0.3, 0.6, 1.0])),
        },
    }
    config = resolve(
        {
            "game": {"id": name, **parameters},
            "agent": "rational",
            "seats": seats,
            "protocol": protocol,
            "run": {"seed": int(rng.integers(2**31))},
        }
    )
    return config, game


def below_outside(config: Config, game: Game) -> dict[Seat, float]:
    """Return by how much each rational seat ended below its outside option, if any did."""
    margins = _margins(played(config, game))
    losers = {}
    for seat, agent in config.agents_of(game.seats).items():
        if agent == "rational" and margins[seat] < -TOLERANCE:
            losers[seat] = -margins[seat]
    return losers


def _margins(episode: Episode) -> dict[Seat, float]:
    margins = {}
    for seat, column in episode.columns.items():
        if column.outside is not None:
            margins[seat] = column.final - column.outside
    return margins


def _form(contracts: tuple[Contract, ...]) -> str:
    if not contracts:
        return "none needed"
    terms = contracts[0].offer.terms
    return "plan with damages" if terms.plan else "prices for the step"


def _label(name: str, parameters: Parameters) -> str:
    settings = ", ".join(f"{key}={value}" for key, value in parameters.items())
    return f"{name} ({settings})" if settings else name


def _print_table() -> None:
    print("| game | reached | efficient | contract | least above outside |")
    print("|---|---|---|---|---|")
    for name, parameters in all_games():
        found = row(name, parameters)
        print(
            f"| {found.game} | {found.reached:.2f} | {found.efficient:.2f} "
            f"| {found.form} | {found.below:.2f} |"
        )


def _print_outside(episodes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rational, below = 0, 0
    by_game: Counter[str] = Counter()
    for _ in range(episodes):
        config, game = drawn(rng)
        losers = below_outside(config, game)
        by_game[config.game_id] += 1
        rational += list(config.agents_of(game.seats).values()).count("rational")
        below += len(losers)
        if losers:
            print(config.model_dump(include={"game", "seats", "protocol", "run"}))
            print(losers)
    print(f"{episodes} episodes, {rational} rational seats, {below} below outside")
    print(dict(sorted(by_game.items())))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    choice = parser.parse_args()
    if choice.episodes:
        _print_outside(choice.episodes, choice.seed)
    else:
        _print_table()
