"""Plays of every registered game as text. `python -m tests.games.playthrough` writes them anew."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from shapley_coop.interfaces.contract.worths import coalitions, worth
from shapley_coop.interfaces.game import CountWorth, Game
from shapley_coop.interfaces.plugins import load, names

FOLDER = Path(__file__).parent / "playthroughs"
SEED = 1
MOST_SEATS = 3


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every registered game with its default and its declared parameters."""
    for name in names("games"):
        yield name, {}
        for parameters in load("games", name).variants:
            yield name, dict(parameters)


def file_of(name: str, parameters: Mapping[str, Any]) -> Path:
    """Return where the play of one case is kept."""
    rest = "".join(f"-{key}={value}" for key, value in parameters.items())
    return FOLDER / f"{name}{rest}.txt"


def text_of(name: str, parameters: Mapping[str, Any]) -> str:
    """Return one case as text: what the game declares, knows, and does under chance and plan."""
    game: Game = load("games", name)(**parameters)
    game.start(SEED)
    lines = [
        f"game: {name} {json.dumps(dict(parameters))}",
        f"seats: {_few(game.seats)}",
        f"actions: {', '.join(game.actions)}",
        f"idle: {game.idle}",
        f"horizon: {game.horizon}",
        f"goal: {game.goal}",
        f"outcomes: {', '.join(game.possible_outcomes())}",
        f"absences: {', '.join(game.absences)}",
        *_worth(game),
        "",
        "== at random ==",
        *_random(game),
    ]
    game.start(SEED)
    plan = game.plan()
    if plan is not None:
        lines += ["", "== by plan ==", *_planned(game, plan)]
    return "\n".join(lines) + "\n"


def _worth(game: Game) -> Iterator[str]:
    oracle = game.oracle()
    if oracle is None:
        yield "worth: unknown"
        return
    kinds = oracle.kinds if isinstance(oracle, CountWorth) else ()
    yield f"worth: by {'counts' if kinds else 'coalition'}"
    yield f"  v() = {worth(oracle, ()):g}"
    listed = [game.seats[:size] for size in range(1, len(game.seats) + 1)]
    for coalition in listed if kinds else coalitions(game.seats, most=4):
        yield f"  v({_few(coalition)}) = {worth(oracle, coalition):g}"
    for seat in game.seats[:MOST_SEATS]:
        yield f"secure: {seat} {game.security(seat)}"


def _random(game: Game) -> Iterator[str]:
    rng = np.random.default_rng(SEED)
    yield from _moment(game)
    while game.agents:
        actions = {seat: str(rng.choice(game.legal(seat))) for seat in game.agents}
        rewards = game.apply(actions).rewards
        yield ""
        yield f"actions: {actions}"
        yield f"rewards: {rewards}"
        yield from _moment(game)


def _planned(game: Game, plan: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    ending = game.preview(plan)
    yield f"plan: {plan}"
    yield f"payoffs: {ending.payoffs}"
    yield f"steps: {len(ending.steps)}"
    yield f"outcomes: {', '.join(sorted(ending.outcomes)) or '-'}"


def _moment(game: Game) -> Iterator[str]:
    yield f"-- step {game.clock}"
    yield game.picture()
    yield f"outcomes now: {', '.join(sorted(game.outcomes())) or '-'}"
    for seat in game.agents[:MOST_SEATS]:
        yield f"facts of {seat}: {json.dumps(game.facts(seat))}"
        yield f"legal for {seat}: {', '.join(game.legal(seat))}"
        yield f"features of {seat}: {' '.join(f'{x:g}' for x in game.features(seat))}"


def _few(seats: tuple[str, ...], most: int = 6) -> str:
    shown = ", ".join(seats[:most])
    return shown if len(seats) <= most else f"{shown}, ... {len(seats)} in all"


def main() -> None:
    """Write every play, and delete those of cases that are gone."""
    wanted = {file_of(*case): text_of(*case) for case in cases()}
    FOLDER.mkdir(exist_ok=True)
    for old in set(FOLDER.glob("*.txt")) - set(wanted):
        old.unlink()
    for file, text in wanted.items():
        file.write_text(text, encoding="utf-8")
    print(f"wrote {len(wanted)} plays to {FOLDER}")


if __name__ == "__main__":
    main()
