"""Episodes of a hundred rational seats: `python -m benchmarks.games.crowd [SEATS]`.

Each row plays one episode in a process of its own, so that the time of every row holds the start of
the program, the report and all files. The last column is the game's own worth, Shapley values
and plan alone.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from shapley_coop.config.sections import WorthSettings
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.plugins import load
from shapley_coop.simulation.measurement.potential import Potential

SEATS = 100
BAR = 60.0
"""Seconds that an episode of a hundred seats may take."""


def cases(seats: int) -> dict[str, dict[str, Any]]:
    """Return the games by name with the parameters that give them so many seats."""
    levers = max(1, 3 * seats // 10)
    weights = [1 + seat % 5 for seat in range(seats)]
    costs = [10 + 3 * (seat % 10) for seat in range(seats)]
    return {
        "escape-room-n": {"seats": seats, "levers": levers},
        "public-goods": {"seats": seats},
        "fishery": {"seats": seats},
        "weighted-voting": {"weights": weights, "quota": sum(weights) // 2 + 1},
        "airport-runway": {"costs": costs},
    }


def play(game: str, parameters: dict[str, Any], folder: str) -> dict[str, Any]:
    """Play one episode as a user does, and return its figures."""
    command = [sys.executable, "-m", "shapley_coop", "play", game]
    command += ["--agent", "rational", "--json", "--runs-dir", folder]
    for name, value in parameters.items():
        command += ["--set", f"game.{name}={json.dumps(value)}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def own_worth(game: str, parameters: dict[str, Any]) -> tuple[float, float]:
    """Return what all can make together, and the seconds of a game's own worth and its plan."""
    made = load("games", game)(**parameters)
    began = perf_counter()
    credit = Potential(made, WorthSettings(), 0).credit
    if credit is None:
        raise ConfigError(f"{game} knows no worth", field="game.id")
    made.plan()
    return credit.grand, perf_counter() - began


def processor_seconds() -> float:
    """Return the seconds of a processor that all plays so far have taken."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main(arguments: Sequence[str]) -> None:
    """Print one row a game."""
    seats = int(arguments[0]) if arguments else SEATS
    print(
        f"{seats} rational seats, one episode, the bar is {BAR:g} s\n\n"
        "| game | reached | efficient | seconds | of a processor | bar | its own worth, s |\n"
        "|---|---|---|---|---|---|---|"
    )
    for game, parameters in cases(seats).items():
        with tempfile.TemporaryDirectory() as folder:
            began, spent = perf_counter(), processor_seconds()
            figures = play(game, parameters, folder)
            seconds, worked = perf_counter() - began, processor_seconds() - spent
        efficient, own_seconds = own_worth(game, parameters)
        verdict = "met" if seconds < BAR else "MISSED"
        print(
            f"| {game} | {figures['mean_total']:g} | "
            f"{efficient:g} | {seconds:.1f} | {worked:.1f} | {verdict} | {own_seconds:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
